public import Layers
public import Tensors
public import Training

/// A prompt with the label it should be answered with.
public struct LabelledPrompt: Sendable {
    /// The prompt.
    public var prompt: EncodedPrompt
    /// The index of its label in the verbalizer.
    public var label: Int32

    /// A prompt with the index of its label.
    public init(prompt: EncodedPrompt, label: Int32) {
        self.prompt = prompt
        self.label = label
    }
}

/// Cross-entropy of the labels: minus the mean log-probability, among the labels, of each prompt's own label.
///
/// The softmax is over the labels, not the vocabulary (methods.md §1.2 A), so the words compete with each
/// other and with nothing else.
public struct AnswerObjective: Objective {
    /// How the answers are scored.
    public let scorer: AnswerScorer
    /// The rows of the soft slots; nil where a prompt has none.
    public let soft: SoftPrompt?

    /// An objective of a scorer and, where the template has soft slots, their rows.
    public init(_ scorer: AnswerScorer, soft: SoftPrompt?) {
        self.scorer = scorer
        self.soft = soft
    }

    /// The loss of a batch, in nats.
    public func loss(_ batch: [LabelledPrompt], _ pass: Pass) -> Tensor {
        logProbabilities(batch.map(\.prompt), pass).picking(batch.map(\.label)).mean().scaled(by: -1)
    }

    /// A batch counts as many as it has prompts.
    public func weight(of batch: [LabelledPrompt]) -> Float { Float(batch.count) }

    /// The log-probability of each label among the labels, `[prompts, labels]`, in nats.
    public func logProbabilities(_ prompts: [EncodedPrompt], _ pass: Pass) -> Tensor {
        scorer.words.labelLogProbabilities(scorer.wordScores(prompts, soft: soft?.rows(pass), pass))
    }
}
