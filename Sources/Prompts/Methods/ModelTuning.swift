public import Datasets
internal import Layers
public import Models
internal import Tensors

/// Model tuning: the model's own weights learn the task, by a template and label words or by a head (fine-tuning).
///
/// The baseline of every prompt method, through the same trainer: what it stores is the tuned weights, laid over the
/// model by name. With ``WeightSelection/none`` and a head it is a linear probe.
public struct ModelTuning: PromptMethod {
    /// The name on the command line.
    public static let name = "model-tuning"
    /// The name of the method that trains a head only.
    public static let probeName = "linear-probe"

    /// What a run is told.
    public struct Settings: MethodSettings {
        /// Which weights are tuned.
        public var tuned = WeightSelection.all
        /// How labels are read: by the label words, or by a readout that is trained with the model, or alone.
        public var readout = Readout.verbalizer
        /// The head's own rate, where there is one and the model is tuned too: fresh weights need a higher one.
        public var headRate: Float = 1e-3
        /// How long and how fast.
        public var learning = LearningSettings()

        /// The defaults.
        public init() {}

        /// Those of a linear probe.
        public static var probe: Settings {
            var settings = Settings()
            (settings.tuned, settings.readout) = (.none, .classifier)
            settings.learning.steps = 200
            return settings
        }
    }

    /// What the automatic rate of the model's weights is: within fine-tuning's usual range; not compared here.
    public static let rate: Float = 5e-5
    /// What the automatic rate of a head alone is.
    public static let probeRate: Float = 1e-2

    /// What this run was told.
    public let settings: Settings

    /// The method with its settings.
    public init(_ settings: Settings) { self.settings = settings }

    private var isProbe: Bool { settings.tuned == .none }

    /// Learns the weights.
    public func fit(
        _ split: FewShotSplit, _ task: PromptTask, to pretrained: PretrainedModel, _ run: RunContext
    ) throws -> Prompt {
        try lesson(task, pretrained).fit(
            isProbe ? Self.probeName : Self.name, task, split, settings.learning, readout: settings.readout,
            over: pretrained, run,
            described: described)
    }

    /// How many numbers a run would train.
    public func trainedCount(for task: PromptTask, _ pretrained: PretrainedModel) throws -> Int {
        try lesson(task, pretrained).start.parameterCount
    }

    /// What is trained.
    package func lesson(_ task: PromptTask, _ pretrained: PretrainedModel) throws -> Lesson {
        let template = try template(for: task)
        guard !isProbe || settings.readout != .verbalizer else {
            throw PromptError.badSetting(
                name: "the readout of a run that tunes no weight of the model", value: "verbalizer",
                allowed: "classifier, or another readout with weights of its own")
        }
        let setup = try PromptSetup(task, template: template, pretrained, readout: settings.readout)
        if isProbe, settings.readout == .weightedWords, setup.words.words.count == setup.words.labels.count {
            throw PromptError.badSetting(
                name: "the number of words of each label", value: "1",
                allowed: "several, where only the words' weights are trained")
        }
        var random = CounterRandom(seed: settings.learning.seed, stream: 1)
        let head = setup.readoutStart(&random)
        return Lesson(
            setup, try parts(pretrained, settings.readout), pretrained.model, head: head)
    }

    /// The tuned weights, whatever reads the answer.
    func parts(_ pretrained: PretrainedModel, _ readout: Readout) throws -> TrainedParts {
        var parts = TrainedParts(
            start: try settings.tuned.weights(of: pretrained, readout: readout),
            automaticRate: automaticRate(pretrained, readout))
        parts.firstTrainedLayer = settings.tuned.firstLayer(of: pretrained.model.traits.layers)
        parts.headRate = isProbe ? nil : settings.headRate
        return parts
    }

    /// Vectors that start as rows of the output matrix move as soft rows do.
    private func automaticRate(_ pretrained: PretrainedModel, _ readout: Readout) -> (
        rate: Float, reason: String
    ) {
        guard isProbe else { return (Self.rate, "\(Self.name)'s own") }
        switch readout {
        case .softVerbalizer:
            let spread = pretrained.embeddingSpread
            return (PromptTuning.share * spread, "\(PromptTuning.share) of the embeddings' spread \(spread)")
        case .weightedWords: return (WeightedWords.rate, "the paper's for weights of words")
        default: return (Self.probeRate, "\(Self.probeName)'s own")
        }
    }

    private func described(rate: Float) -> [String: String] {
        var values = settings.learning.described(rate: rate)
        values["tuned"] = settings.tuned.json
        values["readout"] = settings.readout.rawValue
        if !isProbe, settings.readout != .verbalizer { values["headRate"] = "\(settings.headRate)" }
        return values
    }
}
