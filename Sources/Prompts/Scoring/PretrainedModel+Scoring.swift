package import Models

extension PretrainedModel {
    /// How this model reads an answer.
    ///
    /// - Throws: ``PromptError/unsupportedModel(method:reason:)`` for a bare encoder, which scores no words, where words
    ///   are to be scored.
    package func promptKind(_ readout: Readout = .verbalizer) throws(PromptError) -> PromptKind {
        guard model.traits.hasOutput || !readout.readsVocabulary else {
            throw .unsupportedModel(
                method: "a prompt with label words",
                reason:
                    "\(name) is an encoder without the head that scores words; its texts can be compared only"
            )
        }
        return model.traits.isCausal ? .causal : .masked
    }
}

extension LanguageModel {
    /// The scorer of a verbalizer's words on a model of this kind.
    ///
    /// - Parameters:
    ///   - decoding: in which order masks are filled; nil for ``MaskDecoding/mostLikelyFirst``.
    ///   - masks: how many the template fixes.
    package func scorer(
        _ words: EncodedVerbalizer, rule: ScoringRule = .sum, decoding: MaskDecoding? = nil, masks: Int? = nil
    ) -> any LabelScorer {
        traits.isCausal
            ? AnswerScorer(self, words, rule: rule)
            : MaskedScorer(
                self, words, rule: rule, decoding: decoding ?? .mostLikelyFirst, masks: masks)
    }
}

extension LanguageModel {
    /// The scorer of choices that come with each row; see ``scorer(_:rule:decoding:masks:)``.
    func choiceScorer(rule: ScoringRule = .sum, decoding: MaskDecoding? = nil, masks: Int? = nil)
        throws(VerbalizerError) -> any LabelScorer
    {
        if traits.isCausal { return try ChoiceScorer(self, rule: rule) }
        return try MaskedChoiceScorer(
            self, rule: rule, decoding: decoding ?? .mostLikelyFirst, masks: masks)
    }
}

extension ScoringRule {
    /// How many positions an answer slot needs for these words.
    package func slotRows(_ words: EncodedVerbalizer) -> Int { readsSlotOnly ? 1 : words.longestAnswer }
}
