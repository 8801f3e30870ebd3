internal import Datasets
internal import Layers
internal import Models
internal import Tensors
internal import Training

/// A method made ready to be trained under a readout that answers rows with their own.
struct ReadoutSetup {
    let choice: MethodChoice
    let readout: Readout
    /// What is asked, with the method's soft rows in it.
    let template: Template
    let layout: SoftLayout
    let parts: TrainedParts
    /// How many positions a row may take, soft rows counted.
    let room: Int
    /// Drawn from for what else starts at random.
    var random: CounterRandom
    private let limit: Int
    private let pretrained: PretrainedModel

    /// - Throws: ``PromptError`` for a setting out of its range, or a model that cannot do it.
    init(
        _ choice: MethodChoice, _ readout: Readout, asking template: Template, limit: Int,
        _ pretrained: PretrainedModel
    ) throws {
        self.choice = choice
        self.readout = readout
        self.pretrained = pretrained
        self.limit = limit
        _ = try pretrained.promptKind(readout)
        let task = PromptTask(name: "", template: template, verbalizer: try .unread, limit: limit)
        self.template = try choice.method.template(for: task)
        layout = try SoftLayout(self.template, pretrained.tokenizer)
        random = CounterRandom(seed: choice.learning.seed, stream: 1)
        parts = try choice.parts(layout, pretrained, readout, &random)
        room = try pretrained.room(limit, prefixRows: parts.prefixRows)
    }

    /// Trains on rows; what was best by `evaluate` is kept, the first of equals, or the last without it.
    ///
    /// - Parameters:
    ///   - objective: the loss.
    ///   - rows: what is learned from.
    ///   - head: the readout's own weights as they start.
    ///   - labels: those that the head tells apart, where it does.
    ///   - run: where to report, and when to stop.
    ///   - evaluate: the score of weights on held-out rows, higher is better.
    /// - Returns: what is stored of what was learned, and the rate.
    func learn<Goal: Objective, Row: Sendable>(
        _ objective: Goal, _ rows: [Row], head: NamedTensors, labels: [String]? = nil, _ run: RunContext,
        evaluate: ((NamedTensors) throws -> Double)?
    ) throws -> (learned: NamedTensors, rate: Float) where Goal.Batch == [Row] {
        let learning = choice.learning
        guard !rows.isEmpty else {
            throw PromptError.badSetting(
                name: "the number of train rows with something to learn from", value: "0",
                allowed: "at least 1; a higher limit leaves a row more room")
        }
        let start = parts.start.overlaid(by: head)
        guard !start.isEmpty else {
            throw PromptError.unsupportedModel(
                method: "\(choice.name) with readout \(readout.rawValue)", reason: "nothing would be trained")
        }
        let learner = Learner(
            objective: objective, learning: learning, pretrained: pretrained, constants: parts.constants,
            automaticRate: parts.automaticRate, apart: parts.apart(withHead: head),
            mayStartFlat: parts.mayStartFlat, labels: labels)
        let batches = ShuffledBatches(rows, size: min(learning.batch, rows.count), seed: learning.seed)
        let (learned, rate) = try learner.learn(start, batches: batches, run, evaluate: evaluate)
        return (parts.folded(learned).overlaid(by: parts.constants), rate)
    }

    /// Rows with what they are behind the layers that nothing trained reaches, walked once for all epochs.
    func readOnce<Goal: LayeredObjective>(
        _ rows: [Goal.Row], _ objective: Goal, head: NamedTensors
    ) throws -> [Goal.Row] {
        guard choice.learning.readsInputsOnce, parts.firstTrainedLayer > 0 else { return rows }
        let weights = weights(parts.start.overlaid(by: head))
        return try LowerLayers(below: parts.firstTrainedLayer, objective, weights).reading(rows)
    }

    /// Rows with what stands in front of the first trained one read once for all epochs.
    func readInputsOnce<Row: InputRow>(_ rows: [Row]) throws -> [Row] {
        guard choice.learning.readsInputsOnce, parts.readsInputsOnce else { return rows }
        return try InputCache(pretrained.model, pretrained.weights).reading(rows)
    }

    /// The weights of a pass over what was learned.
    func weights(_ learned: NamedTensors) -> NamedTensors {
        pretrained.weights.overlaid(by: parts.constants).overlaid(by: learned)
    }

    /// What a prompt of this readout says of itself.
    func manifest(named name: String, labels: Verbalizer? = nil, rate: Float) throws -> PromptManifest {
        var settings = choice.learning.described(rate: rate)
        settings["method"] = choice.json
        return PromptManifest(
            name: name, method: choice.name, template: template, verbalizer: try labels ?? .unread,
            rule: .sum,
            readout: readout, limit: limit, shortening: .tail, model: pretrained.identity,
            tokenizer: pretrained.tokenizerProbe, probe: [], settings: settings, measurements: [:])
    }
}

extension Verbalizer {
    /// What stands where a readout has no label words.
    static var unread: Verbalizer { get throws { try Verbalizer(labels: ["answer"], words: ["answer"]) } }
}

extension PretrainedModel {
    /// How many positions a row may take behind a prefix.
    ///
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` where the prefix leaves none.
    func room(_ limit: Int, prefixRows: Int) throws -> Int {
        let room = min(limit, model.traits.contextLength - prefixRows)
        guard room > 0 else {
            throw PromptError.badSetting(
                name: "the length of the prefix", value: "\(prefixRows)",
                allowed: "below the model's \(model.traits.contextLength) positions")
        }
        return room
    }
}
