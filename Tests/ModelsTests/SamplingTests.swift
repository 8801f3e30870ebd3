import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite struct SamplingTests {
    private func settings(_ settings: GenerationRecord.Draw.Settings, seed: UInt64 = 1) -> SamplingSettings {
        SamplingSettings(
            temperature: settings.temperature ?? 1, topK: settings.topK, topP: settings.topP ?? 1,
            repetitionPenalty: settings.repetitionPenalty ?? 1, seed: seed)
    }

    private func probabilities(_ distribution: TokenDistribution, _ count: Int) -> [Double] {
        var result = [Double](repeating: 0, count: count)
        for (token, probability) in zip(distribution.tokens, distribution.probabilities) {
            result[Int(token)] = probability
        }
        return result
    }

    @Test func `what may be drawn has the probabilities of transformers' processors`() throws {
        let record = try GenerationRecord.read()
        #expect(record.draws.count == 8)
        for draw in record.draws {
            let found = settings(draw.settings).distribution(record.logits, after: record.generated)
            expectClose(
                probabilities(found, record.logits.count).map(Float.init), draw.probabilities.map(Float.init),
                absolute: 1e-6, relative: 1e-4, "\(draw.settings)")
        }
    }

    @Test func `tokens are drawn as often as their probabilities say`() throws {
        let record = try GenerationRecord.read()
        let draws = 20_000
        for draw in record.draws {
            let distribution = settings(draw.settings).distribution(record.logits, after: record.generated)
            var random = CounterRandom(seed: 3)
            var counts = [Int](repeating: 0, count: record.logits.count)
            for _ in 0..<draws { counts[Int(distribution.draw(&random))] += 1 }
            // Pearson's statistic over the tokens that are expected at least five times.
            var (statistic, freedom) = (0.0, -1.0)
            for (count, probability) in zip(counts, draw.probabilities) {
                if probability == 0 { #expect(count == 0) }
                let expected = probability * Double(draws)
                guard expected >= 5 else { continue }
                statistic += pow(Double(count) - expected, 2) / expected
                freedom += 1
            }
            // Five deviations above its mean.
            #expect(statistic <= freedom + 5 * max(2 * freedom, 0).squareRoot() + 1, "\(draw.settings)")
        }
    }

    @Test(arguments: ["gemma3", "gpt2", "llama"])
    func `a seed decides the text, and one token at a time is drawn as from the whole text`(_ name: String)
        throws
    {
        let tiny = try TinyModel(name)
        let first = try tiny.sequences[0]
        func text(_ seed: UInt64) throws -> [Int32] {
            let sampling = SamplingSettings(
                temperature: 1.5, topK: 40, topP: 0.95, repetitionPenalty: 1.1, seed: seed)
            return Array(
                try TokenStream(
                    tiny.model, weights: tiny.weights, after: tiny.input(first),
                    GenerationSettings(choice: .sampling(sampling), tokenLimit: 20)))
        }
        let drawn = try text(5)
        let (again, other) = (try text(5), try text(6))
        #expect(drawn.count == 20 && drawn == again && drawn != other)
        // Uncached: every token from a pass over all before it, with the same random numbers.
        let sampling = SamplingSettings(temperature: 1.5, topK: 40, topP: 0.95, repetitionPenalty: 1.1)
        var random = CounterRandom(seed: 5)
        var tokens: [Int32] = []
        for _ in 0..<20 {
            let whole = first + tokens
            let logits = tiny.model.logits(tiny.input(whole), tiny.pass).rows(whole.count - 1..<whole.count)
            tokens.append(sampling.distribution(logits.floats, after: tokens).draw(&random))
        }
        #expect(tokens == drawn)
    }

    @Test func `pieces of a text come as an asynchronous stream`() async throws {
        let model = try PretrainedModel(
            contentsOf: Golden.folder.appendingPathComponent("command_line/model"), on: CPUBackend.shared)
        let settings = GenerationSettings(tokenLimit: 12)
        var text = ""
        for try await piece in Generator(model).pieces(after: "The film", settings) { text += piece }
        #expect(text == Array(try Generator(model).text(after: "The film", settings)).joined())
        let tooLong = String(repeating: "film ", count: model.model.traits.contextLength + 1)
        await #expect(throws: ModelError.self) {
            for try await _ in Generator(model).pieces(after: tooLong, settings) {}
        }
    }
}
