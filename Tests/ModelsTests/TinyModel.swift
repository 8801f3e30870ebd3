import Checkpoints
import Foundation
import Layers
import Models
import Tensors
import TestSupport

/// A tiny model of `Tests/Goldens/models` with what its oracle recorded.
struct TinyModel: Sendable {
    static let names = [
        "gemma3", "gpt2", "llama", "llama_scaled", "llama_untied", "mistral", "mistral_open", "qwen2",
        "qwen3",
    ]

    let model: any LanguageModel
    let weights: NamedTensors
    let golden: Golden

    init(_ name: String) throws {
        (model, weights) = try Self.load(name)
        golden = try Golden("models/\(name)/golden")
    }

    /// The plan and the weights of a folder that need not have a golden.
    static func load(_ name: String) throws -> (model: any LanguageModel, weights: NamedTensors) {
        let folder = Golden.folder.appendingPathComponent("models/\(name)")
        return try PretrainedModel.load(ModelSource(contentsOf: folder), on: CPUBackend.shared)
    }

    /// What transformers calls a weight of ours, where a family's names differ.
    static func transformersName(_ name: String, _ model: String) -> String {
        // Where the output matrix is a table of its own, so is its bias.
        if model == "xlm_roberta", name == "lm_head.bias" { return "lm_head.decoder.bias" }
        guard model == "distilbert" else { return name }
        let parts = [
            ("encoder.layer", "transformer.layer"), ("attention.self.query", "attention.q_lin"),
            ("attention.self.key", "attention.k_lin"), ("attention.self.value", "attention.v_lin"),
            ("attention.output.dense", "attention.out_lin"), ("attention.output.LayerNorm", "sa_layer_norm"),
            ("intermediate.dense", "ffn.lin1"), ("output.dense", "ffn.lin2"),
            ("output.LayerNorm", "output_layer_norm"),
        ]
        return parts.reduce(name) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }

    var pass: Pass { .inference(weights) }

    var lengths: [Int] { get throws { try golden.integers("lengths").map { Int($0) } } }

    /// The token rows of the golden, one a sequence.
    var sequences: [[Int32]] {
        get throws {
            let tokens = try golden.integers("tokens")
            var start = 0
            return try lengths.map { length in
                defer { start += length }
                return Array(tokens[start..<start + length])
            }
        }
    }

    /// All rows as readouts.
    static func all(_ count: Int) -> [Int32] { (0..<Int32(count)).map { $0 } }

    /// One sequence of tokens behind some pasts, every row read.
    func input(_ tokens: [Int32], pasts: [KeyValues] = []) -> ModelInput {
        ModelInput(
            embeddings: model.embed(tokens, pass), lengths: [tokens.count], pasts: pasts,
            pastsOf: [Array(pasts.indices)], readouts: Self.all(tokens.count))
    }

    /// Sequences packed end to end, every row read.
    func packed(_ sequences: [[Int32]]) -> ModelInput {
        let tokens = sequences.flatMap { $0 }
        return ModelInput(
            embeddings: model.embed(tokens, pass), lengths: sequences.map(\.count),
            readouts: Self.all(tokens.count))
    }

    /// Each sequence behind the same soft rows; the last row of each is read unless `readsAll`.
    func softInput(_ soft: Tensor, _ sequences: [[Int32]], readsAll: Bool = false, _ pass: Pass) -> ModelInput
    {
        let count = soft.shape.rows
        var index: [Int32] = []
        var next = Int32(count)
        for sequence in sequences {
            index += Self.all(count)
            index += sequence.indices.map { Int32($0) + next }
            next += Int32(sequence.count)
        }
        let rows = Tensor.rows(index, of: [soft, model.embed(sequences.flatMap { $0 }, pass)])
        return ModelInput(
            embeddings: rows, lengths: sequences.map { $0.count + count },
            readouts: readsAll ? Self.all(index.count) : nil)
    }
}
