import Foundation

/// What a model says about the words of a verbalizer, for one example.
public struct AnswerScores: Hashable, Sendable {
    /// For each word log p(token | prompt, tokens before it) of each token, in nats.
    public var steps: [[Float]]
    /// For each word the logits of all its tokens at the answer slot itself, if they were read.
    ///
    /// Any constant may be added to all. Only the joint softmax reads them, and it can do without where every
    /// word is one token, or only its first one counts.
    public var atSlot: [[Float]]?
    /// As ``steps``, behind a neutral text instead of the prompt; ``ScoringRule/mutualInformation`` needs it.
    public var neutralSteps: [[Float]]?

    /// Makes scores of words.
    public init(steps: [[Float]], atSlot: [[Float]]? = nil, neutralSteps: [[Float]]? = nil) {
        self.steps = steps
        self.atSlot = atSlot
        self.neutralSteps = neutralSteps
    }
}

/// The scores of the labels for one example.
public struct LabelScores: Hashable, Sendable {
    /// The score of each label on the rule's own scale, higher is better.
    public let scores: [Float]

    /// The softmax of the scores over the labels.
    public var probabilities: [Float] { softmax(scores) }

    /// The index of the best label; of equal ones the first.
    public var best: Int {
        scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    }

    /// Makes scores of labels, at least one.
    public init(_ scores: [Float]) {
        self.scores = scores
    }
}

/// The log of the summed exponentials, without overflow; -∞ for nothing.
func logSumExp(_ values: some Collection<Float>) -> Float {
    guard let top = values.max(), top > -.infinity else { return -.infinity }
    return top + log(values.reduce(0) { $0 + exp($1 - top) })
}

/// Shares that sum to 1; equal ones where nothing is possible at all.
func softmax(_ values: [Float]) -> [Float] {
    // Not by way of the log of the sum, which far from nought has no digits left for the differences.
    guard let top = values.max(), top > -.infinity else { return values.map { _ in 1 / Float(values.count) } }
    let shares = values.map { exp($0 - top) }
    let total = shares.reduce(0, +)
    return shares.map { $0 / total }
}

extension LabelScores {
    /// The natural logarithm.
    static func log(_ value: Float) -> Float { Foundation.log(value) }
}
