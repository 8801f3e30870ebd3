import Checkpoints
import Layers
import Models
import Prompts
import Tensors
import TestSupport

/// A masked model that expects a planted word at the mask where a key stands in the text, and otherwise nothing in
/// particular: a synthetic language model whose label words are known.
struct PlantedModel: LanguageModel {
    /// The word that each key makes likely.
    static let words: [Int32: Int32] = [40: 60, 41: 61]
    static let size = 83

    let traits: ModelTraits
    var parameters: [Parameter] { [] }

    /// The model with the tokenizer of numbers.
    static func pretrained() throws -> PretrainedModel {
        let tiny = try Tiny.masked()
        return PretrainedModel(
            model: PlantedModel(traits: tiny.model.traits), weights: tiny.weights, tokenizer: tiny.tokenizer,
            fingerprint: ModelFingerprint(digest: "planted"), name: "planted")
    }

    /// A token's rows are one where the token is.
    func embed(_ tokens: [Int32], _ pass: Pass) -> Tensor {
        var values = [Float](repeating: 0, count: tokens.count * Self.size)
        for (place, token) in tokens.enumerated() { values[place * Self.size + Int(token)] = 1 }
        return Tensor(values, shape: [tokens.count, Self.size], on: CPUBackend.shared)
    }

    /// A row reads the sum of its sequence.
    func encode(_ input: ModelInput, keepsKeyValues: Bool, _ pass: Pass) -> Encoding {
        let sequenceOf = input.lengths.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
        var members = [Float](repeating: 0, count: input.readouts.count * sequenceOf.count)
        for (place, readout) in input.readouts.enumerated() {
            for row in sequenceOf.indices where sequenceOf[row] == sequenceOf[Int(readout)] {
                members[place * sequenceOf.count + row] = 1
            }
        }
        let table = Tensor(members, shape: [input.readouts.count, sequenceOf.count], on: CPUBackend.shared)
        return Encoding(hidden: table.matmul(input.embeddings.transposed()), keyValues: nil)
    }

    func scores(_ hidden: Tensor, vocabulary: [Int32]?, _ pass: Pass) -> Tensor {
        hidden.matmul(outputRows(vocabulary ?? (0..<Int32(Self.size)).map { $0 }, pass))
    }

    func outputRows(_ tokens: [Int32], _ pass: Pass) -> Tensor {
        var values = [Float](repeating: 0, count: tokens.count * Self.size)
        for (place, token) in tokens.enumerated() {
            for (key, word) in Self.words where word == token { values[place * Self.size + Int(key)] = 6 }
        }
        return Tensor(values, shape: [tokens.count, Self.size], on: CPUBackend.shared)
    }
}
