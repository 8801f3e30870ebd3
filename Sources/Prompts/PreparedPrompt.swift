internal import Layers
internal import Models
internal import Tensors

/// A prompt made ready for one model, once: its encoder, its scorer, and all tensors that its rows read.
///
/// The model's traits and the manifest decide here, and only here, what each part is.
struct PreparedPrompt: Sendable {
    let prompt: Prompt
    let encoder: PromptEncoder
    let scorer: any LabelScorer
    /// Soft rows, and the blocks that every row reads first.
    let tensors: PromptTensors
    /// The model's weights, the prompt's own laid over them.
    let weights: NamedTensors
    /// Whether the prompt has weights of its own: its rows cannot share a walk with other prompts'.
    let hasOwnWeights: Bool
    /// Puts a question behind its instruction and examples.
    let questions: QuestionEncoder
    /// What all questions start with; nil where that is not worth a block.
    let front: FrontBlock?

    /// Prepares a prompt.
    ///
    /// - Throws: ``PromptError`` if the prompt belongs to another model or tokenizer, or its tensors do not fit;
    ///   ``TemplateError`` and ``VerbalizerError`` if its text does not.
    init(
        _ prompt: Prompt, _ pretrained: PretrainedModel, vectorizer: (any TextVectorizer)? = nil
    ) throws {
        let (manifest, traits) = (prompt.manifest, pretrained.model.traits)
        try pretrained.check(manifest)
        let kind = try pretrained.promptKind()
        guard kind == .causal || (manifest.choices == nil && manifest.neutral == nil) else {
            throw PromptError.unsupportedModel(
                method: "choices and comparisons with a neutral text", reason: "they need a causal model")
        }
        let words = try EncodedVerbalizer(
            manifest.verbalizer, behind: manifest.template, pretrained.tokenizer, kind: kind)
        encoder = try PromptEncoder(
            manifest.template, pretrained.tokenizer, limit: min(manifest.limit, traits.contextLength),
            kind: kind, longestAnswer: manifest.rule.slotRows(words), shortening: manifest.shortening)
        scorer =
            manifest.choices == nil
            ? pretrained.model.scorer(
                words, rule: manifest.rule, decoding: manifest.decoding, masks: manifest.template.fixedMasks)
            : try ChoiceScorer(pretrained.model, rule: manifest.rule)
        tensors = PromptTensors(soft: try Self.softRows(of: prompt, encoder.softLayout, traits), pasts: [])
        weights = pretrained.weights
        hasOwnWeights = false
        questions = try QuestionEncoder(prompt, pretrained, encoder, vectorizer)
        front = try Self.front(of: prompt, questions, pretrained)
        self.prompt = prompt
    }

    /// The block that was compiled, if it is still this prompt's; else one to be computed.
    private static func front(
        of prompt: Prompt, _ questions: QuestionEncoder, _ pretrained: PretrainedModel
    ) throws -> FrontBlock? {
        guard pretrained.model.traits.isCausal else { return nil }
        let rows = questions.sharedRows()
        if let compiled = prompt.front {
            try compiled.check(against: rows, of: prompt, pretrained)
            return FrontBlock(rows: rows, compiled.keyValues)
        }
        return rows.count >= FrontBlock.smallestCount ? FrontBlock(rows: rows) : nil
    }

    private static func softRows(of prompt: Prompt, _ layout: SoftLayout, _ traits: ModelTraits) throws
        -> Tensor?
    {
        let needed: Shape = [layout.rowCount, traits.width]
        let rows = prompt.softRows
        guard rows.map({ $0.shape == needed }) ?? (layout.rowCount == 0) else {
            throw PromptError.wrongShape(
                prompt: prompt.id, expected: "\(needed)", found: rows.map { "\($0.shape)" } ?? "absent")
        }
        return rows
    }

    /// What rows read, with the block that they start with or without.
    func tensors(withFront: Bool, _ model: any LanguageModel) -> PromptTensors {
        guard withFront, let front else { return tensors }
        let block = front.keyValues(model, tensors, .inference(weights))
        return PromptTensors(soft: tensors.soft, pasts: tensors.pasts + [block])
    }

    /// The answer that label probabilities are.
    func prediction(_ probabilities: [Float], _ encoded: EncodedPrompt) -> Prediction {
        let isChoice = prompt.manifest.choices != nil
        let labels = isChoice ? encoded.choices.indices.map(String.init) : scorer.labels
        var shares = Array(probabilities.prefix(labels.count))
        if let calibration = prompt.manifest.calibration { shares = calibration.calibrated(shares) }
        let best = shares.indices.reduce(0) { shares[$1] > shares[$0] ? $1 : $0 }
        return Prediction(
            label: labels[best], probabilities: shares, labels: labels,
            tokensCut: encoded.cuts.reduce(0) { $0 + $1.cut }, examplesShown: encoded.examplesShown,
            examplesDropped: encoded.examplesDropped,
            isWithheld: prompt.manifest.abstention?.withholds(shares[best]) ?? false)
    }
}
