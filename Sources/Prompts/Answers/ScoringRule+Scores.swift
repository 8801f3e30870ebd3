import Foundation

extension ScoringRule {
    /// The scores of the labels from those of their words.
    ///
    /// `answers` has one entry for each word of the verbalizer, in that order. The joint softmax can be
    /// calibrated: it divides by the probabilities that the model gives where the example is without content.
    /// Other rules are calibrated by ``ContextualCalibration``.
    /// - Throws: ``VerbalizerError/ruleCannotScore(_:reason:)`` if the rule needs what the words lack.
    public func scores(
        _ answers: AnswerScores, _ verbalizer: EncodedVerbalizer, calibration: AnswerScores? = nil
    ) throws(VerbalizerError) -> LabelScores {
        guard answers.steps.count == verbalizer.words.count else {
            throw cannot("there are \(verbalizer.words.count) words but scores of \(answers.steps.count)")
        }
        if calibration != nil, !isJointSoftmax {
            throw cannot("only the joint softmax is calibrated by words")
        }
        let words = try scores(answers, of: verbalizer.words, calibration)
        return LabelScores(verbalizer.wordsOfLabel.map { pooled(words[$0]) })
    }

    private func cannot(_ reason: String) -> VerbalizerError { .ruleCannotScore(self, reason: reason) }

    private var isJointSoftmax: Bool {
        switch self {
        case .jointSoftmaxFirst, .jointSoftmaxMax, .jointSoftmaxMean: true
        default: false
        }
    }

    /// One score from those of a label's words.
    private func pooled(_ words: ArraySlice<Float>) -> Float {
        switch self {
        case .singleWord, .jointSoftmaxFirst, .jointSoftmaxMax, .jointSoftmaxMean, .meanLogit:
            words.reduce(0, +) / Float(words.count)
        case .probabilitySum, .sum, .firstToken: logSumExp(words)
        case .perToken, .perByte, .perCharacter, .mutualInformation, .domainMutualInformation:
            words.max() ?? -.infinity
        }
    }
}

// MARK: - Words

extension ScoringRule {
    /// The score of each word on the rule's own scale.
    func scores(
        _ answers: AnswerScores, of words: [EncodedVerbalizer.Word], _ calibration: AnswerScores? = nil
    ) throws(VerbalizerError) -> [Float] {
        let sums = answers.steps.map { $0.reduce(0, +) }
        switch self {
        case .singleWord:
            guard Set(words.map(\.label)).count == words.count else {
                throw cannot("a label has several words")
            }
            return try onlyTokens(answers.steps)
        case .meanLogit, .probabilitySum: return try onlyTokens(answers.steps)
        case .jointSoftmaxFirst, .jointSoftmaxMax, .jointSoftmaxMean:
            return try jointSoftmax(answers, calibration)
        case .sum: return sums
        case .firstToken: return answers.steps.map { $0.first ?? 0 }
        case .perToken: return zip(sums, words).map { $0 / Float($1.tokens.count) }
        case .perByte: return zip(sums, words).map { $0 / Float($1.text.withoutLeadingSpaces.utf8.count) }
        case .perCharacter:
            return zip(sums, words).map { $0 / Float($1.text.withoutLeadingSpaces.unicodeScalars.count) }
        case .mutualInformation, .domainMutualInformation:
            guard let neutral = answers.neutralSteps, neutral.count == sums.count else {
                throw cannot("it needs the words' scores behind a neutral text too")
            }
            return zip(sums, neutral).map { $0 - $1.reduce(0, +) }
        }
    }

    private func onlyTokens(_ steps: [[Float]]) throws(VerbalizerError) -> [Float] {
        guard steps.allSatisfy({ $0.count == 1 }) else {
            throw cannot("a word has several tokens; \"sum\" scores all of them")
        }
        return steps.map { $0[0] }
    }

    /// The log-probability of each word among all words of all labels, calibrated if asked.
    ///
    /// The small number in both logs is OpenPrompt's and keeps its results to the last digit.
    private func jointSoftmax(
        _ answers: AnswerScores, _ calibration: AnswerScores?
    ) throws(VerbalizerError) -> [Float] {
        let tiny: Float = 1e-15
        var probabilities = softmax(try slotScores(answers))
        if let calibration {
            let base = softmax(try slotScores(calibration))
            guard base.count == probabilities.count else {
                throw cannot("the calibration has other words")
            }
            let ratios = zip(probabilities, base).map { $0 / ($1 + tiny) }
            let total = ratios.reduce(0, +)
            probabilities = ratios.map { $0 / total }
        }
        return probabilities.map { log($0 + tiny) }
    }

    private func slotScores(_ answers: AnswerScores) throws(VerbalizerError) -> [Float] {
        guard let atSlot = answers.atSlot else {
            if self == .jointSoftmaxFirst { return answers.steps.map { $0.first ?? 0 } }
            return try onlyTokens(answers.steps)
        }
        return atSlot.map { tokens in
            switch self {
            case .jointSoftmaxMax: tokens.max() ?? 0
            case .jointSoftmaxMean: tokens.reduce(0, +) / Float(max(1, tokens.count))
            default: tokens.first ?? 0
            }
        }
    }
}
