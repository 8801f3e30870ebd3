public import Datasets
public import Models
internal import Tensors

/// Prompt Tuning (Lester et al. 2021): trained rows among the embedded tokens, the model frozen.
///
/// Where we differ: the answer is read by a verbalizer and the loss is a softmax over the labels; the default
/// start is a text, and the default optimizer AdamW without decay, since T5's Adafactor at rate 0.3 fits T5's
/// embeddings only. The rate is chosen from the embeddings' own spread; see ``share``.
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

    /// The share of the embeddings' spread that the automatic rate is: Adam moves a coordinate by about the rate a
    /// step, so a share of the spread means the same on every model. SmolLM2 gets the rate 1e-2, whose results
    /// docs/results/beside-peft.md shows; other shares were not compared.
    public static let share: Float = 0.075
    /// How many soft rows there may be.
    public static let rowLimit = Template.softRowLimit

    /// What a run is told.
    public struct Settings: MethodSettings {
        /// How many soft rows, where the template has no soft slot of its own.
        public var rows = 20
        /// Where they stand then.
        public var placement = Placement.front
        /// What they start from.
        public var initialisation = SoftInitialisation.text(SoftInitialisation.defaultText)
        /// How labels are read.
        public var readout = Readout.verbalizer
        /// How long and how fast.
        public var learning = LearningSettings()

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
        try settings.learning.check()
        return try task.template.withSoftRows(settings.rows, at: settings.placement)
    }

    /// Learns the rows.
    ///
    /// The rows that were best on the dev rows are kept, the first of equals; ``RunContext/checkpoint`` lets
    /// a stopped run go on to the very same bytes.
    public func fit(
        _ split: FewShotSplit, _ task: PromptTask, to pretrained: PretrainedModel, _ run: RunContext
    ) throws -> Prompt {
        try lesson(task, pretrained).fit(
            Self.name, task, split, settings.learning, readout: settings.readout, over: pretrained, run,
            described: described)
    }

    /// How many numbers a run would train.
    public func trainedCount(for task: PromptTask, _ pretrained: PretrainedModel) throws -> Int {
        try lesson(task, pretrained).start.parameterCount
    }

    /// What is trained.
    package func lesson(_ task: PromptTask, _ pretrained: PretrainedModel) throws -> Lesson {
        let setup = try PromptSetup(
            task, template: try template(for: task), pretrained, readout: settings.readout)
        var random = CounterRandom(seed: settings.learning.seed, stream: 1)
        let parts = parts(setup.encoder.softLayout, words: setup.words, pretrained, &random)
        return Lesson(setup, parts, pretrained.model, head: setup.readoutStart(&random))
    }

    /// The rows, whatever reads the answer.
    func parts(
        _ layout: SoftLayout, words: EncodedVerbalizer?, _ pretrained: PretrainedModel,
        _ random: inout CounterRandom
    ) -> TrainedParts {
        let start = settings.initialisation.rows(layout, pretrained, words: words, random: &random)
        let spread = pretrained.embeddingSpread
        var parts = TrainedParts(
            start: NamedTensors([SoftPrompt.parameterName: start]),
            automaticRate: (Self.share * spread, "\(Self.share) of the embeddings' spread \(spread)"))
        let soft = SoftPrompt(layout, pretrained.model.traits)
        parts.tensors = { PromptTensors(soft: soft.rows($0)) }
        parts.headRate = ModelTuning.probeRate
        parts.readsInputsOnce = true
        return parts
    }

    private func described(rate: Float) -> [String: String] {
        var values = settings.learning.described(rate: rate)
        values["rows"] = "\(settings.rows)"
        values["placement"] = settings.placement.rawValue
        values["initialisation"] = settings.initialisation.json
        values["readout"] = settings.readout.rawValue
        return values
    }
}

extension Template {
    /// The template with so many soft rows at a place; one that has soft rows is left alone.
    ///
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` for a number out of its range.
    func withSoftRows(_ rows: Int, at placement: PromptTuning.Placement) throws -> Template {
        guard !hasSoftRows else { return self }
        let allowed = Self.softRowLimit
        guard allowed.contains(rows) else {
            throw PromptError.badSetting(
                name: "the number of soft rows", value: "\(rows)",
                allowed: "between \(allowed.lowerBound) and \(allowed.upperBound)")
        }
        return try inserting("{soft \(rows)}", at: placement)
    }

    /// The same text with a slot put in.
    ///
    /// The spaces in front of the answer stay with it: behind `It was {soft 8} {answer}` the word is still `"
    /// good"`.
    private func inserting(_ slot: String, at placement: PromptTuning.Placement) throws -> Template {
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
