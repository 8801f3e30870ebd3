internal import Checkpoints
internal import Datasets
internal import Foundation
internal import Models
internal import Prompts
internal import Synchronization
internal import Tensors
internal import Training

/// Runs one piece of a comparison, measures it, and keeps it in the store.
struct HeatRun {
    private let comparison: Comparison
    private let setup: Comparison.Setup
    private let heat: Heat
    private let test: Dataset?
    private let limit: Double?
    private let parent: RunRecord.ID
    private var candidate: Candidate { setup.candidates[heat.candidate] }
    private var pretrained: PretrainedModel { comparison.pretrained }

    /// A piece.
    ///
    /// - Parameters:
    ///   - test: the test rows, for a final.
    ///   - limit: after so many seconds it is ended.
    init(
        _ comparison: Comparison, _ setup: Comparison.Setup, _ heat: Heat, test: Dataset?, limit: Double?,
        parent: RunRecord.ID
    ) {
        (self.comparison, self.setup, self.heat) = (comparison, setup, heat)
        (self.test, self.limit, self.parent) = (test, limit, parent)
    }

    /// Runs it to its end.
    ///
    /// - Throws: `CancellationError` after the user stopped, `RunStoreError`; what a method cannot do is a result.
    func run(spent: Double) throws -> HeatResult {
        let (recorder, before, warnings) = try self.recorder()
        comparison.report(.piece(title, steps: steps, spent: spent))
        CPUBackend.shared.trim()
        let start = Date()
        var result = HeatResult(heat: heat, candidate: candidate)
        result.warnings = warnings
        do { try measure(&result, recorder, start) } catch let error as CancellationError {
            guard !comparison.stop.isRaised, !Task.isCancelled else {
                recorder.fail(error)
                throw error
            }
            result.outcome = .tooSlow
            result.reason =
                "ended after \(TimeText.written(Date().timeIntervalSince(start))): over its share of the budget"
        } catch let error where Self.isOfMethod(error) {
            (result.outcome, result.reason) = (.failed, "\(error)")
        } catch {
            recorder.fail(error)
            throw error
        }
        result.seconds = before + Date().timeIntervalSince(start)
        result.learningSeconds += before
        result.peakBytes = CPUBackend.shared.memory.peak
        let value = result.test ?? result.dev
        try recorder.finish(metric: setup.pool.metric.name, value: value, report: result)
        checkpoint.remove()
        comparison.report(.result(sentence(result)))
        return result
    }

    /// Whether an error says that a method cannot work here, which is a finding and no end of the comparison.
    private static func isOfMethod(_ error: any Error) -> Bool {
        switch error {
        case let error as PromptError:
            if case .cannotWrite = error { return false }
            return true
        case is TrainingError, is DemonstrationError, is CalibrationError, is TemplateError,
            is VerbalizerError:
            return true
        default: return false
        }
    }

    // MARK: Names

    private var title: String {
        let share =
            heat.isFinal
            ? "final" : heat.share < 1 ? "\(Int((heat.share * 100).rounded())) % of the steps" : "on dev"
        let rows = candidate.dependsOnRows ? ", \(heat.shots) a label, seed \(heat.seed)" : ""
        return "\(candidate.name), \(share)\(rows)"
    }

    private func sentence(_ result: HeatResult) -> String {
        let name = setup.pool.metric.name
        let values = [
            result.dev.map { "dev \($0.rounded(3))" }, result.test.map { "test \(name) \($0.rounded(3))" },
        ]
        let said = result.reason ?? values.compactMap(\.self).joined(separator: ", ")
        return "\(title): \(said), \(TimeText.written(result.seconds))"
    }

    // MARK: The store

