package import Checkpoints
package import Layers
package import Tensors

/// The numbers of a Gemma 3.
package struct Gemma3Configuration: Sendable {
    package var vocabularySize: Int
    package var width: Int
    /// The width of the feed-forward layer.
    package var inner: Int
    package var heads: Int
    package var keyValueHeads: Int
    package var headWidth: Int
    package var contextLength: Int
    package var epsilon: Float
    package var activation: ElementFunction
    /// What dot products of queries and keys are multiplied by.
    package var scale: Float
    /// The rotary positions of layers that see all.
    package var rotary: RotaryPositions
    /// The rotary positions of layers that look through a window.
    package var windowRotary: RotaryPositions
    /// For each layer how many positions back a row sees, nil for all.
    package var windows: [Int?]
    /// Whether the embedding table is the output matrix too.
    package var isTied: Bool
    package var hasBias: Bool

    package var layers: Int { windows.count }

    fileprivate func checked(_ file: Configuration) throws -> Self {
        guard heads % keyValueHeads == 0 else {
            throw file.inconsistent("\(heads) attention heads cannot share \(keyValueHeads) key/value heads")
        }
        return self
    }

    /// A window for every layer but each `period`-th.
    fileprivate static func windows(_ window: Int, layers: Int, period: Int) -> [Int?] {
        (1...layers).map { $0 % period == 0 ? nil : window }
    }
}

// MARK: config.json

extension Gemma3Configuration {
    /// From a Hugging Face `config.json`: of a text model, or of one with images, whose text part is read. An
    /// absent key has the default of transformers' configuration class; published files rely on many.
    package init(_ whole: Configuration) throws {
        try whole.refuseQuantization()
        let file = try whole["text_config"] == nil ? whole : whole.part("text_config")
        for key in ["final_logit_softcapping", "attn_logit_softcapping"] {
            try file.refuse(key, supported: "no soft-capping")
        }
        try file.refuse("use_bidirectional_attention", unless: [.bool(false)], supported: "false")
        let (layers, headWidth) = (
            try file.count("num_hidden_layers", default: 26), try file.count("head_dim", default: 256)
        )
        let rotary = try Self.rotary(file, headWidth: headWidth)
        self.init(
            vocabularySize: try file.count("vocab_size", default: 262_208),
            width: try file.count("hidden_size", default: 2304),
            inner: try file.count("intermediate_size", default: 9216),
            heads: try file.count("num_attention_heads", default: 8),
            keyValueHeads: try file.count("num_key_value_heads", default: 4), headWidth: headWidth,
            contextLength: try file.count("max_position_embeddings", default: 131_072),
            epsilon: Float(try file.positive("rms_norm_eps", default: 1e-6)),
            activation: try file.activation("hidden_activation", default: "gelu_pytorch_tanh"),
            scale: 1 / Float(try file.positive("query_pre_attn_scalar", default: 256)).squareRoot(),
            rotary: rotary.far, windowRotary: rotary.near, windows: try Self.windows(file, layers: layers),
            isTied: try file.flag("tie_word_embeddings", default: true),
            hasBias: try file.flag("attention_bias", default: false))
        self = try checked(file)
    }

    /// `rope_parameters` for each kind of layer as transformers 5 writes them, or the older keys, whose
    /// scaling belongs to the layers that see all.
    private static func rotary(
        _ file: Configuration, headWidth: Int
    ) throws -> (near: RotaryPositions, far: RotaryPositions) {
        try file.refuse(
            "rope_parameters.rope_theta", supported: "one for full_attention, one for sliding_attention")
        let length = try file.count("max_position_embeddings", default: 131_072)
        let isNew = file["rope_parameters"] != nil
        return (
            near: try file.rotaryPositions(
                headWidth: headWidth, contextLength: length, place: "rope_parameters.sliding_attention",
                baseKey: "rope_local_base_freq", base: 10_000),
            far: try file.rotaryPositions(
                headWidth: headWidth, contextLength: length,
                place: isNew ? "rope_parameters.full_attention" : "rope_scaling", base: 1_000_000)
        )
    }

    private static func windows(_ file: Configuration, layers: Int) throws -> [Int?] {
        let window = try file.count("sliding_window", default: 4096)
        if let sliding = try file.slidingLayers(layers) { return sliding.map { $0 ? window : nil } }
        return windows(window, layers: layers, period: try file.count("sliding_window_pattern", default: 6))
    }
}

