public import Datasets
internal import Layers
public import Models
internal import Tensors

/// What Prefix-Tuning and P-tuning v2 are told; they differ in their defaults.
public protocol PrefixSettings: MethodSettings {
    /// The paper's defaults, or ours where the type says so.
    init()
    /// `P`, how many positions the prompt takes in each layer. ``PrefixInitialisation/written(_:)`` brings its own number.
    var rows: Int { get set }
    /// The layers that get keys and values; nil for all.
    var layers: [Int]? { get set }
    /// What keys and values start from.
    var initialisation: PrefixInitialisation { get set }
    /// The network that makes them in training; nil to train them themselves.
    var reparametrisation: PrefixEncoder.Settings? { get set }
    /// The share of their numbers that is zeroed in training.
    var dropout: Float { get set }
    /// How labels are read.
    var readout: Readout { get set }
}

/// A method that trains keys and values which every row reads first, in all layers or in some; the model is frozen.
public protocol PrefixMethod: PromptMethod where Settings: PrefixSettings {
    /// What the automatic rate is.
    static var rate: Float { get }
}

extension PrefixMethod {
    /// Learns the keys and values, and the head where there is one.
    public func fit(
        _ split: FewShotSplit, _ task: PromptTask, to pretrained: PretrainedModel, _ run: RunContext
    ) throws -> Prompt {
        try lesson(task, pretrained).0.fit(
            Self.name, task, split, settings.learning, readout: settings.readout, over: pretrained, run,
            described: described)
    }

    /// How many numbers a run would train.
    public func trainedCount(for task: PromptTask, _ pretrained: PretrainedModel) throws -> Int {
        try lesson(task, pretrained).0.start.parameterCount
    }

    /// What is trained: keys and values, and the readout's own weights.
    package func lesson(_ task: PromptTask, _ pretrained: PretrainedModel) throws -> (Lesson, Prefix) {
        var random = CounterRandom(seed: settings.learning.seed, stream: 1)
        let template = try template(for: task)
        let (prefix, parts) = try trained(pretrained, &random)
        let setup = try PromptSetup(
            task, template: template, pretrained, readout: settings.readout, prefixRows: prefix.rows)
        let head = setup.readoutStart(&random)
        return (Lesson(setup, parts, pretrained.model, head: head), prefix)
    }

    /// The keys and values, whatever reads the answer.
    func parts(_ pretrained: PretrainedModel, _ random: inout CounterRandom) throws -> TrainedParts {
        try trained(pretrained, &random).parts
    }

    private func trained(_ pretrained: PretrainedModel, _ random: inout CounterRandom) throws -> (
        prefix: Prefix, parts: TrainedParts
    ) {
        let start = PrefixStart(
            rows: settings.rows, initialisation: settings.initialisation,
            reparametrisation: settings.reparametrisation, layers: settings.layers, dropout: settings.dropout)
        let (prefix, tensors) = try start.make(pretrained, &random)
        return (
            prefix,
            TrainedParts(prefix, start: tensors, automaticRate: (Self.rate, "\(Self.name)'s own"))
        )
    }

    private func described(rate: Float) -> [String: String] {
        var values = settings.learning.described(rate: rate)
        values["rows"] = "\(settings.rows)"
        values["layers"] = settings.layers?.json
        values["initialisation"] = settings.initialisation.json
        values["reparametrisation"] = settings.reparametrisation?.json
        values["dropout"] = "\(settings.dropout)"
        values["readout"] = settings.readout.rawValue
        return values
    }
}