    /// A new record, or that of a process that was killed, with the seconds that its steps took and what it warned of.
    private func recorder() throws -> (recorder: RunRecorder, before: Double, warnings: [String]) {
        let identity = heat.identity(setup.candidates)
        if let earlier = try comparison.store.trials(of: parent).last(where: { $0.identity == identity }) {
            let steps = try comparison.store.steps(of: earlier.id)
            let seconds = steps.compactMap(\.seconds).reduce(0, +)
            let warnings = earlier.found(HeatResult.self)?.warnings ?? []
            return (try RunRecorder(goingOnWith: earlier, in: comparison.store), seconds, warnings)
        }
        let settings = String(decoding: try RunRecorder.encoder.encode(candidate), as: UTF8.self)
        var description = RunDescription(
            kind: "trial", name: title, command: comparison.plan.command, settings: settings,
            manifest: setup.manifest)
        (description.parent, description.identity) = (parent, identity)
        return (try RunRecorder(comparison.store, description), 0, [])
    }

    private var place: URL {
        comparison.workFolder(parent).appendingPathComponent(".work")
            .appendingPathComponent(String(heat.identity(setup.candidates).prefix(16)) + ".safetensors")
    }

    /// What a killed process leaves of this piece, so that it goes on in its middle.
    private var checkpoint: TrainingCheckpoint {
        // An iteration of a search takes as long as many steps of a training.
        let interval = if case .search = candidate.recipe { 1 } else { 5 }
        return TrainingCheckpoint(
            place, identity: setup.identity + heat.identity(setup.candidates), interval: interval)
    }

    // MARK: Measuring

    private func measure(_ result: inout HeatResult, _ recorder: RunRecorder, _ start: Date) throws {
        let split = try heat.shots > 0 ? FewShotSplit(setup.pool, perLabel: heat.shots, seed: heat.seed) : nil
        let log = HeatLog(warnings: result.warnings)
        let watch = HeatWatch(users: comparison.stop, end: limit.map { start.addingTimeInterval($0) })
        let tell = comparison.report
        let maker = HeatPrompt(comparison, setup, heat, split) { iteration in
            recorder.add(iteration)
            log.add(iteration)
            tell(.progress(iteration.number))
            watch.look()
        }
        var prompt = try maker.make(context(recorder, log, watch))
        result.learningSeconds = Date().timeIntervalSince(start)
        (result.rate, result.steps) = (log.rate, log.steps)
        (result.trainedParameters, result.warnings) = (prompt.parameterCount, log.warnings)
        switch candidate.recipe {
        case .pattern, .search: result.template = prompt.manifest.template.printed
        case .template, .corrected, .examples, .training: break
        }
        let predictor = try Predictor([prompt], pretrained)
        if let dev = split?.dev {
            let begin = Date()
            let answers = try predictor.predict(dev.examples, with: prompt.id).map { $0 }
            result.secondsARow = Date().timeIntervalSince(begin) / Double(max(1, dev.examples.count))
            result.dev = try Evaluation(answers.map(\.label), to: dev).value
            result.score = (result.dev ?? 0) + 1e-6 * answers.meanLogProbability(of: dev)
        }
        guard let test else { return }
        try answer(test, &prompt, predictor, &result, recorder)
    }

    private func answer(
        _ test: Dataset, _ prompt: inout Prompt, _ predictor: Predictor, _ result: inout HeatResult,
        _ recorder: RunRecorder
    ) throws {
        let begin = Date()
        let answers = try predictor.predict(test.examples, with: prompt.id) { _ in }
        result.secondsARow = Date().timeIntervalSince(begin) / Double(max(1, test.examples.count))
        let value = try Evaluation(answers.map(\.label), to: test).value
        result.test = value
        result.shortenedRows = answers.count { $0.tokensCut > 0 }
        result.tokensCut = answers.reduce(0) { $0 + $1.tokensCut }
        recorder.add(answers, to: test)
        guard heat.seed == setup.race.seeds[0], heat.shots == setup.race.shots.last else { return }
        result.millisecondsARequest = try milliseconds(predictor, prompt, test)
        prompt.manifest.measurements = ["test \(test.metric.name)": value]
        let folder = PromptFolder(
            comparison.workFolder(parent).appendingPathComponent("prompts").appendingPathComponent(folderName)
        )
        try folder.write(prompt, replacing: true)
        result.bytes = folder.byteCount
        guard comparison.plan.output != nil else { return }
        result.prompt = folder.url.path
        recorder.add(artifact: "prompt", at: folder.url)
    }

