internal import Checkpoints
internal import Datasets
internal import Foundation
public import Models
internal import Prompts
internal import Tensors
public import Training

/// Compares ways of prompting one frozen model on one task, under one budget, and says which to ship.
///
/// Every piece of work is a run of its own in the store, so that a comparison that is killed goes on where it was and
/// comes to the same table. Test rows are behind a lock until the finalists are known.
public struct Comparison: Sendable {
    let plan: ComparisonPlan
    let pretrained: PretrainedModel
    let store: RunStore
    let stop: StopSignal
    let report: @Sendable (ComparisonEvent) -> Void
    var experiment: Experiment { plan.experiment }

    /// A comparison.
    ///
    /// - Parameters:
    ///   - plan: what is compared.
    ///   - pretrained: the model, which stays as it is.
    ///   - store: where every piece is kept.
    ///   - stop: raised to end after the step at hand.
    ///   - report: told of everything that happens.
    public init(
        _ plan: ComparisonPlan, _ pretrained: PretrainedModel, _ store: RunStore,
        stop: StopSignal = StopSignal(),
        report: @escaping @Sendable (ComparisonEvent) -> Void = { _ in }
    ) {
        (self.plan, self.pretrained, self.store) = (plan, pretrained, store)
        (self.stop, self.report) = (stop, report)
    }

    /// Runs the comparison to its end.
    ///
    /// - Throws: ``ExperimentError/budgetTooSmall(seconds:needed:)``, ``ExperimentError/alreadyRunning(run:process:)``,
    ///   ``RunStoreError``, `CancellationError` after the user stopped, and typed errors of the rooms.
    public func run() throws -> ComparisonReport {
        var setup = try prepare()
        let recorder = try begin(&setup)
        do {
            let report = try race(setup, recorder)
            try recorder.finish(metric: report.metric, value: report.recommendation.value, report: report)
            if plan.output == nil { try? FileManager.default.removeItem(at: workFolder(recorder.id)) }
            return report
        } catch {
            recorder.fail(error)
            throw error
        }
    }

    /// Everything that pieces share.
    struct Setup {
        var candidates: [Candidate]
        var race: Race
        var pool: Dataset
        var test: LockedTest
        var task: PromptTask
        /// The same without the template's own soft slots, for what trains none.
        var hardTask: PromptTask
        var words: EncodedVerbalizer
        var settings: String
        var manifest: EnvironmentManifest
        var identity: String
        /// The pieces that are done, of this process or an earlier one.
        var done: [Heat: HeatResult] = [:]
    }

    private func prepare() throws -> Setup {
        let task = experiment.task.promptTask(
            limit: min(experiment.limit, pretrained.model.traits.contextLength))
        guard let testFile = experiment.task.test else {
            throw ExperimentError.noTestRows(experiment.task.name)
        }
        let candidates = try experiment.candidates(isCausal: pretrained.model.traits.isCausal)
        let pool = try experiment.task.rows(experiment.task.pool)
        let test = try LockedTest(experiment.task.rows(testFile, limit: experiment.testRows))
        let words = try EncodedVerbalizer(
            task.verbalizer, behind: task.template, pretrained.tokenizer, kind: pretrained.promptKind())
        let most = experiment.shots.last ?? 0
        // What cannot be drawn is said before anything runs.
        if most > 0 {
            for seed in experiment.seeds { _ = try FewShotSplit(pool, perLabel: most, seed: seed) }
        }
        let dev = max(1, most * task.verbalizer.labels.count)
        var race = Race(candidates)
        (race.rehearsals, race.keep, race.budget) = (
            experiment.rehearsals, experiment.keep, experiment.budget
        )
        (race.seeds, race.shots) = (experiment.seeds, experiment.shots)
        race.rowsAFinal = (test.count + dev) / dev + 1
        let settings = experiment.resolved(candidates)
        let manifest = EnvironmentManifest(version: plan.version, pretrained, data: experiment.files)
        return Setup(
            candidates: candidates, race: race, pool: pool, test: test, task: task,
            hardTask: try task.withoutSoftSlots(), words: words,
            settings: settings, manifest: manifest,
            identity: manifest.identity(settings: settings, output: plan.output))
    }

