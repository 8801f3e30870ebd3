public import Datasets
internal import Layers
public import Models

extension Prompt {
    /// A prompt of text only, for a model.
    ///
    /// - Throws: ``TemplateError``, ``VerbalizerError`` or ``PromptError`` where the text does not fit the model.
    public init(text task: PromptTask, _ pretrained: PretrainedModel, rule: ScoringRule = .sum) throws {
        self = try Prompt.hard(task, pretrained, rule: rule)
    }
}

extension Predictor {
    /// What happens to one example, step by step: its prompt, each answer's probability among the answers, and the
    /// label that the answers mean.
    ///
    /// - Throws: as ``predict(_:with:progress:)``; ``VerbalizerError/ruleCannotScore(_:reason:)`` where the prompt
    ///   reads no words, or compares them with a neutral text.
    public func trace(_ example: Example, with id: Prompt.ID) throws -> PipelineTrace {
        let prepared = try prompt(id)
        let manifest = prepared.prompt.manifest
        guard let scorer = prepared.scorer as? AnswerScorer else {
            throw VerbalizerError.ruleCannotScore(
                manifest.rule, reason: "the prompt has no label words on this model")
        }
        let vector = try prepared.questions.vectors(of: [example])?.first
        let encoded = try prepared.questions.encode(example, vector: vector)
        let scores = scorer.answerScores(
            [encoded], soft: prepared.tensors.soft, pasts: prepared.tensors.pasts,
            .inference(prepared.weights))
        let words = scorer.words.words
        let shares = softmax(try manifest.rule.scores(scores[0], of: words))
        return PipelineTrace(
            try manifest.template.render(example),
            answers: zip(words, shares).map { ($0.text.withoutSpacesAround, $1) },
            AnswerMapping(manifest.verbalizer), label: try predict([example], with: id)[0].label)
    }
}
