package import Layers
package import Tensors

/// Gemma 3's text decoder (Gemma Team 2025, §2): most layers look through a window and turn fast, every few
/// a layer sees all and turns slowly; queries and keys are normed head by head, and every block is normed
/// before and behind.
package struct Gemma3: LanguageModel {
    package let traits: ModelTraits
    private let configuration: Gemma3Configuration
    private let embedding: Embedding
    private let layers: [Gemma3Layer]
    private let norm: RMSNorm
    /// Nil where the embedding table is the output matrix too.
    private let output: Embedding?

    package init(_ configuration: Gemma3Configuration) {
        let (width, vocabulary) = (configuration.width, configuration.vocabularySize)
        let root = ParameterPath("model")
        self.configuration = configuration
        traits = ModelTraits(configuration)
        embedding = Embedding(root / "embed_tokens", count: vocabulary, width: width)
        layers = configuration.windows.indices.map { Gemma3Layer(root / "layers" / $0, $0, configuration) }
        norm = configuration.norm(root / "norm")
        output =
            configuration.isTied
            ? nil : Embedding(ParameterPath("lm_head"), count: vocabulary, width: width)
    }

    package var parameters: [Parameter] {
        embedding.parameters + layers.flatMap(\.parameters) + norm.parameters + (output?.parameters ?? [])
    }

    /// Rows of the table times the root of the width; the table itself is the output matrix unscaled.
    package func embed(_ tokens: [Int32], _ pass: Pass) -> Tensor {
        embedding(tokens, pass).scaled(by: traits.embeddingScale)
    }

    package func encode(_ input: ModelInput, keepsKeyValues: Bool, _ pass: Pass) -> Encoding {
        let near = configuration.windowRotary.angles(input.positions)
        let far = configuration.rotary.angles(input.positions)
        return input.walk(
            from: input.embeddings,
            through: layers.map { layer in
                { x, rows, readouts in
                    var rows = rows
                    rows.angles = layer.hasWindow ? near : far
                    return layer(x, rows, readouts: readouts, pass)
                }
            },
            angles: nil, norm: { norm($0, pass) }, keepsKeyValues: keepsKeyValues)
    }

    package func scores(_ hidden: Tensor, vocabulary: [Int32]?, _ pass: Pass) -> Tensor {
        (output ?? embedding).scores(hidden, vocabulary: vocabulary, pass)
    }
}

/// One layer: `h = x + norm(attention(norm(x)))`, then `h + norm(feedForward(norm(h)))`, each norm its own.
private struct Gemma3Layer: Sendable {
    let hasWindow: Bool
    let beforeAttention: RMSNorm
    let attention: Attention
    let behindAttention: RMSNorm
    let beforeFeedForward: RMSNorm
    let feedForward: GatedFeedForward
    let behindFeedForward: RMSNorm

    init(_ path: ParameterPath, _ index: Int, _ configuration: Gemma3Configuration) {
        let width = configuration.width
        let window = configuration.windows[index]
        hasWindow = window != nil
        beforeAttention = configuration.norm(path / "input_layernorm")
        attention = Attention(
            path / "self_attn", width: width,
            heads: AttentionHeads(
                count: configuration.heads, keyValueCount: configuration.keyValueHeads,
                width: configuration.headWidth, isCausal: true, window: window, scale: configuration.scale),
            hasBias: configuration.hasBias, hasOutputBias: configuration.hasBias,
            headNorm: { configuration.norm($0, width: configuration.headWidth) })
        behindAttention = configuration.norm(path / "post_attention_layernorm")
        beforeFeedForward = configuration.norm(path / "pre_feedforward_layernorm")
        feedForward = GatedFeedForward(
            path / "mlp", width: width, inner: configuration.inner, activation: configuration.activation)
        behindFeedForward = configuration.norm(path / "post_feedforward_layernorm")
    }

    var parameters: [Parameter] {
        [beforeAttention, behindAttention, beforeFeedForward, behindFeedForward].flatMap(\.parameters)
            + attention.parameters + feedForward.parameters
    }

    func callAsFunction(_ x: Tensor, _ rows: PackedRows, readouts: [Int32]?, _ pass: Pass)
        -> (output: Tensor, keys: Tensor, values: Tensor)
    {
        let attended = attention(beforeAttention(x, pass), rows, readouts: readouts, pass)
        let h = (readouts.map { x.rows($0) } ?? x) + behindAttention(attended.output, pass)
        let fed = behindFeedForward(feedForward(beforeFeedForward(h, pass), pass), pass)
        return (h + fed, attended.keys, attended.values)
    }
}

extension Gemma3Configuration {
    /// A norm whose stored weight is an offset from 1.
    fileprivate func norm(_ path: ParameterPath, width: Int? = nil) -> RMSNorm {
        RMSNorm(path, width: width ?? self.width, epsilon: epsilon, weightOffset: 1)
    }
}

extension ModelTraits {
    fileprivate init(_ configuration: Gemma3Configuration) {
        self.init(
            family: .gemma3, layers: configuration.layers, width: configuration.width,
            heads: configuration.heads, keyValueHeads: configuration.keyValueHeads,
            headWidth: configuration.headWidth, vocabularySize: configuration.vocabularySize,
            contextLength: configuration.contextLength, isCausal: true,
            embeddingScale: Float(configuration.width).squareRoot())
    }
}
