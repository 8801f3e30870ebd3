import Checkpoints
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@Suite struct ConfigurationTests {
    private static let llama: [String: JSONValue] = [
        "model_type": .string("llama"), "vocab_size": .integer(97), "hidden_size": .integer(48),
        "intermediate_size": .integer(64), "num_hidden_layers": .integer(2),
        "num_attention_heads": .integer(6),
    ]
    private static let qwen = llama.merging(
        ["num_key_value_heads": .integer(2), "num_hidden_layers": .integer(4)]) { $1 }

    private func configuration(_ changes: [String: JSONValue], of base: [String: JSONValue] = llama)
        -> Configuration
    {
        Configuration(location: "config.json", root: .object(base.merging(changes) { $1 }))
    }

    @Test func `absent keys have the defaults of transformers`() throws {
        let llama = try LlamaConfiguration(.llama, configuration([:]))
        #expect(llama.keyValueHeads == 6 && llama.headWidth == 8 && llama.contextLength == 2048)
        #expect(llama.epsilon == 1e-6 && llama.activation == .silu && !llama.isTied)
        #expect(llama.windows == [nil, nil] && !llama.hasQueryBias && !llama.hasHeadNorms)
        expectClose(llama.rotary.frequencies, [1, 0.1, 0.01, 0.001], relative: 1e-6)
        let mistral = try LlamaConfiguration(.mistral, configuration(["num_attention_heads": .integer(8)]))
        #expect(mistral.keyValueHeads == 8 && mistral.windows == [4096, 4096])
        let open = configuration(["sliding_window": .null, "num_key_value_heads": .null])
        #expect(try LlamaConfiguration(.mistral, open).windows == [nil, nil])
        #expect(try LlamaConfiguration(.mistral, open).keyValueHeads == 6)
        let qwen3 = try LlamaConfiguration(.qwen3, configuration([:], of: Self.qwen))
        #expect(qwen3.headWidth == 128 && qwen3.hasHeadNorms && !qwen3.hasQueryBias)
        let gpt2 = try GPT2Configuration(configuration([:], of: [:]))
        #expect(gpt2.width == 768 && gpt2.inner == 3072 && gpt2.isTied && gpt2.activation == .geluTanh)
    }

    @Test func `biases stand where the family has them`() throws {
        let qwen2 = try LlamaConfiguration(.qwen2, configuration([:], of: Self.qwen))
        #expect(qwen2.hasQueryBias && !qwen2.hasOutputBias)
        let biased = configuration(["attention_bias": .bool(true), "mlp_bias": .bool(true)])
        let llama = try LlamaConfiguration(.llama, biased)
        #expect(llama.hasQueryBias && llama.hasOutputBias && llama.hasFeedForwardBias)
    }

    @Test func `Qwen's windows begin at the layer that is named, or where the list says`() throws {
        let sliding: [String: JSONValue] = [
            "use_sliding_window": .bool(true), "sliding_window": .integer(16),
            "max_window_layers": .integer(3),
        ]
        #expect(
            try LlamaConfiguration(.qwen2, configuration(sliding, of: Self.qwen)).windows == [
                nil, nil, nil, 16,
            ])
        let kinds = ["sliding_attention", "full_attention", "full_attention", "sliding_attention"]
        let listed = sliding.merging(["layer_types": .array(kinds.map(JSONValue.string))]) { $1 }
        #expect(
            try LlamaConfiguration(.qwen2, configuration(listed, of: Self.qwen)).windows == [
                16, nil, nil, 16,
            ])
        let off = listed.merging(["use_sliding_window": .bool(false)]) { $1 }
        #expect(
            try LlamaConfiguration(.qwen2, configuration(off, of: Self.qwen)).windows == [nil, nil, nil, nil])
    }

    @Test(arguments: [
        ("hidden_size", JSONValue.null), ("hidden_size", .string("48")), ("num_hidden_layers", .number(2.5)),
        ("tie_word_embeddings", .integer(1)), ("vocab_size", .null), ("rms_norm_eps", .string("small")),
    ])
    func `a key that is missing or of another kind is named`(_ key: String, _ value: JSONValue) {
        let error = #expect(throws: CheckpointError.self) {
            try LlamaConfiguration(.llama, configuration([key: value]))
        }
        #expect(error?.description.contains(key) == true)
    }

    @Test(arguments: [
        ("hidden_act", JSONValue.string("quick_gelu")), ("hidden_size", .integer(0)),
        ("hidden_size", .integer(-48)),
        ("rms_norm_eps", .number(-1)), ("num_key_value_heads", .integer(4)),
        ("num_attention_heads", .integer(7)),
        ("quantization_config", .object(["bits": .integer(4)])), ("partial_rotary_factor", .number(0.5)),
        ("rope_scaling", .object(["rope_type": .string("dynamic"), "factor": .integer(2)])),
        ("rope_scaling", .object(["rope_type": .string("longrope")])), ("rope_scaling", .string("linear")),
        ("rope_scaling", .object(["type": .string("linear"), "factor": .integer(0)])),
        ("rope_parameters", .object(["rope_theta": .number(0)])),
        ("rope_parameters", .object(["full_attention": .object([:]), "rope_type": .string("proportional")])),
        ("head_dim", .integer(7)),
    ])
    func `what would make another model is refused with its key`(_ key: String, _ value: JSONValue) {
        let error = #expect(throws: ModelError.self) {
            try LlamaConfiguration(.llama, configuration([key: value]))
        }
        let words = [
            "num_key_value_heads": "key/value heads", "num_attention_heads": "hidden_size",
            "head_dim": "width 7",
        ]
        #expect(error?.description.contains(words[key] ?? key) == true)
        #expect(error?.description.hasPrefix("config.json: ") == true)
    }

    @Test func `a list of layer kinds must fit, and hold known kinds`() {
        for kinds in [
            ["full_attention"], ["full_attention", "full_attention", "full_attention", "chunked_attention"],
        ] {
            let listed = configuration(["layer_types": .array(kinds.map(JSONValue.string))], of: Self.qwen)
            #expect(throws: ModelError.self) { try LlamaConfiguration(.qwen2, listed) }
        }
    }

    @Test func `GPT-2's odd settings are computed or refused`() throws {
        let scaled = configuration(
            ["scale_attn_weights": .bool(false), "scale_attn_by_inverse_layer_idx": .bool(true)], of: [:])
        let settings = try GPT2Configuration(scaled)
        #expect(!settings.scalesByWidth && settings.scalesByLayer)
        for changes: [String: JSONValue] in [["add_cross_attention": .bool(true)], ["n_head": .integer(7)]] {
            #expect(throws: ModelError.self) { try GPT2Configuration(configuration(changes, of: [:])) }
        }
    }

    @Test(arguments: ["llama", "llama_scaled", "llama_untied", "mistral", "mistral_open", "qwen2", "qwen3"])
    func `both generations of config.json describe one model`(_ name: String) throws {
        let folder = Golden.folder.appendingPathComponent("models/\(name)")
        func read(_ file: String) throws -> LlamaConfiguration {
            let configuration = try Configuration(contentsOf: folder.appendingPathComponent(file))
            let family = try #require(ModelFamily(rawValue: try configuration.string("model_type")))
            return try LlamaConfiguration(family, configuration)
        }
        let (newer, older) = (try read("config.json"), try read("config.transformers4.json"))
        #expect(newer.rotary == older.rotary && newer.windows == older.windows)
        #expect(newer.isTied == older.isTied && newer.epsilon == older.epsilon)
    }

    @Test func `Gemma 3's absent keys have the defaults of transformers, in whichever place they stand`()
        throws
    {
        let text: [String: JSONValue] = [
            "hidden_size": .integer(2560), "num_hidden_layers": .integer(7), "sliding_window": .integer(1024),
            "rope_scaling": .object(["rope_type": .string("linear"), "factor": .integer(8)]),
        ]
        let whole = configuration(["text_config": .object(text), "model_type": .string("gemma3")], of: [:])
        for settings in [
            try Gemma3Configuration(whole), try Gemma3Configuration(configuration(text, of: [:])),
        ] {
            #expect(settings.vocabularySize == 262_208 && settings.width == 2560 && settings.inner == 9216)
            #expect(settings.heads == 8 && settings.keyValueHeads == 4 && settings.headWidth == 256)
            #expect(settings.windows == [1024, 1024, 1024, 1024, 1024, nil, 1024])
            #expect(settings.isTied && settings.activation == .geluTanh && settings.epsilon == 1e-6)
            #expect(settings.scale == 1.0 / 16)
            #expect(settings.windowRotary == RotaryPositions(headWidth: 256, base: 10_000))
            let far = RotaryPositions(headWidth: 256, base: 1_000_000, scaling: .linear(factor: 8))
            #expect(settings.rotary == far)
        }
    }

    @Test(arguments: [
        ("final_logit_softcapping", JSONValue.number(30)), ("attn_logit_softcapping", .number(50)),
        ("use_bidirectional_attention", .bool(true)), ("num_key_value_heads", .integer(3)),
        ("rope_parameters", .object(["rope_theta": .number(10_000)])), ("sliding_window", .integer(0)),
        ("layer_types", .array([.string("full_attention")])), ("hidden_activation", .string("quick_gelu")),
        ("quantization_config", .object(["bits": .integer(4)])),
    ])
    func `what would make another Gemma 3 is refused with its key`(_ key: String, _ value: JSONValue) {
        let error = #expect(throws: ModelError.self) {
            try Gemma3Configuration(configuration([key: value], of: [:]))
        }
        let words = ["num_key_value_heads": "key/value heads"]
        #expect(error?.description.contains(words[key] ?? key) == true)
    }

    @Test func `both generations of Gemma 3's config.json describe one model`() throws {
        let folder = Golden.folder.appendingPathComponent("models/gemma3")
        func read(_ file: String) throws -> Gemma3Configuration {
            try Gemma3Configuration(Configuration(contentsOf: folder.appendingPathComponent(file)))
        }
        let (newer, older) = (try read("config.json"), try read("config.transformers4.json"))
        #expect(newer.rotary == older.rotary && newer.windowRotary == older.windowRotary)
        #expect(newer.windows == [4, nil] && older.windows == newer.windows && older.scale == newer.scale)
        #expect(newer.rotary != newer.windowRotary)
    }

    @Test func `an unknown family is named with those that are known`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "cloze-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: Golden.folder.appendingPathComponent("models/llama"), to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(#"{"model_type": "mamba"}"#.utf8).write(to: folder.appendingPathComponent("config.json"))
        let error = #expect(throws: ModelError.self) {
            try PretrainedModel.load(ModelSource(contentsOf: folder), on: CPUBackend.shared)
        }
        #expect(error?.description.contains("mamba") == true && error?.description.contains("qwen3") == true)
    }

    @Test func `weights that do not fit the configuration are all named at once`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "cloze-\(UUID().uuidString)")
        let source = Golden.folder.appendingPathComponent("models/llama")
        try FileManager.default.copyItem(at: source, to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("config.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacingOccurrences(of: "\"num_hidden_layers\": 2", with: "\"num_hidden_layers\": 3")
            .replacingOccurrences(of: "\"intermediate_size\": 64", with: "\"intermediate_size\": 60")
            .write(to: file, atomically: true, encoding: .utf8)
        let error = #expect(throws: CheckpointError.self) {
            try PretrainedModel.load(ModelSource(contentsOf: folder), on: CPUBackend.shared)
        }
        let words = error?.description ?? ""
        #expect(
            words.contains("model.layers.2.self_attn.q_proj.weight") && words.contains("mlp.gate_proj.weight")
        )
    }
}
