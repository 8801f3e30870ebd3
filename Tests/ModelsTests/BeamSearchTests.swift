import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// What transformers' `generate` finds, and what its processors leave to draw from.
struct GenerationRecord: Decodable {
    struct Search: Decodable, CustomTestStringConvertible {
        var model, after, stop: String
        var width: Int
        var penalty: Float
        var ends: [Int32]
        var found: [Found]
        var testDescription: String { "\(model) \(after) \(width) \(penalty) \(stop) \(ends)" }
    }

    struct Found: Decodable {
        var tokens: [Int32]
        var stopped: Bool
        var score: Float
    }

    struct Draw: Decodable {
        struct Settings: Decodable {
            var temperature, topP, repetitionPenalty: Float?
            var topK: Int?
        }
        var settings: Settings
        var probabilities: [Double]
    }

    var limit: Int
    var beams: [Search]
    var logits: [Float]
    var generated: [Int32]
    var draws: [Draw]

    static func read() throws -> GenerationRecord {
        let file = Golden.folder.appendingPathComponent("models/generation.json")
        return try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
    }
}

@Suite struct BeamSearchTests {
    private func generator(_ tiny: TinyModel) throws -> Generator {
        // Beams need no tokenizer, but a model comes with one.
        let other = try PretrainedModel(
            contentsOf: Golden.folder.appendingPathComponent("command_line/model"), on: CPUBackend.shared)
        return Generator(
            PretrainedModel(
                model: tiny.model, weights: tiny.weights, tokenizer: other.tokenizer,
                fingerprint: other.fingerprint))
    }

    private func input(_ tiny: TinyModel, _ place: String) throws -> ModelInput {
        let sequences = try tiny.sequences
        switch place {
        case "soft": return tiny.softInput(try tiny.golden.tensor("soft.start"), [sequences[0]], tiny.pass)
        case "third": return tiny.input(sequences[2])
        default: return tiny.input(sequences[0])
        }
    }

    @Test func `beams are those of transformers, in order and with their scores`() throws {
        let record = try GenerationRecord.read()
        #expect(record.beams.count > 100)
        for name in Set(record.beams.map(\.model)).sorted() {
            let tiny = try TinyModel(name)
            let generator = try generator(tiny)
            for search in record.beams where search.model == name {
                let stop = try #require(BeamSettings.Stop(rawValue: search.stop))
                let settings = GenerationSettings(tokenLimit: record.limit, stopTokens: Set(search.ends))
                let found = try generator.beams(
                    after: input(tiny, search.after),
                    BeamSettings(width: search.width, lengthPenalty: search.penalty, stop: stop), settings)
                let words = search.testDescription
                #expect(found.map(\.tokens) == search.found.map(\.tokens), "\(words)")
                #expect(found.map { $0.end == .stop } == search.found.map(\.stopped), "\(words)")
                expectClose(
                    found.map(\.score), search.found.map(\.score), absolute: 1e-4, relative: 1e-4, words)
            }
        }
    }

    @Test(arguments: ["gemma3", "llama"])
    func `a beam's score is that of its text read in one piece, behind any pasts`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let text = try tiny.sequences[2]
        let past = tiny.model.keyValues(tiny.input(Array(text[..<6])), tiny.pass)
        let settings = GenerationSettings(tokenLimit: 8, stopTokens: [7, 11, 23])
        let beams = BeamSettings(width: 4, lengthPenalty: 0, stop: .whenImpossible)
        let generator = try generator(tiny)
        let found = try generator.beams(after: tiny.input(Array(text[6...]), pasts: [past]), beams, settings)
        let alone = try generator.beams(after: tiny.input(text), beams, settings)
        #expect(found.map(\.tokens) == alone.map(\.tokens) && found.count == 4)
        for hypothesis in found where hypothesis.end == .tokenLimit {
            let whole = text + hypothesis.tokens
            let logits = tiny.model.logits(tiny.input(whole), tiny.pass).logSoftmax()
            let sum = hypothesis.tokens.indices.reduce(Float(0)) { sum, index in
                let row = text.count + index - 1
                return sum + logits.rows(row..<row + 1).floats[Int(hypothesis.tokens[index])]
            }
            expectClose([hypothesis.score], [sum], absolute: 1e-4, relative: 1e-4)
        }
    }

    @Test func `one beam is greedy, no more is found than there is room for, and an empty prompt is refused`()
        throws
    {
        let tiny = try TinyModel("llama")
        let generator = try generator(tiny)
        let one = try generator.beams(
            after: tiny.input(try tiny.sequences[0]), BeamSettings(width: 1),
            GenerationSettings(tokenLimit: 12))
        #expect(one.map(\.tokens) == [try tiny.golden.integers("greedy.tokens")])
        let limit = tiny.model.traits.contextLength
        let long = (0..<limit - 2).map { Int32($0 % 90) + 3 }
        let full = try generator.beams(
            after: tiny.input(long), BeamSettings(width: 2), GenerationSettings(tokenLimit: 50))
        #expect(full.allSatisfy { $0.end == .contextFull && $0.tokens.count == 3 })
        let none = try generator.beams(
            after: tiny.input([5]), BeamSettings(width: 2), GenerationSettings(tokenLimit: 0))
        #expect(none.isEmpty)
        let tooLong = tiny.input(Array(repeating: 5, count: limit) + [5])
        #expect(throws: ModelError.tooLong(positions: limit + 1, limit: limit)) {
            try generator.beams(after: tooLong, BeamSettings(width: 2), GenerationSettings())
        }
    }
}
