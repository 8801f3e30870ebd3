public import Datasets
internal import Foundation
internal import Layers
public import Models
internal import Tensors
public import Training

/// Prompt Tuning (Lester et al. 2021): trained rows among the embedded tokens, the model frozen.
///
/// Where we differ: the answer is read by a verbalizer and the loss is a softmax over the labels; the default
/// start is a text, and the default optimizer AdamW without decay, since T5's Adafactor at rate 0.3 fits T5's
/// embeddings only. The rate is chosen from the embeddings' own spread; see ``Rate``.
public struct PromptTuning: PromptMethod {
    /// The name on the command line.
    public static let name = "prompt-tuning"

    /// Where the soft rows stand, if the template does not say.
    public enum Placement: String, Codable, Sendable, CaseIterable {
        /// Before everything, as PEFT has them.
        case front
        /// Behind the first field.
        case middle
        /// Right before the answer.
        case end
    }

    /// How fast.
    public enum Rate: Codable, Sendable, Hashable {
        /// A fixed share of the embeddings' spread: Adam moves a coordinate by about the rate a step, so a
        /// share of the spread means the same on every model. ``PromptTuning/share`` gives
        /// SmolLM2 the rate 1e-2, whose results docs/results/beside-peft.md shows; other shares were not compared.
        case automatic
        /// A learning-rate range test (Smith 2017).
        case rangeTest
        /// The user's.
        case fixed(Float)
    }

    /// The share of the embeddings' spread that the automatic rate is.
    public static let share: Float = 0.075
    /// How many soft rows there may be.
    public static let rowLimit = Template.softRowLimit

    /// What a run is told.
    public struct Settings: Codable, Sendable, Hashable {
        /// How many soft rows, where the template has no soft slot of its own.
        public var rows = 20
        /// Where they stand then.
        public var placement = Placement.front
        /// What they start from.
        public var initialisation = SoftInitialisation.text(SoftInitialisation.defaultText)
        /// How many steps a run makes at most.
        public var steps = 60
        /// How many examples a step learns from.
        public var batch = 16
        /// How fast the rows move.
        public var rate = Rate.automatic
        /// What moves them.
        public var optimizer = OptimizerKind.adamW(AdamW.Settings())
        /// In how many steps the rate rises to its full height, before it falls in a straight line to 0.
        public var warmup = 0
        /// The gradients' norm is brought down to this; nil for no limit, as the reference recipe has it.
        public var gradientNormLimit: Float?
        /// How many batches give one step its gradient.
        public var batchesPerStep = 1
        /// How many steps lie between two looks at the dev rows.
        public var evaluationInterval = 10
        /// After how many looks without a better score the run ends; nil for never.
        public var patience: Int? = nil
        /// Decides the order of the rows and what is random in the start.
        public var seed: UInt64 = 0

        /// The defaults.
        public init() {}
    }

    /// What this run was told.
    public let settings: Settings

    /// The method with its settings.
    public init(_ settings: Settings) { self.settings = settings }

