package import Checkpoints
package import Layers
package import Tensors

/// The numbers of a Llama-like decoder: Llama, Mistral, Qwen 2 and Qwen 3 differ in nothing else.
package struct LlamaConfiguration: Sendable {
    package var family: ModelFamily
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
    package var rotary: RotaryPositions
    /// For each layer how many positions back a row sees, nil for all.
    package var windows: [Int?]
    /// Whether the embedding table is the output matrix too.
    package var isTied: Bool
    package var hasQueryBias: Bool
    package var hasOutputBias: Bool
    package var hasFeedForwardBias: Bool
    /// Whether queries and keys are normed head by head (Qwen 3).
    package var hasHeadNorms: Bool

    package var layers: Int { windows.count }

    fileprivate func checked(_ file: Configuration) throws -> Self {
        guard heads % keyValueHeads == 0 else {
            throw file.inconsistent("\(heads) attention heads cannot share \(keyValueHeads) key/value heads")
        }
        return self
    }
}

// MARK: config.json

extension LlamaConfiguration {
    /// From a Hugging Face `config.json`; an absent key has the default of transformers' configuration class.
    package init(_ family: ModelFamily, _ file: Configuration) throws {
        try file.refuseQuantization()
        let (width, heads) = (try file.count("hidden_size"), try file.count("num_attention_heads"))
        let layers = try file.count("num_hidden_layers")
        let contextLength = try file.count("max_position_embeddings", default: Self.contextLength(family))
        let headWidth = try Self.headWidth(family, file, width: width, heads: heads)
        let hasBias =
            try family == .llama || family == .qwen3 ? file.flag("attention_bias", default: false) : false
        self.init(
            family: family, vocabularySize: try file.count("vocab_size"), width: width,
            inner: try file.count("intermediate_size"), heads: heads,
            keyValueHeads: try file.count(
                "num_key_value_heads", default: Self.keyValueHeads(family, heads: heads, file)),
            headWidth: headWidth, contextLength: contextLength,
            epsilon: Float(try file.positive("rms_norm_eps", default: 1e-6)),
            activation: try file.activation("hidden_act", default: "silu"),
            rotary: try file.rotaryPositions(headWidth: headWidth, contextLength: contextLength),
            windows: try Self.windows(family, file, layers: layers),
            isTied: try file.flag("tie_word_embeddings", default: false),
            hasQueryBias: hasBias || family == .qwen2, hasOutputBias: hasBias,
            hasFeedForwardBias: family == .llama ? try file.flag("mlp_bias", default: false) : false,
            hasHeadNorms: family == .qwen3)
        self = try checked(file)
    }

    private static func contextLength(_ family: ModelFamily) -> Int {
        switch family {
        case .mistral: 131_072
        case .qwen2, .qwen3: 32_768
        default: 2048
        }
    }

    /// Qwen 3 has heads of 128 unless it says otherwise; the others share the width out.
    private static func headWidth(
        _ family: ModelFamily, _ file: Configuration, width: Int, heads: Int
    ) throws -> Int {
        if file["head_dim"] != nil { return try file.count("head_dim") }
        if family == .qwen3 { return 128 }
        guard width % heads == 0 else {
            throw file.inconsistent("hidden_size \(width) is no multiple of \(heads) heads")
        }
        return width / heads
    }

    /// An absent number is the number of heads in Llama, 8 in Mistral and 32 in Qwen; null is always the
    /// former.
    private static func keyValueHeads(_ family: ModelFamily, heads: Int, _ file: Configuration) -> Int {
        if file.isNull("num_key_value_heads") { return heads }
        switch family {
        case .mistral: return 8
        case .qwen2, .qwen3: return 32
        default: return heads
        }
    }

    private static func windows(
        _ family: ModelFamily, _ file: Configuration, layers: Int
    ) throws -> [Int?] {
        switch family {
        case .mistral:
            let window = file.isNull("sliding_window") ? nil : try file.count("sliding_window", default: 4096)
            return Array(repeating: window, count: layers)
        case .qwen2, .qwen3:
            let isSliding = try file.flag("use_sliding_window", default: false)
            let window =
                isSliding && !file.isNull("sliding_window")
                ? try file.count("sliding_window", default: 4096) : nil
            return try slidingLayers(file, layers: layers).map { $0 ? window : nil }
        default:
            return Array(repeating: nil, count: layers)
        }
    }