// MARK: GGUF

extension Gemma3Configuration {
    /// From the metadata of a GGUF file. Where it says nothing of them, the scale, the fast base and which
    /// layers see all are llama.cpp's for this architecture.
    package init(gguf file: Configuration, _ checkpoint: any Checkpoint) throws {
        for key in ["gemma3.final_logit_softcapping", "gemma3.attn_logit_softcapping"] {
            try file.refuse(key, supported: "no soft-capping")
        }
        let (width, heads) = (
            try file.count("gemma3.embedding_length"), try file.count("gemma3.attention.head_count")
        )
        let (layers, headWidth) = (
            try file.count("gemma3.block_count"), try file.count("gemma3.attention.key_length")
        )
        try file.refuse(
            "gemma3.attention.value_length", unless: [.integer(headWidth)], supported: "the length of keys")
        // The largest of the published models divides by the root of what is left of the width for a head.
        let scaled = Double(layers == 62 ? width / heads : headWidth)
        self.init(
            vocabularySize: checkpoint.shape(of: "token_embd.weight")?.lengths.first ?? 0, width: width,
            inner: try file.count("gemma3.feed_forward_length"), heads: heads,
            keyValueHeads: try file.count("gemma3.attention.head_count_kv", default: heads),
            headWidth: headWidth, contextLength: try file.count("gemma3.context_length"),
            epsilon: Float(try file.positive("gemma3.attention.layer_norm_rms_epsilon")),
            activation: .geluTanh,
            scale: Float(try file.positive("gemma3.attention.scale", default: 1 / scaled.squareRoot())),
            rotary: try file.rotaryPositions(gguf: "gemma3.", headWidth: headWidth, checkpoint),
            windowRotary: RotaryPositions(
                headWidth: headWidth, base: try file.positive("gemma3.rope.freq_base_swa", default: 10_000)),
            windows: Self.windows(
                try file.count("gemma3.attention.sliding_window"), layers: layers,
                period: try file.count("gemma3.attention.sliding_window_pattern", default: 6)),
            isTied: checkpoint.entry("output.weight") == nil,
            hasBias: checkpoint.entry("blk.0.attn_q.bias") != nil)
        self = try checked(file)
    }
}

// MARK: Names

extension Gemma3Configuration {
    /// Hugging Face's names are our own; a folder saved from the bare decoder lacks their first part, one of
    /// a model with images has one more, in two generations.
    package static let folderRules = NameRules([
        .rename("model.**", to: "**"), .rename("model.**", to: "language_model.model.**"),
        .rename("model.**", to: "model.language_model.**"),
        .rename("lm_head.weight", to: "language_model.lm_head.weight"),
    ])

    /// The names of llama.cpp, whose converter adds the 1 to the weights of norms.
    package static let ggufRules: NameRules = {
        let layer = "model.layers.*."
        return NameRules([
            .rename("model.embed_tokens.weight", to: "token_embd.weight"),
            .rename(layer + "input_layernorm.weight", to: "blk.*.attn_norm.weight"),
            .rename(layer + "self_attn.q_proj.**", to: "blk.*.attn_q.**"),
            .rename(layer + "self_attn.k_proj.**", to: "blk.*.attn_k.**"),
            .rename(layer + "self_attn.v_proj.**", to: "blk.*.attn_v.**"),
            .rename(layer + "self_attn.o_proj.**", to: "blk.*.attn_output.**"),
            .rename(layer + "self_attn.q_norm.weight", to: "blk.*.attn_q_norm.weight"),
            .rename(layer + "self_attn.k_norm.weight", to: "blk.*.attn_k_norm.weight"),
            .rename(layer + "post_attention_layernorm.weight", to: "blk.*.post_attention_norm.weight"),
            .rename(layer + "pre_feedforward_layernorm.weight", to: "blk.*.ffn_norm.weight"),
            .rename(layer + "mlp.gate_proj.**", to: "blk.*.ffn_gate.**"),
            .rename(layer + "mlp.up_proj.**", to: "blk.*.ffn_up.**"),
            .rename(layer + "mlp.down_proj.**", to: "blk.*.ffn_down.**"),
            .rename(layer + "post_feedforward_layernorm.weight", to: "blk.*.post_ffw_norm.weight"),
            .rename("model.norm.weight", to: "output_norm.weight"),
            .rename("lm_head.weight", to: "output.weight"),
            .change("**norm.weight", .add(-1)),
        ])
    }()
}
