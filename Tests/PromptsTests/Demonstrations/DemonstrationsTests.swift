import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Tokenizers

@Suite struct DemonstrationsTests {
    private let pool = (0..<40).map { index in
        Example(fields: ["text": "text \(index)"], label: ["a", "b", "c"][index % 3], id: "\(index)")
    }

    private func drawn(_ shots: Int, _ selection: DemonstrationSelection, seed: UInt64) throws -> [Example] {
        try Demonstrations(
            DemonstrationSettings(shots: shots, selection: selection, seed: seed), from: pool,
            labels: ["a", "b", "c"], fields: ["text"]
        ).examples
    }

    @Test(arguments: [DemonstrationSelection.random, .balanced])
    func `fewer shots are the front of more, and seeds differ`(_ selection: DemonstrationSelection) throws {
        let eight = try drawn(8, selection, seed: 1)
        #expect(try Array(eight.prefix(5)) == drawn(4, selection, seed: 1))
        #expect(try eight != drawn(8, selection, seed: 2))
        #expect(Set(eight).count == 9)
    }

    @Test func `a balanced draw has each label as often, but for a remainder`() throws {
        for shots in [3, 6, 7, 9] {
            let counts = Dictionary(
                grouping: try drawn(shots, .balanced, seed: 5).prefix(shots), by: { $0.label ?? "" }
            ).mapValues(\.count)
            #expect((counts.values.max() ?? 0) - (counts.values.min() ?? 0) <= (shots % 3 == 0 ? 0 : 1))
        }
    }

    @Test func `they come back from JSON as they were`() throws {
        let made = try Demonstrations(
            DemonstrationSettings(instruction: "say", shots: 2, order: .labelGrouped, seed: 7), from: pool,
            labels: ["a", "b", "c"], fields: ["text"])
        let again = try JSONDecoder().decode(Demonstrations.self, from: JSONEncoder().encode(made))
        #expect(again == made)
    }

    @Test func `the model's vectors are the means of its final hidden states, of length 1`() throws {
        let tiny = try Tiny.model()
        let texts = ["5 6 7", "8", "9 10 11 12 13", "5 6 7"]
        let vectors = try ModelVectorizer(tiny).vectors(of: texts)
        for (text, vector) in zip(texts, vectors) {
            let input = ModelInput(
                embeddings: tiny.model.embed(tiny.tokenizer.encode(text), .inference(tiny.weights)),
                lengths: [tiny.tokenizer.encode(text).count],
                readouts: tiny.tokenizer.encode(text).indices.map(Int32.init))
            let hidden = tiny.model.hidden(input, .inference(tiny.weights))
            let (values, width) = (hidden.floats, hidden.shape.width)
            let sums = (0..<width).map { column in
                stride(from: column, to: values.count, by: width).reduce(Float(0)) { $0 + values[$1] }
            }
            expectClose(vector, sums.unit, absolute: 1e-5)
        }
        expectClose(vectors[0], vectors[3], absolute: 1e-5)
    }
}