    /// The template with soft rows where the settings want them; a template that has its own is left alone.
    ///
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` for a setting out of its range.
    public func template(for task: PromptTask) throws -> Template {
        try check()
        guard !task.template.hasSoftRows else { return task.template }
        guard Self.rowLimit.contains(settings.rows) else {
            throw PromptError.badSetting(
                name: "the number of soft rows", value: "\(settings.rows)",
                allowed: "between \(Self.rowLimit.lowerBound) and \(Self.rowLimit.upperBound)")
        }
        return try task.template.inserting("{soft \(settings.rows)}", at: settings.placement)
    }

    /// Learns the rows.
    ///
    /// The rows that were best on the dev rows are kept, the first of equals; ``RunContext/checkpoint`` lets
    /// a stopped run go on to the very same bytes.
    public func fit(
        _ split: FewShotSplit, _ task: PromptTask, to pretrained: PretrainedModel, _ run: RunContext
    ) throws -> Prompt {
        let setup = try SoftPromptSetup(task, template: try template(for: task), pretrained)
        let (train, dev) = (try setup.prompts(split.train), try setup.prompts(split.dev))
        guard !train.isEmpty else {
            throw PromptError.badSetting(name: "the number of train rows", value: "0", allowed: "at least 1")
        }
        var random = CounterRandom(seed: settings.seed, stream: 1)
        let start = settings.initialisation.rows(
            setup.encoder.softLayout, pretrained, words: setup.words, random: &random)
        let weights = NamedTensors([SoftPrompt.parameterName: start])
        let batches = ShuffledBatches(train, size: min(settings.batch, train.count), seed: settings.seed)
        let objective = setup.objective
        let rate = try self.rate(objective, weights, pretrained, batches, run)
        var plan = trainingSettings(rate)
        // Without dev rows there is nothing to choose by: the last step's rows are kept.
        if dev.isEmpty { plan.evaluationInterval = nil }
        let fitting = SoftFitting(objective: objective, settings: plan, pretrained: pretrained, run: run)
        let learned = try fitting.learn(weights, batches: batches, dev: dev)
        return try Prompt(
            method: Self.name, task, template: setup.encoder.template, tensors: learned, pretrained,
            settings: settings.described(rate: rate), probing: split.train.examples)
    }

    private func check() throws {
        func require(_ holds: Bool, _ name: String, _ value: String, _ allowed: String) throws {
            guard holds else { throw PromptError.badSetting(name: name, value: value, allowed: allowed) }
        }
        try require(settings.steps >= 1, "the number of steps", "\(settings.steps)", "at least 1")
        try require(settings.batch >= 1, "the batch", "\(settings.batch)", "at least 1")
        try require(
            settings.batchesPerStep >= 1, "batches a step", "\(settings.batchesPerStep)", "at least 1")
        try require(
            settings.evaluationInterval >= 1, "the evaluation interval", "\(settings.evaluationInterval)",
            "at least 1")
        try require(settings.warmup >= 0, "the warmup", "\(settings.warmup)", "at least 0 steps")
        if let patience = settings.patience {
            try require(patience >= 1, "the patience", "\(patience)", "at least 1")
        }
        if let limit = settings.gradientNormLimit {
            try require(limit > 0, "the gradient norm limit", "\(limit)", "a number above 0")
        }
        if case .fixed(let rate) = settings.rate {
            try require(rate > 0 && rate.isFinite, "the learning rate", "\(rate)", "a number above 0")
        }
    }

    private func trainingSettings(_ rate: Float) -> TrainingSettings {
        TrainingSettings(
            steps: settings.steps, optimizer: settings.optimizer, rate: rate,
            schedule: .linear(warmup: settings.warmup, total: settings.steps),
            gradientNormLimit: settings.gradientNormLimit, batchesPerStep: settings.batchesPerStep,
            seed: settings.seed, evaluationInterval: settings.evaluationInterval, patience: settings.patience)
    }

    private func rate(
        _ objective: AnswerObjective, _ weights: NamedTensors, _ pretrained: PretrainedModel,
        _ batches: ShuffledBatches<LabelledPrompt>, _ run: RunContext
    ) throws -> Float {
        let spread = pretrained.embeddingSpread
        let (rate, reason): (Float, String)
        switch settings.rate {
        case .fixed(let given): (rate, reason) = (given, "given")
        case .automatic:
            (rate, reason) = (Self.share * spread, "\(Self.share) of the embeddings' spread \(spread)")
        case .rangeTest:
            let finder = RateFinder(lowest: spread * 1e-3, highest: spread * 10, steps: 24)
            let sweep = try finder.sweep(
                objective, trainingSettings(spread), training: weights, over: pretrained.weights,
                batches: batches,
                stop: run.stop)
            (rate, reason) = (sweep.suggestion, "range test of \(sweep.points.count) steps")
        }
        run.report(.rate(rate, reason: reason))
        return rate
    }
}

extension Template {
    /// The same text with a slot put in.
    ///
    /// The spaces in front of the answer stay with it: behind `It was {soft 8} {answer}` the word is still `"
    /// good"`.
    fileprivate func inserting(_ slot: String, at placement: PromptTuning.Placement) throws -> Template {
        func printed(_ parts: some Collection<TemplatePart>) -> String { parts.map(\.printed).joined() }
        func place(after index: Int?) -> Int { index.map { $0 + 1 } ?? 0 }
        let index =
            switch placement {
            case .front: 0
            case .middle: place(after: parts.firstIndex { if case .field = $0 { true } else { false } })
            case .end: parts.firstIndex { if case .answer = $0 { true } else { false } } ?? parts.count
            }
        let front = printed(parts[..<index])
        let kept = placement == .end ? front.withoutFinalSpaces : front
        return try Template(kept + slot + front.dropFirst(kept.count) + printed(parts[index...]))
    }
}
