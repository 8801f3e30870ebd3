internal import Tensors

extension ScoringRule {
    /// The log-probability of each choice among its row's, `[prompts, places]`; -∞ where a row has fewer choices than
    /// another.
    func table(_ answers: [AnswerScores], of prompts: [EncodedPrompt], on backend: any Backend) throws
        -> Tensor
    {
        let width = prompts.map(\.choices.count).max() ?? 0
        let rows = try zip(answers, prompts).flatMap { answer, prompt in
            let scores = try scores(answer, of: prompt.choices)
            let whole = logSumExp(scores)
            return scores.map { $0 - whole }
                + [Float](repeating: -.infinity, count: width - scores.count)
        }
        return Tensor(rows, shape: [prompts.count, width], on: backend)
    }

    /// The score of each choice from the steps of its tokens, `[prompts, places]`, with gradients: their sum, or their mean
    /// by the rule `per-token`; ``Tensor/absentScore`` where a row has fewer choices than another.
    ///
    /// - Throws: ``VerbalizerError/ruleCannotScore(_:reason:)`` for a rule that no gradient flows by.
    func choiceSums(_ readings: [PackedPrompts.Reading], _ logProbabilities: Tensor) throws(VerbalizerError)
        -> Tensor
    {
        guard self == .sum || self == .perToken else {
            throw .ruleCannotScore(self, reason: "choices are learned by \"sum\" or \"per-token\"")
        }
        let width = readings.map(\.steps.count).max() ?? 0
        let padded = readings.map { reading in
            PackedPrompts.Reading(
                readouts: reading.readouts,
                steps: reading.steps + Array(repeating: [], count: width - reading.steps.count))
        }
        var sums = AnswerScorer.sums(padded, logProbabilities)
        let steps = padded.flatMap(\.steps)
        if self == .perToken {
            let shares = steps.map { 1 / Float(max(1, $0.count)) }
            sums = sums * Tensor(shares, shape: sums.shape, on: sums.backend)
        }
        guard steps.contains(where: \.isEmpty) else { return sums }
        let absent = steps.map { $0.isEmpty ? Tensor.absentScore : 0 }
        return sums + Tensor(absent, shape: sums.shape, on: sums.backend)
    }
}

extension Tensor {
    /// What stands for the score of a choice that a row does not have: far below any, and finite, so that gradients are
    /// numbers.
    static var absentScore: Float { -1e30 }
}
