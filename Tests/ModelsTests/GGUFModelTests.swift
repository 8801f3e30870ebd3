import Checkpoints
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@Suite struct GGUFModelTests {
    /// Mistral's file says it is a Llama, as llama.cpp's converter writes it.
    @Test(arguments: ["gemma3", "gpt2", "llama", "llama_untied", "mistral_open", "qwen2", "qwen3"])
    func `a GGUF file gives the logits of the folder it was made of`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let file = Golden.folder.appendingPathComponent("models/\(name).gguf")
        let (model, weights) = try PretrainedModel.load(ModelSource(contentsOf: file), on: CPUBackend.shared)
        #expect(model.traits.layers == tiny.model.traits.layers)
        #expect(model.parameters == tiny.model.parameters)
        let logits = model.logits(tiny.packed(try tiny.sequences), .inference(weights))
        expectClose(logits, try tiny.golden.floats("logits"), absolute: 1e-4, relative: 1e-4, name)
    }

    private func configuration(_ changes: [String: JSONValue]) throws -> (Configuration, GGUFFile) {
        let file = try GGUFFile(contentsOf: Golden.folder.appendingPathComponent("models/llama.gguf"))
        let members = file.configuration.root.members ?? [:]
        return (Configuration(location: "m.gguf", root: .object(members.merging(changes) { $1 })), file)
    }

    @Test(arguments: [
        ("llama.expert_count", JSONValue.integer(8)), ("llama.rope.scaling.type", .string("longrope")),
        ("llama.rope.dimension_count", .integer(4)), ("llama.attention.sliding_window", .integer(4)),
        ("llama.attention.value_length", .integer(16)),
        ("llama.attention.layer_norm_rms_epsilon", .integer(0)),
    ])
    func `what would make another model is refused with its key`(_ key: String, _ value: JSONValue) throws {
        let (configuration, file) = try configuration([key: value])
        let error = #expect(throws: ModelError.self) {
            try LlamaConfiguration(.llama, gguf: configuration, file)
        }
        #expect(error?.description.contains(key) == true)
    }

    @Test func `a missing key is named`() throws {
        let (configuration, file) = try configuration(["llama.block_count": .null])
        let error = #expect(throws: CheckpointError.self) {
            try LlamaConfiguration(.llama, gguf: configuration, file)
        }
        #expect(error?.description.contains("llama.block_count") == true)
    }

    @Test func `what a published Gemma 3 leaves out has llama.cpp's values`() throws {
        let file = try GGUFFile(contentsOf: Golden.folder.appendingPathComponent("models/gemma3.gguf"))
        func settings(_ changes: [String: JSONValue]) throws -> Gemma3Configuration {
            var members = file.configuration.root.members ?? [:]
            for key in ["attention.scale", "rope.freq_base_swa", "attention.sliding_window_pattern"] {
                members["gemma3." + key] = nil
            }
            let root = JSONValue.object(members.merging(changes) { $1 })
            return try Gemma3Configuration(gguf: Configuration(location: "m.gguf", root: root), file)
        }
        let eight = try settings(["gemma3.block_count": .integer(8)])
        #expect(eight.windows == [4, 4, 4, 4, 4, nil, 4, 4])
        expectClose(eight.windowRotary.frequencies, [1, 0.1, 0.01, 0.001], relative: 1e-6)
        expectClose([eight.scale], [1 / Float(8).squareRoot()])
        let largest = try settings([
            "gemma3.block_count": .integer(62), "gemma3.embedding_length": .integer(96),
        ])
        expectClose([largest.scale], [1 / Float(16).squareRoot()])
        for (key, value) in [
            ("final_logit_softcapping", JSONValue.number(30)), ("attention.value_length", .integer(4)),
        ] {
            let error = #expect(throws: ModelError.self) { try settings(["gemma3." + key: value]) }
            #expect(error?.description.contains("gemma3." + key) == true)
        }
        let missing = #expect(throws: CheckpointError.self) {
            try settings(["gemma3.attention.sliding_window": .null])
        }
        #expect(missing?.description.contains("gemma3.attention.sliding_window") == true)
    }

    @Test func `linear and YaRN scaling are read`() throws {
        let linear: [String: JSONValue] = [
            "llama.rope.scaling.type": .string("linear"), "llama.rope.scaling.factor": .integer(2),
        ]
        let (plain, file) = try configuration([:])
        let speeds = try LlamaConfiguration(.llama, gguf: plain, file).rotary.frequencies
        let (halved, _) = try configuration(linear)
        expectClose(
            try LlamaConfiguration(.llama, gguf: halved, file).rotary.frequencies, speeds.map { $0 / 2 })
        let yarn: [String: JSONValue] = [
            "llama.rope.scaling.type": .string("yarn"), "llama.rope.scaling.factor": .integer(4),
            "llama.rope.scaling.original_context_length": .integer(64),
            "llama.rope.scaling.attn_factor": .number(0.5),
        ]
        let (stretched, _) = try configuration(yarn)
        let magnitude = try LlamaConfiguration(.llama, gguf: stretched, file).rotary.magnitude
        expectClose([magnitude], [0.5 * (0.1 * Float(log(4.0)) + 1)], relative: 1e-6)
    }
}
