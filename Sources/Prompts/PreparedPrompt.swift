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

    /// Prepares a prompt.
    ///
    /// - Throws: ``PromptError`` if the prompt belongs to another model or tokenizer, or its tensors do not fit;
    ///   ``TemplateError`` and ``VerbalizerError`` if its text does not.
    init(_ prompt: Prompt, _ pretrained: PretrainedModel) throws {
        let (manifest, traits) = (prompt.manifest, pretrained.model.traits)
        try pretrained.check(manifest)
        guard traits.isCausal else {
            throw PromptError.unsupportedModel(method: manifest.method, reason: "it needs a causal model")
        }
        let words = try EncodedVerbalizer(
            manifest.verbalizer, behind: manifest.template, pretrained.tokenizer, kind: .causal)
        encoder = try PromptEncoder(
            manifest.template, pretrained.tokenizer, limit: min(manifest.limit, traits.contextLength),
            kind: .causal, longestAnswer: words.longestAnswer, shortening: manifest.shortening)
        scorer = AnswerScorer(pretrained.model, words, rule: manifest.rule)
        tensors = PromptTensors(soft: try Self.softRows(of: prompt, encoder.softLayout, traits), pasts: [])
        weights = pretrained.weights
        hasOwnWeights = false
        self.prompt = prompt
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

    /// The answer that label probabilities are.
    func prediction(_ probabilities: [Float], _ encoded: EncodedPrompt) -> Prediction {
        let best = probabilities.indices.reduce(0) { probabilities[$1] > probabilities[$0] ? $1 : $0 }
        return Prediction(
            label: scorer.labels[best], probabilities: probabilities, labels: scorer.labels,
            tokensCut: encoded.cuts.reduce(0) { $0 + $1.cut })
    }
}
