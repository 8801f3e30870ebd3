package import Layers
package import Tensors

/// Llama (Touvron et al. 2023) and the decoders built like it: pre-normed layers of grouped causal attention
/// with rotary positions and a gated feed-forward layer.
package struct Llama: LanguageModel {
    package let traits: ModelTraits
    private let rotary: RotaryPositions
    private let embedding: Embedding
    private let layers: [LlamaLayer]
    private let norm: RMSNorm
    /// Nil where the embedding table is the output matrix too.
    private let output: Embedding?

    package init(_ configuration: LlamaConfiguration) {
        let (width, vocabulary) = (configuration.width, configuration.vocabularySize)
        let root = ParameterPath("model")
        traits = ModelTraits(configuration)
        rotary = configuration.rotary
        embedding = Embedding(root / "embed_tokens", count: vocabulary, width: width)
        layers = configuration.windows.indices.map { LlamaLayer(root / "layers" / $0, $0, configuration) }
        norm = RMSNorm(root / "norm", width: width, epsilon: configuration.epsilon)
        output =
            configuration.isTied
            ? nil : Embedding(ParameterPath("lm_head"), count: vocabulary, width: width)
    }

    package var parameters: [Parameter] {
        embedding.parameters + layers.flatMap(\.parameters) + norm.parameters + (output?.parameters ?? [])
    }

    package func embed(_ tokens: [Int32], _ pass: Pass) -> Tensor { embedding(tokens, pass) }

    package func encode(_ input: ModelInput, keepsKeyValues: Bool, _ pass: Pass) -> Encoding {
        input.walk(
            from: input.embeddings,
            through: layers.map { layer in { layer($0, $1, readouts: $2, pass) } },
            angles: rotary.angles(input.positions), norm: { norm($0, pass) }, keepsKeyValues: keepsKeyValues)
    }

    package func scores(_ hidden: Tensor, vocabulary: [Int32]?, _ pass: Pass) -> Tensor {
        (output ?? embedding).scores(hidden, vocabulary: vocabulary, pass)
    }
}

/// One layer: `h = x + attention(norm(x))`, then `h + feedForward(norm(h))`.
private struct LlamaLayer: Sendable {
    let attentionNorm: RMSNorm
    let attention: Attention
    let feedForwardNorm: RMSNorm
    let feedForward: GatedFeedForward

    init(_ path: ParameterPath, _ index: Int, _ configuration: LlamaConfiguration) {
        let (width, epsilon) = (configuration.width, configuration.epsilon)
        let headWidth = configuration.headWidth
        attentionNorm = RMSNorm(path / "input_layernorm", width: width, epsilon: epsilon)
        attention = Attention(
            path / "self_attn", width: width,
            heads: AttentionHeads(
                count: configuration.heads, keyValueCount: configuration.keyValueHeads, width: headWidth,
                isCausal: true, window: configuration.windows[index]),
            hasBias: configuration.hasQueryBias, hasOutputBias: configuration.hasOutputBias,
            headNorm: configuration.hasHeadNorms
                ? { RMSNorm($0, width: headWidth, epsilon: epsilon) } : nil)
        feedForwardNorm = RMSNorm(path / "post_attention_layernorm", width: width, epsilon: epsilon)
        feedForward = GatedFeedForward(
            path / "mlp", width: width, inner: configuration.inner, activation: configuration.activation,
            hasBias: configuration.hasFeedForwardBias)
    }

    var parameters: [Parameter] {
        attentionNorm.parameters + attention.parameters + feedForwardNorm.parameters + feedForward.parameters
    }

    func callAsFunction(_ x: Tensor, _ rows: PackedRows, readouts: [Int32]?, _ pass: Pass)
        -> (output: Tensor, keys: Tensor, values: Tensor)
    {
        let attended = attention(attentionNorm(x, pass), rows, readouts: readouts, pass)
        let h = (readouts.map { x.rows($0) } ?? x) + attended.output
        return (h + feedForward(feedForwardNorm(h, pass), pass), attended.keys, attended.values)
    }
}

extension ModelTraits {
    fileprivate init(_ configuration: LlamaConfiguration) {
        self.init(
            family: configuration.family, layers: configuration.layers, width: configuration.width,
            heads: configuration.heads, keyValueHeads: configuration.keyValueHeads,
            headWidth: configuration.headWidth, vocabularySize: configuration.vocabularySize,
            contextLength: configuration.contextLength, isCausal: true, embeddingScale: 1)
    }
}