    /// The way, and the place of the candidate where the way has several.
    private var folderName: String {
        let own = setup.candidates.indices.filter { setup.candidates[$0].way == candidate.way }
        let number = own.firstIndex(of: heat.candidate).map { $0 + 1 } ?? 1
        return own.count == 1 ? candidate.way.rawValue : "\(candidate.way.rawValue)-\(number)"
    }

    /// How long one request alone takes: the median over a few test rows.
    private func milliseconds(_ predictor: Predictor, _ prompt: Prompt, _ test: Dataset) throws -> Double {
        let times = try test.examples.prefix(7).map { example in
            let begin = Date()
            _ = try predictor.predict([example], with: prompt.id)
            return Date().timeIntervalSince(begin) * 1000
        }.sorted()
        return times.isEmpty ? 0 : times[times.count / 2]
    }

    // MARK: Learning

    /// How many steps or iterations the piece makes; nil where there are none.
    private var steps: Int? { HeatPrompt.steps(of: candidate, share: heat.share) }

    /// What a method is given.
    private func context(_ recorder: RunRecorder, _ log: HeatLog, _ watch: HeatWatch) -> RunContext {
        let tell = comparison.report
        var checkpoint = checkpoint
        checkpoint.beforeSaving = { recorder.flush() }
        return RunContext(stop: watch.stop, checkpoint: checkpoint) { event in
            log.add(event)
            switch event {
            case .step(let report, _):
                recorder.add(report)
                tell(.progress(report.step))
            case .evaluation(let report): recorder.add(report)
            case .warning:
                var result = HeatResult(heat: heat, candidate: candidate)
                result.warnings = log.warnings
                recorder.keep(result)
            case .trainable, .rate, .wentOn, .chosen: break
            }
            tell(.method(event))
            watch.look()
        }
    }
}

/// Ends a piece when the user asks for it, or when its time is over.
private struct HeatWatch: Sendable {
    let stop = StopSignal()
    let users: StopSignal
    let end: Date?

    func look() {
        if users.isRaised || end.map({ Date() > $0 }) ?? false { stop.raise() }
    }
}

/// What a method said while it worked.
private final class HeatLog: Sendable {
    private struct State: Sendable {
        var rate: Float?
        var steps: Int?
        var warnings: [String] = []
    }

    private let state: Mutex<State>

    /// - Parameter warnings: those of a process that was killed.
    init(warnings: [String]) { state = Mutex(State(warnings: warnings)) }

    var rate: Float? { state.withLock(\.rate) }
    var steps: Int? { state.withLock(\.steps) }
    var warnings: [String] { state.withLock(\.warnings) }

    func add(_ event: MethodEvent) {
        state.withLock { state in
            switch event {
            case .rate(let rate, _): state.rate = rate
            case .step(let report, _): state.steps = report.step
            case .warning(let text): if !state.warnings.contains(text) { state.warnings.append(text) }
            case .trainable, .wentOn, .evaluation, .chosen: break
            }
        }
    }

    func add(_ iteration: AutoPrompt.Iteration) { state.withLock { $0.steps = iteration.number } }
}

extension [Prediction] {
    /// The mean natural logarithm of the probability of each row's right label.
    fileprivate func meanLogProbability(of rows: Dataset) -> Double {
        let logs = zip(self, rows.examples).map { answer, example -> Double in
            let place = example.label.flatMap { answer.labels.firstIndex(of: $0) }
            return log(Double(Swift.max(1e-30, place.map { answer.probabilities[$0] } ?? 0)))
        }
        return logs.reduce(0, +) / Double(Swift.max(1, count))
    }
}

extension Double {
    /// With so many digits, for a sentence.
    func rounded(_ places: Int) -> String { String(format: "%.\(places)f", self) }
}
