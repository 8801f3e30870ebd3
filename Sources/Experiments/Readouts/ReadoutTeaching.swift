internal import Checkpoints
internal import Datasets
internal import Foundation
public import Models
internal import Prompts
internal import Tensors
public import Training

/// Teaches a model to tag words, to find answers in contexts, or to write texts, and says what that brought.
///
/// As with ``Teaching``, a reference row always runs, the test rows are read once after everything is chosen, and the
/// saved prompt is read back and must answer the same.
public struct ReadoutTeaching: Sendable {
    private let plan: ReadoutPlan
    private let pretrained: PretrainedModel
    private let stop: StopSignal
    private let report: @Sendable (TeachingEvent) -> Void

    /// A run of a plan.
    ///
    /// - Parameters:
    ///   - plan: what is to be done.
    ///   - pretrained: the model, which stays as it is.
    ///   - stop: raised to end after the step at hand; what was learned is kept in a checkpoint beside the output.
    ///   - report: told of everything that happens.
    public init(
        _ plan: ReadoutPlan, _ pretrained: PretrainedModel, stop: StopSignal = StopSignal(),
        report: @escaping @Sendable (TeachingEvent) -> Void = { _ in }
    ) {
        self.plan = plan
        self.pretrained = pretrained
        self.stop = stop
        self.report = report
    }

    /// Rows that were read and drawn.
    private struct Rows {
        var train: Dataset
        var dev: Dataset?
        var test: LockedTest
    }

    /// Runs the plan.
    ///
    /// - Throws: `CancellationError` after the user stopped; typed errors of the rooms otherwise.
    public func run() throws -> ReadoutReport {
        let folder = PromptFolder(plan.output)
        try folder.checkWritable(replacing: plan.isReplacing)
        let rows = try drawn()
        let log = TeachingLog(forwarding: report)
        let checkpoint = try self.checkpoint(rows)
        report(.stage("learning", total: plan.method.learning.steps))
        let start = Date()
        var prompt = try fit(rows, log, checkpoint)
        let peakTrainingBytes = CPUBackend.shared.memory.peak
        let seconds = log.earlierSeconds + Date().timeIntervalSince(start)
        let test = try rows.test.open(for: "\(plan.output.path) \(start.timeIntervalSince1970)")
        let metrics = try plan.task.readout.metrics(for: test.examples)
        let reference = try reference(rows.train, test, metrics)
        let answered = try answer(test, prompt, "answering the test rows with the prompt")
        let outcomes = try outcomes(answered.answers, test)
        let values = try MetricValue.values(outcomes, metrics)
        prompt.manifest.measurements = ["training seconds": seconds]
        for value in values { prompt.manifest.measurements["test \(value.metric)"] = value.value }
        prompt.manifest.measurements["dev score"] = log.devScore
        try folder.write(prompt, replacing: plan.isReplacing)
        let changed = try reload(folder, answered.answers, test)
        checkpoint.remove()
        let own = ReadoutRow(
            name: plan.method.name, metrics: values, trainedParameters: log.trainable,
            bytes: folder.byteCount,
            trainingSeconds: seconds, millisecondsARow: answered.milliseconds)
        return ReadoutReport(
            task: plan.task.name, readout: plan.task.readout.rawValue, model: pretrained.name,
            rows: [reference, own],
            entities: plan.task.readout == .tagger ? try EntityReport(outcomes) : nil,
            samples: Array(outcomes.prefix(3)), modelParameters: pretrained.weights.parameterCount,
            trainRows: rows.train.examples.count, devRows: rows.dev?.examples.count ?? 0,
            testRows: test.examples.count, seed: plan.seed, rate: log.rate, devScore: log.devScore,
            losses: log.losses, stepSeconds: log.stepSeconds, peakTrainingBytes: peakTrainingBytes,
            tasksAGigabyte: 1_000_000_000 / max(1, folder.byteCount),
            peakProcessBytes: ProcessMemory.peakBytes, answersChangedByReload: changed,
            shortenedRows: answered.answers.count { $0.tokensCut > 0 },
            warnings: log.warnings + verdict(reference, own), output: plan.output.path)
    }

