package import Layers
internal import Models
package import Tensors

/// What a method trains beside whatever reads the answer: the same under label words, a head, tags, spans and texts.
package struct TrainedParts: Sendable {
    /// What is trained, as it starts; a readout's own head is not among it.
    package var start: NamedTensors
    /// What the pass reads beside the model and what is trained, such as LoRA's scalings.
    package var constants = NamedTensors()
    /// Makes, of the weights of a pass, what rows read beside their tokens.
    package var tensors: @Sendable (Pass) -> PromptTensors = { _ in PromptTensors() }
    /// How many positions stand before everything, beside those of a template.
    package var prefixRows = 0
    /// What is stored of what was trained.
    package var folded: @Sendable (NamedTensors) -> NamedTensors = { $0 }
    /// The rate that ``LearningRate/automatic`` is here, and how it came about.
    package var automaticRate: (rate: Float, reason: String)
    /// Weights that move at a rate of their own, by AdamW.
    var apart: Lesson.Apart?
    /// The rate of a readout's fresh head; nil for the run's. What changes a trained model little by little is too
    /// slow for a head that starts at random.
    var headRate: Float?
    /// Whether nothing that is trained changes what the model makes of the rows in front of the first trained one.
    var readsInputsOnce = false
    /// The first layer that is trained or reads anything trained; see ``Lesson/firstTrainedLayer``.
    var firstTrainedLayer = 0
    /// Which weights may have no gradient at the first step.
    var mayStartFlat: @Sendable (String) -> Bool = { _ in false }

    init(start: NamedTensors, automaticRate: (rate: Float, reason: String)) {
        self.start = start
        self.automaticRate = automaticRate
    }

    /// A prefix and what is trained of it.
    init(_ prefix: Prefix, start: NamedTensors, automaticRate: (rate: Float, reason: String)) {
        self.init(start: start, automaticRate: automaticRate)
        tensors = { PromptTensors(pasts: [prefix.past($0)]) }
        prefixRows = prefix.rows
        firstTrainedLayer = prefix.layers.first ?? 0
        folded = { prefix.folded($0) }
    }

    /// Weights with a rate of their own, where a readout brings a head.
    ///
    /// - Parameters:
    ///   - head: the readout's weights.
    ///   - ownRate: theirs, whatever the method's heads have; nil for that.
    func apart(withHead head: NamedTensors, ownRate: Float? = nil) -> Lesson.Apart? {
        guard let headRate, !head.isEmpty else { return apart }
        return Lesson.Apart(names: Set(head.names), rate: ownRate ?? headRate, decay: 0)
    }
}

extension Lesson {
    /// What a method trains, read by the setup's scorer.
    ///
    /// - Parameter head: the scorer's own weights as they start; empty where it has none.
    init(
        _ setup: PromptSetup, _ parts: TrainedParts, _ model: any LanguageModel,
        head: NamedTensors = NamedTensors()
    ) {
        self.init(
            setup, AnswerObjective(setup.scorer, model, tensors: parts.tensors),
            start: parts.start.overlaid(by: head), automaticRate: parts.automaticRate)
        (constants, folded) = (parts.constants, parts.folded)
        let readout = setup.scorer as? any TrainedReadout
        apart = parts.apart(withHead: head, ownRate: readout?.ownRate)
        readsInputsOnce = parts.readsInputsOnce
        firstTrainedLayer = parts.firstTrainedLayer
        mayStartFlat = { parts.mayStartFlat($0) || readout?.mayStartFlat($0) ?? false }
    }
}

extension MethodChoice {
    /// What the method trains beside whatever reads the answer.
    ///
    /// - Parameters:
    ///   - layout: the soft slots of the template that the method asks with.
    ///   - pretrained: the model.
    ///   - readout: how the answer is read.
    ///   - random: drawn from for what starts at random.
    func parts(
        _ layout: SoftLayout, _ pretrained: PretrainedModel, _ readout: Readout,
        _ random: inout CounterRandom
    ) throws -> TrainedParts {
        switch self {
        case .promptTuning(let settings):
            PromptTuning(settings).parts(layout, words: nil, pretrained, &random)
        case .prefixTuning(let settings): try PrefixTuning(settings).parts(pretrained, &random)
        case .pTuning(let settings): try PTuning(settings).parts(layout, pretrained, readout, &random)
        case .deepPrompt(let settings): try DeepPrompt(settings).parts(pretrained, &random)
        case .lora(let settings): try LoRA(settings).parts(pretrained, &random)
        case .modelTuning(let settings): try ModelTuning(settings).parts(pretrained, readout)
        case .protoVerb:
            throw PromptError.badSetting(
                name: "the readout of protoverb", value: readout.rawValue,
                allowed: "prototypes or prototypes-and-words")
        }
    }
}
