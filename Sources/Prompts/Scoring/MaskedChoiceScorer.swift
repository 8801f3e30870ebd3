internal import Layers
internal import Models
internal import Tensors

/// How likely a masked model finds each of the choices that come with a row at the masks of its prompt: multiple choice, as
/// PET asks COPA (Schick & Schütze 2021b, §3.1).
///
/// As with ``MaskedScorer`` each choice is asked with its own masks, filled in order, and all choices of a row are learned in
/// one look at as many masks as its longest has.
struct MaskedChoiceScorer: LabelScorer {
    private let model: any LanguageModel
    private let rule: ScoringRule
    private let decoding: MaskDecoding
    private let fixedMasks: Int?

    /// - Throws: ``VerbalizerError/ruleCannotScore(_:reason:)`` for a rule that reads one position only, or compares with
    ///   a neutral text.
    init(_ model: any LanguageModel, rule: ScoringRule, decoding: MaskDecoding, masks: Int?)
        throws(VerbalizerError)
    {
        guard rule.scoresWholeAnswers, !rule.needsNeutralText else {
            throw .ruleCannotScore(
                rule, reason: "choices at masks are whole texts; \"sum\" or \"per-token\" scores them")
        }
        self.model = model
        self.rule = rule
        self.decoding = decoding
        fixedMasks = masks
    }

    /// The choices of each row are its labels.
    var labels: [String] { [] }

    private func masks(_ prompt: EncodedPrompt) -> Int {
        fixedMasks ?? prompt.choices.map(\.tokens.count).max() ?? 1
    }

    func request(_ prompt: EncodedPrompt, owner: Int) -> PackedPrompts.Request {
        prompt.asking(prompt.masks(masks(prompt)), owner: owner)
    }

    func rowCount(_ prompt: EncodedPrompt) -> Int {
        (prompt.before.count + masks(prompt) + prompt.after.count) * max(1, prompt.choices.count)
    }

    func logProbabilities(_ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass) throws
        -> Tensor
    {
        throw VerbalizerError.ruleCannotScore(rule, reason: "the choices of the rows are not known here")
    }

    /// In one look, with gradients.
    func logProbabilities(
        _ hidden: Tensor, of prompts: [EncodedPrompt], _ readings: [PackedPrompts.Reading], _ pass: Pass
    ) throws -> Tensor {
        let read = zip(readings, prompts).map { reading, prompt in
            PackedPrompts.Reading(
                readouts: reading.readouts,
                steps: prompt.choices.map { choice in
                    choice.tokens.enumerated().map { PackedPrompts.Step(readout: $0, token: $1) }
                })
        }
        return try rule.choiceSums(read, model.scores(hidden, vocabulary: nil, pass).logSoftmax())
            .logSoftmax()
    }

    var needsSeveralWalks: Bool { true }

    func logProbabilities(_ prompts: [EncodedPrompt], _ tensors: PromptTensors, _ pass: Pass) throws -> Tensor
    {
        let answers = try MaskFilling(model, decoding, fixedMasks: fixedMasks)
            .steps(of: prompts.map { ($0, $0.choices.map(\.tokens)) }, tensors, pass)
            .map { AnswerScores(steps: $0) }
        return try rule.table(answers, of: prompts, on: model.embed([], pass).backend)
    }
}