    // MARK: Rows

    private func drawn() throws -> Rows {
        let task = plan.task
        guard let testFile = task.test else { throw ExperimentError.noTestRows(task.name) }
        let pool = try task.rows(task.pool)
        let wanted = plan.trainRows ?? pool.examples.count
        guard wanted <= pool.examples.count else {
            throw PromptError.badSetting(
                name: "the number of train rows", value: "\(wanted)",
                allowed: "at most the pool's \(pool.examples.count)")
        }
        let train = try Self.draw(wanted, of: pool, seed: plan.seed)
        let dev = try task.dev.map { try task.rows($0) }.map { rows in
            let count = plan.devCount(of: rows.examples.count, train: train.examples.count)
            return try Self.draw(count, of: rows, seed: plan.seed)
        }
        let test = try task.rows(testFile, limit: plan.testRows)
        try check(test)
        try compare(train, test)
        return Rows(train: train, dev: dev, test: try LockedTest(test))
    }

    /// What test rows lack is said before anything is trained, not after.
    private func check(_ test: Dataset) throws {
        let (readout, field) = (plan.task.readout, plan.task.target)
        if readout == .tagger { return try test.requireTagAWord() }
        let blank = try outcomes(test.examples.map { _ in RowAnswer(text: "") }, test)
        for (index, outcome) in blank.enumerated() {
            guard outcome.expected.contains(where: { !$0.isEmpty }) else {
                throw PromptError.emptyTarget(row: test.place(of: index), field: field)
            }
            if readout == .text { _ = try plan.task.template.render(test.examples[index]) }
        }
    }

    /// Tells of test rows that say nothing of new ones, or that cannot be right.
    private func compare(_ train: Dataset, _ test: Dataset) throws {
        let known = Set(train.examples.map(\.fields))
        let repeated = test.examples.count { known.contains($0.fields) }
        if repeated > 0 {
            report(
                .warning(
                    "\(repeated) of the \(test.examples.count) test rows are train rows too: they measure memory, not learning"
                ))
        }
        guard plan.task.readout == .tagger else { return }
        let learned = Set(try train.examples.flatMap { try $0.list("tags") })
        let unseen = Set(try test.examples.flatMap { try $0.list("tags") }).subtracting(learned).sorted()
        guard !unseen.isEmpty else { return }
        report(
            .warning(
                "the test rows have tags that no train row has, so that none is found: \(unseen.joined(separator: ", "))"
            ))
    }

    /// So many rows by chance; the rows of a small draw are among those of a larger one.
    private static func draw(_ count: Int, of rows: Dataset, seed: UInt64) throws -> Dataset {
        guard count < rows.examples.count else { return rows }
        var random = SeededRandom(seed: seed)
        let order = random.shuffled(Array(rows.examples.indices))
        return try Dataset(
            name: rows.name, examples: order.prefix(count).map { rows.examples[$0] }, metric: rows.metric)
    }

    /// The state of an interrupted run lies beside the output; its identity is everything the result depends on.
    private func checkpoint(_ rows: Rows) throws -> TrainingCheckpoint {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let settings = String(decoding: try encoder.encode(plan.method), as: UTF8.self)
        let asked =
            String(decoding: try encoder.encode(plan.texts), as: UTF8.self)
            + String(decoding: try encoder.encode(plan.spans), as: UTF8.self)
        let sets = try [rows.train, rows.dev].compactMap(\.self).map { try LockedTest($0).record.fingerprint }
        let identity = [
            pretrained.fingerprint.digest, plan.task.readout.rawValue, plan.task.template.source, settings,
            asked,
            "\(plan.limit)", plan.startingFrom?.path ?? "",
        ]
        return TrainingCheckpoint(plan.checkpointPlace, madeOf: identity + sets, telling: report)
    }

    // MARK: Teaching

