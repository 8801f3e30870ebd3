package import Tensors

/// How the next token is chosen from the scores of the vocabulary.
public enum TokenChoice: Hashable, Codable, Sendable {
    /// The token with the highest score; the smaller id where two are equal.
    case greedy

    /// - Parameter logits: `[1, V]`, natural log, not normalised.
    package func token(_ logits: Tensor) -> Int32 {
        switch self {
        case .greedy: return Self.highest(logits.floats)
        }
    }

    private static func highest(_ scores: [Float]) -> Int32 {
        var best = 0
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return Int32(best)
    }
}
