package import Layers
package import Models
package import Tensors

/// How likely a masked model finds each answer of a verbalizer at the masks of a prompt.
///
/// Rules that read one position have one mask (Schick & Schütze 2021, §3.1). The others have as many as the answer
/// has tokens, filled in the order that ``MaskDecoding`` says; for training all answers share one look at as many
/// masks as the longest has, an answer's score being the sum over its own tokens at its masks
/// (Schick & Schütze 2021b, §3.1). A template that fixes the number of masks has that many always.
public struct MaskedScorer: Sendable {
    /// The words that are scored.
    public let words: EncodedVerbalizer
    private let model: any LanguageModel
    private let rule: ScoringRule
    private let decoding: MaskDecoding
    private let fixedMasks: Int?

    /// A scorer of a model and a verbalizer's words.
    ///
    /// - Parameter masks: how many the template fixes; nil for as many as the answers need.
    package init(
        _ model: any LanguageModel, _ words: EncodedVerbalizer, rule: ScoringRule = .sum,
        decoding: MaskDecoding = .mostLikelyFirst, masks: Int? = nil
    ) {
        self.model = model
        self.words = words
        self.rule = rule
        self.decoding = decoding
        fixedMasks = masks
    }

    /// How many masks all answers share where they are scored in one look.
    private var sharedMasks: Int { fixedMasks ?? (rule.readsSlotOnly ? 1 : words.longestAnswer) }

    /// The log-probability of every token of every word in one look, over the whole vocabulary, in nats; the words'
    /// tokens at the first mask too.
    package func answerScores(_ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass)
        -> [AnswerScores]
    {
        let logits = model.scores(hidden, vocabulary: nil, pass).logSoftmax()
        let (values, width) = (logits.floats, logits.shape.width)
        return readings.map { reading in
            func value(_ mask: Int, _ token: Int32) -> Float {
                values[
                    (reading.readouts.lowerBound + min(mask, reading.readouts.count - 1)) * width + Int(token)
                ]
            }
            return AnswerScores(
                steps: words.words.map { word in
                    word.tokens.enumerated().map { value($0, $1) }
                }, atSlot: words.words.map { word in word.tokens.map { value(0, $0) } })
        }
    }
}

extension MaskedScorer: LabelScorer {
    package var labels: [String] { words.labels }

    package func request(_ prompt: EncodedPrompt, owner: Int) -> PackedPrompts.Request {
        prompt.asking(prompt.masks(sharedMasks), owner: owner)
    }

    package func rowCount(_ prompt: EncodedPrompt) -> Int {
        let rows = prompt.before.count + sharedMasks + prompt.after.count
        return needsSeveralWalks ? rows * words.words.count : rows
    }

    /// In one look. Gradients flow by the rules `sum`, `first-token`, `single-word`, `mean-logit` and
    /// `joint-softmax-first`; the mean of logits is what the last comes to among labels.
    package func logProbabilities(
        _ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass
    ) throws -> Tensor {
        switch rule {
        case .singleWord, .meanLogit:
            // Throws where the rule cannot score these words.
            _ = try rule.scores(AnswerScores(steps: words.words.map { $0.tokens.map { _ in 0 } }), words)
        default: break
        }
        switch rule {
        case .sum, .firstToken, .singleWord:
            return words.labelLogProbabilities(wordScores(hidden, readings, pass))
        case .meanLogit, .jointSoftmaxFirst:
            return words.labelMeans(wordScores(hidden, readings, pass)).logSoftmax()
        default:
            return try table(answerScores(hidden, readings, pass), on: hidden.backend)
        }
    }

    /// The summed scores of the words, `[prompts, words]`; a constant a prompt may be missing.
    private func wordScores(_ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass) -> Tensor {
        if sharedMasks == 1 {
            return model.scores(hidden, vocabulary: words.words.map { $0.tokens[0] }, pass)
        }
        let read = readings.map { reading in
            PackedPrompts.Reading(
                readouts: reading.readouts,
                steps: words.words.map { word in
                    let tokens = rule.readsSlotOnly ? [word.tokens[0]] : word.tokens
                    return tokens.enumerated().map { PackedPrompts.Step(readout: $0, token: $1) }
                })
        }
        return AnswerScorer.sums(read, model.scores(hidden, vocabulary: nil, pass).logSoftmax())
    }

    private func table(_ answers: [AnswerScores], on backend: any Backend) throws -> Tensor {
        let scores = try answers.map { try rule.scores($0, words).scores }
        return Tensor(scores.flatMap { $0 }, shape: [scores.count, labels.count], on: backend).logSoftmax()
    }
}

// MARK: Answers of several tokens

extension MaskedScorer {
    /// One look cannot score answers that are filled in token by token, or that need different numbers of masks.
    package var needsSeveralWalks: Bool { !rule.readsSlotOnly && words.longestAnswer > 1 }

    /// Each answer with its own masks, filled in order; no gradients.
    package func logProbabilities(_ prompts: [EncodedPrompt], _ tensors: PromptTensors, _ pass: Pass) throws
        -> Tensor
    {
        try table(answerScores(prompts, tensors, pass), on: model.embed([], pass).backend)
    }

    /// The log-probability of each token of each word when its mask is filled, over the whole vocabulary, in nats.
    package func answerScores(_ prompts: [EncodedPrompt], _ tensors: PromptTensors, _ pass: Pass) throws
        -> [AnswerScores]
    {
        let candidates = words.words.map(\.tokens)
        return try MaskFilling(model, decoding, fixedMasks: fixedMasks)
            .steps(of: prompts.map { ($0, candidates) }, tensors, pass).map { AnswerScores(steps: $0) }
    }
}

extension EncodedVerbalizer {
    /// The mean over each label's words of their scores, `[prompts, labels]` (PET's code with several words).
    package func labelMeans(_ scores: Tensor) -> Tensor {
        guard words.count > labels.count else { return scores }
        var shares = [Float](repeating: 0, count: labels.count * words.count)
        for (label, range) in wordsOfLabel.enumerated() {
            for word in range { shares[label * words.count + word] = 1 / Float(range.count) }
        }
        return scores.matmul(Tensor(shares, shape: [labels.count, words.count], on: scores.backend))
    }
}

extension ScoringRule {
    /// Whether the rule reads the answer slot itself and nothing behind its first position.
    package var readsSlotOnly: Bool {
        switch self {
        case .singleWord, .jointSoftmaxFirst, .jointSoftmaxMax, .jointSoftmaxMean, .meanLogit,
            .probabilitySum, .firstToken:
            true
        case .sum, .perToken, .perByte, .perCharacter, .mutualInformation, .domainMutualInformation: false
        }
    }
}
