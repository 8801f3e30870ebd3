internal import Checkpoints
internal import Datasets
public import Foundation
public import Models
public import Prompts
public import Training

/// What one search of a hard prompt is to do.
public struct TriggerPlan: Sendable {
    /// The task; its template may have soft slots where the triggers are to stand.
    public var task: TaskSource
    /// How many train rows a label has.
    public var perLabel = 16
    /// How many dev rows a label has; nil for as many as train rows.
    public var devPerLabel: Int?
    /// Decides which rows are drawn.
    public var seed: UInt64 = 0
    /// How many positions a prompt may have.
    public var limit = 512
    /// How many test rows are scored; nil for all.
    public var testLimit: Int?
    /// How the triggers are searched.
    public var search = AutoPrompt.Settings()
    /// How label words are searched first; nil to keep the task's own.
    public var labelWords: LabelWordSearch?
    /// Rows without labels for searches of label words that count words in texts; nil for the pool's rows that are not
    /// drawn.
    public var unlabelled: URL?
    /// Where the prompt is saved.
    public var output: URL
    /// Whether a prompt that is there may be replaced.
    public var isReplacing = false

    /// A plan with the defaults.
    public init(task: TaskSource, output: URL) {
        self.task = task
        self.output = output
    }

    /// Where the state of an interrupted search lies: beside the output, hidden.
    public var checkpointPlace: URL {
        output.deletingLastPathComponent().appendingPathComponent(
            ".\(output.lastPathComponent).search.safetensors")
    }
}

/// What a search found.
public struct TriggerReport: Codable, Sendable {
    /// The version of this layout.
    public var schema = 1
    /// The task's name.
    public var task: String
    /// The model's file.
    public var model: String
    /// The metric's name.
    public var metric: String
    /// The majority class, the template without triggers, and with those that were found.
    public var rows: [TeachingRow]
    /// The template that was found, as any tool can use it.
    public var template: String
    /// The label words it was searched with.
    public var words: [String: [String]]
    /// How many rows were learned from, and how many chosen by.
    public var trainRows: Int
    /// How many rows the choice was made by.
    public var devRows: Int
    /// The iterations, in order.
    public var iterations: [AutoPrompt.Iteration]
    /// How long the search took.
    public var seconds: Double
    /// How likely chance alone would make it as much better than the template without triggers (exact McNemar).
    public var probabilityOfChance: Double
    /// What the user should know.
    public var warnings: [String]
    /// Where the prompt was saved.
    public var output: String
}

/// Searches a hard prompt and measures it on test rows that nothing before has read.
public struct TriggerRun: Sendable {
    private let plan: TriggerPlan
    private let pretrained: PretrainedModel
    private let stop: StopSignal
    private let observe: @Sendable (AutoPrompt.Iteration) -> Void

    /// A run of a plan; `observe` is told of every iteration.
    public init(
        _ plan: TriggerPlan, _ pretrained: PretrainedModel, stop: StopSignal = StopSignal(),
        observe: @escaping @Sendable (AutoPrompt.Iteration) -> Void = { _ in }
    ) {
        self.plan = plan
        self.pretrained = pretrained
        self.stop = stop
        self.observe = observe
    }

    /// Runs the plan.
    ///
    /// - Throws: `CancellationError` after the user stopped; typed errors of the rooms otherwise.
    public func run() throws -> TriggerReport {
        let draw = try SearchDraw(
            plan.task, perLabel: plan.perLabel, devPerLabel: plan.devPerLabel, seed: plan.seed,
            testLimit: plan.testLimit, output: plan.output, isReplacing: plan.isReplacing)
        let split = draw.split
        let checkpoint = TrainingCheckpoint(plan.checkpointPlace, identity: try identity(split), interval: 1)
        let task = try self.task(split)
        let heard = IterationLog(observe)
        var method = AutoPrompt(plan.search)
        method.observe = { heard.add($0) }
        let prompt = try method.fit(
            split, task, to: pretrained, RunContext(stop: stop, checkpoint: checkpoint))
        var plain = try task.withoutSoftSlots()
        plain.name += " without triggers"
        let measured = try draw.measure(
            (prompt, "with triggers"), besides: (try Prompt.hard(plain, pretrained), "without triggers"),
            pretrained)
        checkpoint.remove()
        return TriggerReport(
            task: plan.task.name, model: pretrained.name, metric: measured.metric,
            rows: measured.rows, template: prompt.manifest.template.printed,
            words: Dictionary(
                prompt.manifest.verbalizer.entries.map { ($0.label, $0.words) },
                uniquingKeysWith: { first, _ in first }),
            trainRows: split.train.examples.count, devRows: split.dev.examples.count,
            iterations: heard.all, seconds: measured.seconds,
            probabilityOfChance: measured.probabilityOfChance,
            warnings: [split.devWarning].compactMap(\.self), output: plan.output.path)
    }

    /// The task with slots for the triggers, and with label words that were searched where that is asked for.
    private func task(_ split: FewShotSplit) throws -> PromptTask {
        var task = plan.task.promptTask(limit: plan.limit)
        task.template = try AutoPrompt(plan.search).template(for: task)
        if let search = plan.labelWords {
            let unlabelled = try plan.task.unlabelled(plan.unlabelled, beside: split)
            task.verbalizer = try search.words(split, unlabelled: unlabelled, task, pretrained)
        }
        return task
    }

    /// Everything that the result depends on.
    private func identity(_ split: FewShotSplit) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // More iterations are the same search gone on with.
        var search = plan.search
        search.iterations = 0
        let settings = String(decoding: try encoder.encode(search), as: UTF8.self)
        let labels = try plan.labelWords.map { String(decoding: try encoder.encode($0), as: UTF8.self) } ?? ""
        return [
            pretrained.fingerprint.digest, plan.task.template.source, "\(plan.task.verbalizer.entries)",
            settings,
            labels, "\(split.trainRows) \(split.devRows)", "\(plan.limit)",
            try LockedTest(split.train).record.fingerprint,
        ].joined(separator: "\n")
    }
}

extension Dataset {
    /// The label that most rows have; of equally frequent ones the first.
    var mostFrequentLabel: String {
        let counts = Dictionary(grouping: examples.compactMap(\.label), by: { $0 }).mapValues(\.count)
        return labels.reduce(labels.first ?? "") { (counts[$1] ?? 0) > (counts[$0] ?? 0) ? $1 : $0 }
    }
}
