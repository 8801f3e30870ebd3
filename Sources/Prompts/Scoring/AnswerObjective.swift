public import Layers
package import Models
public import Tensors
public import Training

/// A prompt with the label it should be answered with.
public struct LabelledPrompt: LayeredRow {
    /// The prompt.
    public var prompt: EncodedPrompt
    /// The index of its label in the verbalizer.
    public var label: Int32
    /// A block that holds rows in front of the prompt's, where they were read before; see ``InputCache``.
    package var past: KeyValues?
    /// Its rows behind the layers that nothing trained reaches, where they were walked before; see ``LowerLayers``.
    package var lower: LowerRows?

    /// A prompt with the index of its label.
    public init(prompt: EncodedPrompt, label: Int32) {
        self.prompt = prompt
        self.label = label
    }
}

/// The cross-entropy of the labels, or their margin.
///
/// The softmax is over the labels, not the vocabulary (Schick & Schütze 2021, §3.1), so the words compete with each
/// other and with nothing else. Answers of several masks are taught by ``AnswerLoss/margin`` unless the caller says
/// otherwise. One objective serves every method: what is trained is whatever the pass records
/// among the prompt's tensors, the scorer's and the model's.
public struct AnswerObjective: Objective, LayeredObjective {
    /// How labels are read off the model.
    package let scorer: any LabelScorer
    /// The model that reads the prompts.
    package let model: any LanguageModel
    /// Makes, of the weights of a pass, what the prompts read beside their tokens.
    package let tensors: @Sendable (Pass) -> PromptTensors
    /// What is made smaller.
    package var answerLoss: AnswerLoss

    /// An objective of a scorer and of what prompts read beside their tokens.
    package init(
        _ scorer: any LabelScorer, _ model: any LanguageModel,
        tensors: @escaping @Sendable (Pass) -> PromptTensors
    ) {
        self.scorer = scorer
        self.model = model
        self.tensors = tensors
        answerLoss = scorer.ownLoss
    }

    /// The loss of a batch, in nats.
    public func loss(_ batch: [LabelledPrompt], _ pass: Pass) throws -> Tensor {
        try answerLoss(logProbabilities(batch, pass), batch.map(\.label))
    }

    /// The log-probability of each label among the labels as a saved prompt answers, `[prompts, labels]`, in nats:
    /// in several walks where the scorer needs them. No gradient flows.
    package func answers(_ batch: [LabelledPrompt], _ weights: NamedTensors) throws -> Tensor {
        let pass = Pass.inference(weights)
        guard scorer.needsSeveralWalks else { return try logProbabilities(batch, pass) }
        return try scorer.logProbabilities(batch.map(\.prompt), tensors(pass), pass)
    }

    /// A batch counts as many as it has prompts.
    public func weight(of batch: [LabelledPrompt]) -> Float { Float(batch.count) }

    /// The log-probability of each label among the labels, `[prompts, labels]`, in nats.
    public func logProbabilities(_ prompts: [EncodedPrompt], _ pass: Pass) throws -> Tensor {
        let packed = PackedPrompts(
            prompts.map { scorer.request($0, owner: 0) }, sharesPrefix: model.traits.isCausal)
        let hidden = model.hidden(packed.input(model, [tensors(pass)], pass), pass)
        return try scorer.logProbabilities(hidden, of: prompts, packed.readings, pass)
    }

    /// Prompts packed so that each one's rows are those it has alone.
    package func packed(_ batch: [LabelledPrompt]) -> PackedPrompts {
        PackedPrompts(batch.map { scorer.request($0.prompt, owner: 0) }, sharesPrefix: false)
    }

    /// The same for prompts of which a part may have been read before.
    package func logProbabilities(_ batch: [LabelledPrompt], _ pass: Pass) throws -> Tensor {
        if batch.allSatisfy({ $0.lower != nil }) {
            let (input, readings) = reading(batch, pass)
            return try scorer.logProbabilities(
                model.hidden(input, pass), of: batch.map(\.prompt), readings, pass)
        }
        guard batch.contains(where: { $0.past != nil }) else {
            return try logProbabilities(batch.map(\.prompt), pass)
        }
        let shared = tensors(pass)
        let owners = batch.map { shared.followed(by: $0.past) }
        let packed = PackedPrompts(
            batch.enumerated().map { scorer.request($0.element.prompt, owner: $0.offset) })
        let hidden = model.hidden(packed.input(model, owners, pass), pass)
        return try scorer.logProbabilities(hidden, of: batch.map(\.prompt), packed.readings, pass)
    }
}