    private func fit(_ rows: Rows, _ log: TeachingLog, _ checkpoint: TrainingCheckpoint) throws -> Prompt {
        let source = try plan.startingFrom.map { try PromptFolder($0).read(on: pretrained.backend) }
        let run = RunContext(stop: stop, checkpoint: checkpoint, startingFrom: source) { log.add($0) }
        let (name, limit) = (plan.task.name, plan.limit)
        switch plan.task.readout {
        case .span:
            return try SpanExtraction(plan.method, plan.spans).fit(
                named: name, rows.train, dev: rows.dev, limit: limit, to: pretrained, run)
        case .text:
            return try TextGeneration(plan.method, plan.texts).fit(
                named: name, plan.task.template, rows.train, dev: rows.dev, limit: limit, to: pretrained, run)
        default:
            return try WordTagging(plan.method).fit(
                named: name, rows.train, dev: rows.dev, limit: limit, to: pretrained, run)
        }
    }

    // MARK: Answering

    private struct Answers {
        var answers: [RowAnswer]
        var milliseconds: Double
    }

    private func answer(_ test: Dataset, _ prompt: Prompt, _ stage: String) throws -> Answers {
        report(.stage(stage, total: test.examples.count))
        let start = Date()
        let answers = try prompt.answering(pretrained).answers(test.examples) { report(.progress($0)) }
        return Answers(
            answers: answers,
            milliseconds: Date().timeIntervalSince(start) * 1000 / Double(max(1, test.examples.count)))
    }

    private func outcomes(_ answers: [RowAnswer], _ test: Dataset) throws -> [Outcome] {
        try plan.task.readout.outcomes(answers, to: test.examples, target: plan.task.target)
    }

    /// What can be had without training: from the train rows alone, or from the template alone.
    private func reference(_ train: Dataset, _ test: Dataset, _ metrics: [Metric]) throws -> ReadoutRow {
        let readout = plan.task.readout
        guard let name = ReadoutReference.name(readout) else {
            let untaught = try TextGeneration.untaught(
                named: plan.task.name, plan.task.template.withoutSoftSlots(), plan.texts, limit: plan.limit,
                pretrained)
            let answered = try answer(test, untaught, "writing for the test rows without training")
            return ReadoutRow(
                name: "zero-shot", metrics: try MetricValue.values(outcomes(answered.answers, test), metrics),
                bytes: plan.task.template.source.utf8.count, millisecondsARow: answered.milliseconds)
        }
        let answers = try ReadoutReference.answers(readout, train.examples, test.examples)
        let outcomes = zip(answers, try self.outcomes(test.examples.map { _ in RowAnswer(text: "") }, test))
            .map {
                Outcome(predicted: $0, expected: $1.expected)
            }
        return ReadoutRow(name: name, metrics: try MetricValue.values(outcomes, metrics))
    }

    /// How many test rows are answered again with the prompt that was read back.
    private static let rereadRows = 16

    /// Reads the prompt back, and says how many of the first rows it answers otherwise.
    private func reload(_ folder: PromptFolder, _ answers: [RowAnswer], _ test: Dataset) throws -> Int {
        report(.stage("reading the prompt back", total: nil))
        let prompt = try folder.read(on: pretrained.backend)
        let some = Array(test.examples.prefix(Self.rereadRows))
        let again = try prompt.answering(pretrained).answers(some) { _ in }
        let changed = zip(answers, again).count { $0.text != $1.text }
        // Other rows stand beside them in a batch than before, which may turn a near tie and nothing more.
        guard changed <= max(1, some.count / 8) else {
            throw PromptError.probeFailed(prompt: prompt.id, worst: Float(changed))
        }
        return changed
    }

    private func verdict(_ reference: ReadoutRow, _ own: ReadoutRow) -> [String] {
        guard let before = reference.metrics.first, let after = own.metrics.first, after.value <= before.value
        else {
            return []
        }
        return [
            "training has not beaten '\(reference.name)': try more rows, --steps, another --rate or another --method"
        ]
    }
}