    // MARK: Going on

    /// A new run, or the unfinished one of the same experiment with the pieces that it has.
    private func begin(_ setup: inout Setup) throws -> RunRecorder {
        let found =
            try plan.goesOn && plan.reproduces == nil
            ? store.unfinished(identity: setup.identity, kind: "compare") : nil
        let recorder: RunRecorder
        if let found {
            guard !found.isAlive else {
                throw ExperimentError.alreadyRunning(run: found.id, process: found.process)
            }
            recorder = try RunRecorder(goingOnWith: found, in: store)
            for trial in try store.trials(of: found.id) where trial.status == .finished {
                guard let result = trial.found(HeatResult.self),
                    result.outcome == .finished || result.reason != nil
                else {
                    continue
                }
                setup.done[result.heat] = result
            }
        } else {
            var description = RunDescription(
                kind: "compare", name: experiment.name, command: plan.command, settings: setup.settings,
                manifest: setup.manifest)
            (description.identity, description.reproduces) = (setup.identity, plan.reproduces)
            recorder = try RunRecorder(store, description)
        }
        report(
            .began(run: recorder.id, candidates: setup.candidates.count, words: setup.words.describe()))
        if !setup.done.isEmpty { report(.wentOn(pieces: setup.done.count)) }
        return recorder
    }

    func workFolder(_ run: RunRecord.ID) -> URL { plan.output ?? plan.work.appendingPathComponent(run) }

    // MARK: Racing

    private func race(_ setup: Setup, _ recorder: RunRecorder) throws -> ComparisonReport {
        var (setup, test, toldFinalists) = (setup, Dataset?.none, false)
        if setup.done.isEmpty { try checkBudget(setup) }
        while true {
            let standing = setup.race.standing(setup.done)
            guard case .run(let heat, let limit) = standing.step else {
                return try comparisonReport(setup, standing, recorder.id, unlocked(setup, &test, recorder.id))
            }
            if heat.isFinal, !toldFinalists {
                let names = standing.finalists.map { setup.candidates[$0].name }
                report(.finalists(names, seeds: standing.seeds.count))
                toldFinalists = true
            }
            let rows = try heat.isFinal ? unlocked(setup, &test, recorder.id) : nil
            let result = try HeatRun(self, setup, heat, test: rows, limit: limit, parent: recorder.id)
                .run(spent: standing.spent)
            setup.done[heat] = result
            if heat.candidate == 0, result.outcome == .failed, let reason = result.reason {
                report(.warning("\(setup.candidates[0].name) failed: \(reason)"))
            }
        }
    }

    /// The test rows: opened once, when the finalists are known.
    private func unlocked(
        _ setup: Setup, _ test: inout Dataset?, _ run: RunRecord.ID
    ) throws -> Dataset {
        if let test { return test }
        let rows = try setup.test.open(for: run)
        let readings = try store.countReading(of: setup.test.record.fingerprint, by: run)
        if readings > 1 {
            report(
                .warning(
                    "these test rows were read by \(readings - 1) earlier runs of this store: a choice that was made "
                        + "by their scores makes this one look better than it is"))
        }
        test = rows
        return rows
    }

    /// Answers a few rows and says what all of them would take.
    ///
    /// - Throws: ``ExperimentError/budgetTooSmall(seconds:needed:)`` where one evaluation is more than all there is.
    private func checkBudget(_ setup: Setup) throws {
        guard let budget = experiment.budget else { return }
        let prompt = try Prompt.hard(setup.hardTask, pretrained)
        let some = Array(setup.pool.examples.prefix(8))
        let start = Date()
        _ = try Predictor([prompt], pretrained).predict(some, with: prompt.id)
        let dev = (experiment.shots.last ?? 0) * setup.task.verbalizer.labels.count
        let aRow = Date().timeIntervalSince(start) / Double(max(1, some.count))
        let needed = aRow * Double(dev + setup.test.count)
        guard budget >= needed else { throw ExperimentError.budgetTooSmall(seconds: budget, needed: needed) }
    }
}
