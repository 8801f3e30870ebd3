internal import Layers
internal import Models
internal import Tensors

/// How likely a causal model finds each of the choices that come with a row: multiple choice.
///
/// All choices of a row are branches of one tree behind it, so what they share is computed once. Gradients flow in a pass
/// that trains, by the rules `sum` and `per-token`.
struct ChoiceScorer: LabelScorer {
    private let model: any LanguageModel
    private let rule: ScoringRule

    /// - Throws: ``VerbalizerError/ruleCannotScore(_:reason:)`` for a rule that reads one position only.
    init(_ model: any LanguageModel, rule: ScoringRule) throws(VerbalizerError) {
        guard rule.scoresWholeAnswers else {
            throw .ruleCannotScore(
                rule, reason: "choices are whole texts; \"sum\" or \"per-token\" scores them")
        }
        self.model = model
        self.rule = rule
    }

    /// The choices of each row are its labels.
    var labels: [String] { [] }

    func request(_ prompt: EncodedPrompt, owner: Int) -> PackedPrompts.Request {
        PackedPrompts.Request(
            prompt: prompt.before,
            candidates: prompt.choices.map { $0.tokens.map(PromptRow.token) + prompt.after }, owner: owner)
    }

    func rowCount(_ prompt: EncodedPrompt) -> Int {
        prompt.before.count + prompt.choices.reduce(0) { $0 + $1.tokens.count + prompt.after.count }
    }

    func logProbabilities(_ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass) throws
        -> Tensor
    {
        throw VerbalizerError.ruleCannotScore(rule, reason: "the choices of the rows are not known here")
    }

    func logProbabilities(
        _ hidden: Tensor, of prompts: [EncodedPrompt], _ readings: [PackedPrompts.Reading], _ pass: Pass
    ) throws -> Tensor {
        if pass.isTraining, !rule.needsNeutralText {
            return try rule.choiceSums(readings, model.scores(hidden, vocabulary: nil, pass).logSoftmax())
                .logSoftmax()
        }
        var answers = model.answerScores(hidden, readings, pass)
        if rule.needsNeutralText {
            let neutral = try neutralScores(prompts, pass)
            for index in answers.indices { answers[index].neutralSteps = neutral[index].steps }
        }
        return try rule.table(answers, of: prompts, on: hidden.backend)
    }

    private func neutralScores(_ prompts: [EncodedPrompt], _ pass: Pass) throws -> [AnswerScores] {
        if prompts.contains(where: { !$0.after.isEmpty }) {
            throw VerbalizerError.ruleCannotScore(rule, reason: "text stands behind the slot")
        }
        let packed = PackedPrompts(
            prompts.map { prompt in
                .init(
                    prompt: prompt.neutral, candidates: prompt.choices.map { $0.tokens.map(PromptRow.token) })
            })
        let hidden = model.hidden(packed.input(model, soft: nil, pass), pass)
        return model.answerScores(hidden, packed.readings, pass)
    }
}
