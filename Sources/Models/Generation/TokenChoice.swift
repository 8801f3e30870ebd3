package import Tensors

/// How the next token is chosen from the scores of the vocabulary.
public enum TokenChoice: Hashable, Codable, Sendable {
    /// The token with the highest score; the smaller id where two are equal.
    case greedy
    /// A token drawn at random.
    case sampling(SamplingSettings)

    /// The token with the highest score of `[1, V]`, natural log, not normalised.
    package static func highest(_ logits: Tensor) -> Int32 {
        let scores = logits.floats
        var best = 0
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return Int32(best)
    }
}

/// Chooses the tokens of one text, one after the other.
struct TokenChooser {
    private let choice: TokenChoice
    private var random: CounterRandom
    private var chosen: [Int32] = []

    init(_ choice: TokenChoice) {
        self.choice = choice
        if case .sampling(let settings) = choice {
            random = CounterRandom(seed: settings.seed)
        } else {
            random = CounterRandom(seed: 0)
        }
    }

    /// - Parameter logits: `[1, V]`, natural log, not normalised.
    mutating func token(_ logits: Tensor) -> Int32 {
        let token =
            switch choice {
            case .greedy: TokenChoice.highest(logits)
            case .sampling(let settings): settings.distribution(logits.floats, after: chosen).draw(&random)
            }
        chosen.append(token)
        return token
    }
}
