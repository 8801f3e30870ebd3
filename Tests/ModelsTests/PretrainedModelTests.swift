import Checkpoints
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing
import Tokenizers

@Suite struct PretrainedModelTests {
    /// The tiny Llama's folder with a tokenizer in it, and its vocabulary cut or not.
    private func withFolder(_ tokenizer: String, _ body: (URL) throws -> Void) throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appendingPathComponent("cloze-\(UUID().uuidString)")
        try files.copyItem(at: Golden.folder.appendingPathComponent("models/llama"), to: folder)
        defer { try? files.removeItem(at: folder) }
        try Data(tokenizer.utf8).write(to: folder.appendingPathComponent("tokenizer.json"))
        try body(folder)
    }

    /// A byte-level tokenizer of so many pieces, the first of them letters.
    private func tokenizer(_ count: Int) -> String {
        let letters = "abcdefghijklmnopqrstuvwxyz"
        let pieces = letters.map(String.init) + (26..<count).map { "<\($0)>" }
        let vocabulary = pieces.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
        return """
            {"version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null,
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
             "decoder": {"type": "ByteLevel"},
             "model": {"type": "BPE", "unk_token": null, "vocab": {\(vocabulary)}, "merges": []}}
            """
    }

    @Test func `a folder is opened with weights, tokenizer and fingerprint`() throws {
        try withFolder(tokenizer(97)) { folder in
            let model = try PretrainedModel(contentsOf: folder, on: CPUBackend.shared)
            #expect(model.model.traits.family == .llama && model.tokenizer.encode("cab") == [2, 0, 1])
            let again = try PretrainedModel(contentsOf: folder, on: CPUBackend.shared)
            #expect(model.fingerprint == again.fingerprint && model.fingerprint.digest.count == 64)
        }
    }

    @Test func `text goes in and comes out in pieces that join to the tokens' text`() throws {
        try withFolder(tokenizer(97)) { folder in
            let model = try PretrainedModel(contentsOf: folder, on: CPUBackend.shared)
            let settings = GenerationSettings(tokenLimit: 9)
            let rows = model.model.embed([2, 0, 1], .inference(model.weights))
            let tokens = try Generator(model).tokens(
                after: ModelInput(embeddings: rows, lengths: [3]), settings)
            let expected = model.tokenizer.decode(Array(tokens))
            let text = try Generator(model).text(after: "cab", settings)
            #expect(Array(text).joined() == expected && text.end == .tokenLimit && !expected.isEmpty)
            #expect(throws: ModelError.nothingToContinue) { try Generator(model).text(after: "", settings) }
        }
    }

    @Test func `a tokenizer with more tokens than the model has rows is refused`() throws {
        try withFolder(tokenizer(98)) { folder in
            let error = #expect(throws: ModelError.self) {
                try PretrainedModel(contentsOf: folder, on: CPUBackend.shared)
            }
            #expect(error == .tokenizerTooLarge(file: folder.path, tokens: 98, rows: 97))
        }
    }

    @Test func `special tokens that the model has no row for are left out, needed ones are not`() throws {
        func added(_ id: Int, _ content: String) -> String {
            """
            {"id": \(id), "content": "\(content)", "single_word": false, "lstrip": false, "rstrip": false,
             "normalized": false, "special": true}
            """
        }
        func tokenizer(_ tokens: [String]) -> String {
            self.tokenizer(97).replacingOccurrences(
                of: "\"added_tokens\": []", with: "\"added_tokens\": [\(tokens.joined(separator: ", "))]")
        }
        try withFolder(tokenizer([added(97, "<image>"), added(96, "<96>"), added(98, "<pad>")])) { folder in
            let model = try PretrainedModel(contentsOf: folder, on: CPUBackend.shared)
            #expect(model.tokenizer.vocabularySize == 97 && model.tokenizer.specialTokens.all == [96])
            #expect(model.tokenizer.specialTokens.padding == nil)
            #expect(model.tokenizer.encode("a<96>") == [0, 96])
            #expect(model.tokenizer.encode("a<image>").allSatisfy { $0 < 97 })
        }
        try withFolder(tokenizer([added(97, "[MASK]")])) { folder in
            #expect(throws: ModelError.tokenizerTooLarge(file: folder.path, tokens: 98, rows: 97)) {
                try PretrainedModel(contentsOf: folder, on: CPUBackend.shared)
            }
        }
    }

    @Test func `tuned weights lie over the model's own`() throws {
        try withFolder(tokenizer(97)) { folder in
            let model = try PretrainedModel(contentsOf: folder, on: CPUBackend.shared)
            let name = "model.norm.weight"
            let zeros = Tensor(repeating: 0, shape: [model.model.traits.width], on: CPUBackend.shared)
            let tuned = model.overlaid(by: NamedTensors([name: zeros]))
            let rows = model.model.embed([5], .inference(tuned.weights))
            let logits = tuned.model.logits(
                ModelInput(embeddings: rows, lengths: [1]), .inference(tuned.weights))
            expectClose(logits, [Float](repeating: 0, count: 97))
            #expect(model.weights[name]?.floats != zeros.floats)
        }
    }
}
