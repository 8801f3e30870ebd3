package import Checkpoints
package import Layers
package import Tensors

/// The numbers of a GPT-2.
package struct GPT2Configuration: Sendable {
    package var vocabularySize: Int
    package var width: Int
    /// The width of the feed-forward layer.
    package var inner: Int
    package var heads: Int
    package var layers: Int
    package var contextLength: Int
    package var epsilon: Float
    package var activation: ElementFunction
    /// Whether the embedding table is the output matrix too.
    package var isTied: Bool
    /// Whether dot products are divided by the root of the head width, as all released models have it.
    package var scalesByWidth = true
    /// Whether dot products of layer `i`, counted from one, are divided by `i` as well.
    package var scalesByLayer = false
}

extension GPT2Configuration {
    /// From a Hugging Face `config.json`; an absent key has the default of transformers' configuration class.
    ///
    /// The dropout rates of the file are not applied: a frozen model is read without noise.
    package init(_ file: Configuration) throws {
        try file.refuseQuantization()
        try file.refuse("add_cross_attention", unless: [.bool(false)], supported: "false")
        let width = try file.count("n_embd", default: 768)
        self.init(
            vocabularySize: try file.count("vocab_size", default: 50_257), width: width,
            inner: try file.count("n_inner", default: 4 * width),
            heads: try file.count("n_head", default: 12),
            layers: try file.count("n_layer", default: 12),
            contextLength: try file.count("n_positions", default: 1024),
            epsilon: Float(try file.positive("layer_norm_epsilon", default: 1e-5)),
            activation: try file.activation("activation_function", default: "gelu_new"),
            isTied: try file.flag("tie_word_embeddings", default: true),
            scalesByWidth: try file.flag("scale_attn_weights", default: true),
            scalesByLayer: try file.flag("scale_attn_by_inverse_layer_idx", default: false))
        guard width % heads == 0 else {
            throw file.inconsistent("n_embd \(width) is no multiple of n_head \(heads)")
        }
    }
}

extension GPT2Configuration {
    /// From the metadata of a GGUF file.
    package init(gguf file: Configuration, _ checkpoint: any Checkpoint) throws {
        let width = try file.count("gpt2.embedding_length")
        self.init(
            vocabularySize: checkpoint.shape(of: "token_embd.weight")?.lengths.first ?? 0, width: width,
            inner: try file.count("gpt2.feed_forward_length"),
            heads: try file.count("gpt2.attention.head_count"),
            layers: try file.count("gpt2.block_count"), contextLength: try file.count("gpt2.context_length"),
            epsilon: Float(try file.positive("gpt2.attention.layer_norm_epsilon")), activation: .geluTanh,
            isTied: checkpoint.entry("output.weight") == nil)
        guard width % heads == 0 else {
            throw file.inconsistent("gpt2.embedding_length \(width) is no multiple of \(heads) heads")
        }
    }

    /// Hugging Face's names are our own, its matrices stand the other way round; OpenAI's first files lack
    /// the first part of the names.
    package static let folderRules = NameRules(
        [.rename("transformer.**", to: "**")]
            + ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"].map {
                .change("transformer.h.*." + $0 + ".weight", .transpose)
            })

    /// The names of llama.cpp, whose converter has turned the matrices.
    package static let ggufRules = NameRules([
        .rename("transformer.wte.weight", to: "token_embd.weight"),
        .rename("transformer.wpe.weight", to: "position_embd.weight"),
        .rename("transformer.h.*.ln_1.**", to: "blk.*.attn_norm.**"),
        .rename("transformer.h.*.attn.c_attn.**", to: "blk.*.attn_qkv.**"),
        .rename("transformer.h.*.attn.c_proj.**", to: "blk.*.attn_output.**"),
        .rename("transformer.h.*.ln_2.**", to: "blk.*.ffn_norm.**"),
        .rename("transformer.h.*.mlp.c_fc.**", to: "blk.*.ffn_up.**"),
        .rename("transformer.h.*.mlp.c_proj.**", to: "blk.*.ffn_down.**"),
        .rename("transformer.ln_f.**", to: "output_norm.**"),
        .rename("lm_head.weight", to: "output.weight"),
    ])
}

