package import Datasets
package import Models

/// What every method with soft rows prepares: words, encoder, scorer, rows.
package struct SoftPromptSetup: Sendable {
    package let words: EncodedVerbalizer
    package let encoder: PromptEncoder
    package let scorer: any LabelScorer
    /// Nil where the template has no soft slot.
    package let soft: SoftPrompt?

    /// The objective that trains the rows.
    package var objective: AnswerObjective {
        let soft = soft
        return AnswerObjective(scorer, model) { PromptTensors(soft: soft?.rows($0)) }
    }

    private let model: any LanguageModel

    package init(_ task: PromptTask, template: Template, _ pretrained: PretrainedModel) throws {
        let kind = try pretrained.promptKind()
        words = try EncodedVerbalizer(task.verbalizer, behind: template, pretrained.tokenizer, kind: kind)
        encoder = try PromptEncoder(
            template, pretrained.tokenizer, limit: min(task.limit, pretrained.model.traits.contextLength),
            kind: kind, longestAnswer: words.longestAnswer, shortening: task.shortening)
        model = pretrained.model
        scorer = pretrained.model.scorer(words, masks: template.fixedMasks)
        soft = template.hasSoftRows ? SoftPrompt(encoder.softLayout, pretrained.model.traits) : nil
    }

    /// The rows of a dataset as prompts with their labels' indices.
    ///
    /// - Throws: ``PromptError/labelsDiffer(missing:known:)`` for a row whose label has no words.
    package func prompts(_ dataset: Dataset) throws -> [LabelledPrompt] {
        try dataset.examples.compactMap { example in
            guard let label = example.label else { return nil }
            guard let index = words.labels.firstIndex(of: label) else {
                throw PromptError.labelsDiffer(missing: [label], known: words.labels)
            }
            return LabelledPrompt(prompt: try encoder.encode(example), label: Int32(index))
        }
    }
}