    /// Which layers of a Qwen look through a window, where it has one.
    private static func slidingLayers(_ file: Configuration, layers: Int) throws -> [Bool] {
        if let sliding = try file.slidingLayers(layers) { return sliding }
        let first = try file.natural("max_window_layers", default: 28)
        return (0..<layers).map { $0 >= first }
    }
}

// MARK: GGUF

extension LlamaConfiguration {
    /// From the metadata of a GGUF file. What the metadata leaves open (biases, tied embeddings) the file's
    /// tensors say.
    package init(_ family: ModelFamily, gguf file: Configuration, _ checkpoint: any Checkpoint) throws {
        let prefix = family.rawValue + "."
        try file.refuse(prefix + "expert_count", unless: [.integer(0)], supported: "no experts")
        let (width, heads) = (
            try file.count(prefix + "embedding_length"), try file.count(prefix + "attention.head_count")
        )
        let (layers, contextLength) = (
            try file.count(prefix + "block_count"), try file.count(prefix + "context_length")
        )
        let headWidth = try file.count(prefix + "attention.key_length", default: max(1, width / heads))
        try file.refuse(
            prefix + "attention.value_length", unless: [.integer(headWidth)], supported: "the length of keys")
        // Which layers would look through the window the metadata does not say.
        if let window = try file.optionalInteger(prefix + "attention.sliding_window"), window < contextLength
        {
            throw file.unsupported(prefix + "attention.sliding_window", "\(window)", supported: "no window")
        }
        func has(_ tensor: String) -> Bool { checkpoint.entry(tensor) != nil }
        self.init(
            family: family, vocabularySize: checkpoint.shape(of: "token_embd.weight")?.lengths.first ?? 0,
            width: width, inner: try file.count(prefix + "feed_forward_length"), heads: heads,
            keyValueHeads: try file.count(prefix + "attention.head_count_kv", default: heads),
            headWidth: headWidth, contextLength: contextLength,
            epsilon: Float(try file.positive(prefix + "attention.layer_norm_rms_epsilon")), activation: .silu,
            rotary: try file.rotaryPositions(gguf: prefix, headWidth: headWidth, checkpoint),
            windows: Array(repeating: nil, count: layers), isTied: !has("output.weight"),
            hasQueryBias: has("blk.0.attn_q.bias"), hasOutputBias: has("blk.0.attn_output.bias"),
            hasFeedForwardBias: has("blk.0.ffn_gate.bias"), hasHeadNorms: has("blk.0.attn_q_norm.weight"))
        self = try checked(file)
    }
}

// MARK: Names

extension LlamaConfiguration {
    /// Hugging Face's names are our own; a folder saved from the bare decoder lacks the first part.
    package static let folderRules = NameRules([.rename("model.**", to: "**")])

    /// The names of llama.cpp, and its order of the rows of queries and keys.
    package var ggufRules: NameRules {
        let layer = "model.layers.*."
        let names: [NameRules.Rule] = [
            .rename("model.embed_tokens.weight", to: "token_embd.weight"),
            .rename(layer + "input_layernorm.weight", to: "blk.*.attn_norm.weight"),
            .rename(layer + "self_attn.q_proj.**", to: "blk.*.attn_q.**"),
            .rename(layer + "self_attn.k_proj.**", to: "blk.*.attn_k.**"),
            .rename(layer + "self_attn.v_proj.**", to: "blk.*.attn_v.**"),
            .rename(layer + "self_attn.o_proj.**", to: "blk.*.attn_output.**"),
            .rename(layer + "self_attn.q_norm.weight", to: "blk.*.attn_q_norm.weight"),
            .rename(layer + "self_attn.k_norm.weight", to: "blk.*.attn_k_norm.weight"),
            .rename(layer + "post_attention_layernorm.weight", to: "blk.*.ffn_norm.weight"),
            .rename(layer + "mlp.gate_proj.**", to: "blk.*.ffn_gate.**"),
            .rename(layer + "mlp.up_proj.**", to: "blk.*.ffn_up.**"),
            .rename(layer + "mlp.down_proj.**", to: "blk.*.ffn_down.**"),
            .rename("model.norm.weight", to: "output_norm.weight"),
            .rename("lm_head.weight", to: "output.weight"),
        ]
        // Only the converter of this architecture puts the two coordinates of a pair side by side.
        guard family == .llama else { return NameRules(names) }
        return NameRules(
            names + [
                .change(layer + "self_attn.q_proj.**", .unpermuteRows(heads: heads)),
                .change(layer + "self_attn.k_proj.**", .unpermuteRows(heads: keyValueHeads)),
            ])
    }
}