/// GPT-2 (Radford et al. 2019): learned positions, pre-normed layers, one fused map for queries, keys and
/// values.
package struct GPT2: LanguageModel {
    package let traits: ModelTraits
    private let embedding: Embedding
    private let positions: Embedding
    private let layers: [GPT2Layer]
    private let norm: LayerNorm
    /// Nil where the embedding table is the output matrix too.
    private let output: Embedding?

    package init(_ configuration: GPT2Configuration) {
        let (width, vocabulary) = (configuration.width, configuration.vocabularySize)
        let root = ParameterPath("transformer")
        traits = ModelTraits(configuration)
        embedding = Embedding(root / "wte", count: vocabulary, width: width)
        positions = Embedding(root / "wpe", count: configuration.contextLength, width: width)
        layers = (0..<configuration.layers).map { GPT2Layer(root / "h" / $0, $0, configuration) }
        norm = LayerNorm(root / "ln_f", width: width, epsilon: configuration.epsilon)
        output =
            configuration.isTied
            ? nil : Embedding(ParameterPath("lm_head"), count: vocabulary, width: width)
    }

    package var parameters: [Parameter] {
        embedding.parameters + positions.parameters + layers.flatMap(\.parameters) + norm.parameters
            + (output?.parameters ?? [])
    }

    package func embed(_ tokens: [Int32], _ pass: Pass) -> Tensor { embedding(tokens, pass) }

    package func encode(_ input: ModelInput, keepsKeyValues: Bool, _ pass: Pass) -> Encoding {
        input.walk(
            from: input.embeddings + positions(input.positions, pass),
            through: layers.map { layer in { layer($0, $1, readouts: $2, pass) } },
            angles: nil, norm: { norm($0, pass) }, keepsKeyValues: keepsKeyValues)
    }

    package func scores(_ hidden: Tensor, vocabulary: [Int32]?, _ pass: Pass) -> Tensor {
        (output ?? embedding).scores(hidden, vocabulary: vocabulary, pass)
    }
}

/// One layer: `h = x + attention(norm(x))`, then `h + feedForward(norm(h))`.
private struct GPT2Layer: Sendable {
    let attentionNorm: LayerNorm
    let heads: AttentionHeads
    /// Queries, keys and values side by side, as GPT-2 stores them.
    let fused: Linear
    let attentionOutput: Linear
    let feedForwardNorm: LayerNorm
    let feedForward: FeedForward
    let width: Int

    init(_ path: ParameterPath, _ index: Int, _ configuration: GPT2Configuration) {
        let (inner, epsilon) = (configuration.inner, configuration.epsilon)
        width = configuration.width
        let headWidth = width / configuration.heads
        let byWidth = configuration.scalesByWidth ? 1 / Float(headWidth).squareRoot() : 1
        attentionNorm = LayerNorm(path / "ln_1", width: width, epsilon: epsilon)
        heads = AttentionHeads(
            count: configuration.heads, keyValueCount: configuration.heads, width: headWidth, isCausal: true,
            scale: configuration.scalesByLayer ? byWidth / Float(index + 1) : byWidth)
        fused = Linear(path / "attn" / "c_attn", inputs: width, outputs: 3 * width, hasBias: true)
        attentionOutput = Linear(path / "attn" / "c_proj", inputs: width, outputs: width, hasBias: true)
        feedForwardNorm = LayerNorm(path / "ln_2", width: width, epsilon: epsilon)
        feedForward = FeedForward(
            inner: Linear(path / "mlp" / "c_fc", inputs: width, outputs: inner, hasBias: true),
            outer: Linear(path / "mlp" / "c_proj", inputs: inner, outputs: width, hasBias: true),
            activation: configuration.activation)
    }

    var parameters: [Parameter] {
        attentionNorm.parameters + fused.parameters + attentionOutput.parameters + feedForwardNorm.parameters
            + feedForward.parameters
    }

    func callAsFunction(_ x: Tensor, _ rows: PackedRows, readouts: [Int32]?, _ pass: Pass)
        -> (output: Tensor, keys: Tensor, values: Tensor)
    {
        let joined = fused(attentionNorm(x, pass), pass)
        let (keys, values) = (joined.columns(width..<2 * width), joined.columns(2 * width..<3 * width))
        let mixed = heads(queries: joined.columns(0..<width), keys: keys, values: values, rows)
        let output = attentionOutput(readouts.map { mixed.rows($0) } ?? mixed, pass)
        let h = (readouts.map { x.rows($0) } ?? x) + output
        return (h + feedForward(feedForwardNorm(h, pass), pass), keys, values)
    }
}

extension ModelTraits {
    fileprivate init(_ configuration: GPT2Configuration) {
        self.init(
            family: .gpt2, layers: configuration.layers, width: configuration.width,
            heads: configuration.heads,
            keyValueHeads: configuration.heads, headWidth: configuration.width / configuration.heads,
            vocabularySize: configuration.vocabularySize, contextLength: configuration.contextLength,
            isCausal: true, embeddingScale: 1)
    }
}
