import Foundation
package import Tensors

/// How tokens are drawn: in the order of its members, which is that of transformers.
public struct SamplingSettings: Hashable, Codable, Sendable {
    /// What the score of a token already generated is divided by where it is positive, and multiplied by where it
    /// is negative (Keskar et al. 2019, §4.1); 1 for no penalty. transformers counts the prompt's tokens as
    /// well, of which a prompt of soft rows has none, so we never do.
    public var repetitionPenalty: Float
    /// What scores are divided by: below 1 likelier tokens get likelier.
    public var temperature: Float
    /// How many of the highest scores are kept, and what equals the last of them; nil for all.
    public var topK: Int?
    /// The fewest likeliest tokens that have this probability together are kept (Holtzman et al. 2020); 1 for all.
    public var topP: Float
    /// Decides what is drawn.
    public var seed: UInt64

    /// - Precondition: `temperature` and `repetitionPenalty` are above 0, `topK` is 1 or more, `topP` within 0...1.
    public init(
        temperature: Float = 1, topK: Int? = nil, topP: Float = 1, repetitionPenalty: Float = 1,
        seed: UInt64 = 0
    ) {
        precondition(
            temperature > 0 && repetitionPenalty > 0 && topK ?? 1 >= 1 && (0...1).contains(topP),
            "SamplingSettings: temperature \(temperature), penalty \(repetitionPenalty), topK \(topK ?? 0), topP \(topP)"
        )
        self.repetitionPenalty = repetitionPenalty
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.seed = seed
    }

    /// The tokens that may be drawn, with their probabilities.
    ///
    /// - Parameters:
    ///   - logits: the scores of the vocabulary, natural log, not normalised.
    ///   - generated: the tokens that a penalty falls upon.
    /// - Complexity: O(V log V) with `topK` or `topP`, else O(V).
    package func distribution(_ logits: [Float], after generated: [Int32]) -> TokenDistribution {
        var scores = logits
        if repetitionPenalty != 1 {
            for token in Set(generated) {
                let score = scores[Int(token)]
                scores[Int(token)] = score > 0 ? score / repetitionPenalty : score * repetitionPenalty
            }
        }
        for index in scores.indices { scores[index] /= temperature }
        var kept = Array(scores.indices)
        if topK != nil || topP < 1 { kept.sort { (scores[$0], $1) > (scores[$1], $0) } }
        if let topK, topK < kept.count {
            let last = scores[kept[topK - 1]]
            kept.removeSubrange((kept[topK...].firstIndex { scores[$0] < last } ?? kept.count)...)
        }
        var result = TokenDistribution(tokens: kept.map(Int32.init), scores: kept.map { scores[$0] })
        if topP < 1 { result.keep(topP) }
        return result
    }
}

/// Tokens and their probabilities, which sum to 1.
package struct TokenDistribution: Sendable {
    package private(set) var tokens: [Int32]
    package private(set) var probabilities: [Double]

    fileprivate init(tokens: [Int32], scores: [Float]) {
        self.tokens = tokens
        let highest = Double(scores.max() ?? 0)
        let weights = scores.map { exp(Double($0) - highest) }
        let sum = weights.reduce(0, +)
        probabilities = weights.map { $0 / sum }
    }

    /// Leaves the fewest of the first tokens that have a probability of `share` together, at least one.
    fileprivate mutating func keep(_ share: Float) {
        var sum = 0.0
        var count = 0
        while count < tokens.count, count == 0 || sum < Double(share) {
            sum += probabilities[count]
            count += 1
        }
        tokens.removeSubrange(count...)
        probabilities = probabilities.prefix(count).map { $0 / sum }
    }

    /// A token, each with its probability.
    package func draw(_ random: inout CounterRandom) -> Int32 {
        var rest = Double(random.next() >> 11) * 0x1p-53
        for (token, probability) in zip(tokens, probabilities) {
            rest -= probability
            if rest < 0 { return token }
        }
        return tokens[tokens.count - 1]
    }
}
