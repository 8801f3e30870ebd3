package import Datasets
package import Models
package import Tensors

/// What a template, label words and a model make together, in training and in use alike: words, encoder, scorer,
/// rows.
///
/// The model's traits and the readout decide here, and only here, how labels are read.
package struct PromptSetup: Sendable {
    package let words: EncodedVerbalizer
    package let encoder: PromptEncoder
    package let scorer: any LabelScorer
    /// Nil where the template has no soft slot.
    package let soft: SoftPrompt?
    /// What is shown behind each question; nil for nothing.
    package let demonstrations: SetEncoder?
    private let pretrained: PretrainedModel
    private let choices: ChoiceList?

    /// - Parameters:
    ///   - task: label words, limits.
    ///   - template: the task's, or one with slots put in.
    ///   - readout: how labels are read off the model.
    ///   - prefixRows: how many positions stand before everything, beside those of the template.
    ///   - isCalibrated: whether ``Readout/weightedWords`` reads the words' calibration among the weights.
    package init(
        _ task: PromptTask, template: Template, _ pretrained: PretrainedModel, readout: Readout = .verbalizer,
        prefixRows: Int = 0, isCalibrated: Bool = false
    ) throws {
        let traits = pretrained.model.traits
        let kind = try pretrained.promptKind(readout)
        guard prefixRows < traits.contextLength else {
            throw PromptError.badSetting(
                name: "the length of the prefix", value: "\(prefixRows)",
                allowed: "below the model's \(traits.contextLength) positions")
        }
        choices = task.choices.map { ChoiceList($0, behind: template, pretrained.tokenizer, kind: kind) }
        words =
            task.choices == nil
            ? try EncodedVerbalizer(task.verbalizer, behind: template, pretrained.tokenizer, kind: kind)
            : EncodedVerbalizer(places: task.verbalizer.labels)
        encoder = try PromptEncoder(
            template, pretrained.tokenizer, limit: min(task.limit, traits.contextLength - prefixRows),
            kind: kind, longestAnswer: words.longestAnswer, shortening: task.shortening)
        self.pretrained = pretrained
        guard task.choices == nil || readout == .verbalizer else {
            throw PromptError.badSetting(
                name: "the readout of choices that come with each row", value: readout.rawValue,
                allowed: "verbalizer; other readouts have the same labels for all rows")
        }
        scorer =
            try task.choices == nil
            ? pretrained.model.scorer(
                readout, words, masks: template.fixedMasks, isCalibrated: isCalibrated)
            : pretrained.model.choiceScorer(masks: template.fixedMasks)
        demonstrations = try task.demonstrationSets.map { [words, encoder] in
            try SetEncoder(
                $0, words, encoder, limit: encoder.limit, pretrained, vectorizer: task.vectorizer)
        }
        soft = template.hasSoftRows ? SoftPrompt(encoder.softLayout, traits) : nil
    }

    /// The objective that trains the soft rows, and whatever else a pass records.
    package var objective: AnswerObjective {
        let soft = soft
        return AnswerObjective(scorer, pretrained.model) { PromptTensors(soft: soft?.rows($0)) }
    }

    /// The scorer's own weights as they start; empty where it has none.
    package func readoutStart(_ random: inout CounterRandom) -> NamedTensors {
        (scorer as? any TrainedReadout)?.start(&random, pretrained) ?? NamedTensors()
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
            return LabelledPrompt(prompt: try encode(example), label: Int32(index))
        }
    }

    /// An example with its choices, where it brings any.
    package func encode(_ example: Example) throws -> EncodedPrompt {
        guard let choices else { return try encoder.encode(example) }
        let words = try choices.words(of: example)
        var prompt = try encoder.encode(example, longestAnswer: words.map(\.tokens.count).max())
        prompt.choices = words
        return prompt
    }
}
