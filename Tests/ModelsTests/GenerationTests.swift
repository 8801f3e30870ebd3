import Layers
import Models
import Tensors
import TestSupport
import Testing

@Suite struct GenerationTests {
    private func settings(_ limit: Int, stop: Set<Int32> = []) -> GenerationSettings {
        GenerationSettings(tokenLimit: limit, stopTokens: stop)
    }

    private func stream(
        _ tiny: TinyModel, _ input: ModelInput, _ settings: GenerationSettings
    ) throws -> TokenStream {
        try TokenStream(tiny.model, weights: tiny.weights, after: input, settings)
    }

    @Test(arguments: TinyModel.names)
    func `a greedy continuation is transformers', with and without soft rows`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let first = try tiny.sequences[0]
        let plain = try stream(tiny, tiny.input(first), settings(12))
        #expect(Array(plain) == (try tiny.golden.integers("greedy.tokens")))
        #expect(plain.end == .tokenLimit)
        let soft = tiny.softInput(try tiny.golden.tensor("soft.start"), [first], tiny.pass)
        #expect(
            Array(try stream(tiny, soft, settings(12))) == (try tiny.golden.integers("soft.greedy.tokens")))
    }

    @Test(arguments: TinyModel.names)
    func `a cached row scores as the whole text does, past every growth of the cache`(_ name: String) throws {
        let tiny = try TinyModel(name)
        var random = CounterRandom(seed: 4)
        let text = (0..<40).map { _ in Int32(random.next() % 90) + 3 }
        let whole = tiny.model.logits(tiny.input(text), tiny.pass)
        let past = tiny.model.keyValues(tiny.input(Array(text[..<3])), tiny.pass)
        let start = tiny.model.keyValues(tiny.input(Array(text[3..<5]), pasts: [past]), tiny.pass)
        let cache = DecodingCache(start)
        var rows: [Tensor] = []
        for token in text[5...] {
            let input = tiny.input([token], pasts: [past, cache.keyValues])
            let encoding = tiny.model.encode(input, keepsKeyValues: true, tiny.pass)
            cache.append(try #require(encoding.keyValues))
            rows.append(tiny.model.scores(encoding.hidden, vocabulary: nil, tiny.pass))
        }
        #expect(cache.count == 37)
        // One row and many rows are multiplied by different kernels, and forty rows of rounding add up.
        expectClose(Tensor.joinRows(rows), whole.rows(5..<40), absolute: 1e-4, relative: 1e-4, name)
    }

    @Test func `what a cache has given out stays as it was`() {
        let backend = CPUBackend.shared
        func block(_ value: Float, _ rows: Int) -> KeyValues {
            let keys = Tensor(repeating: value, shape: [rows, 2], on: backend)
            return KeyValues(layers: [(keys, keys.scaled(by: -1))])
        }
        let cache = DecodingCache(block(1, 1))
        var views: [KeyValues] = []
        for value in 2...40 {
            views.append(cache.keyValues)
            cache.append(block(Float(value), 1))
        }
        for (index, view) in views.enumerated() {
            let expected: [Float] = (0...index).flatMap { [Float]([Float($0 + 1), Float($0 + 1)]) }
            #expect(view.layers[0].keys.floats == expected)
        }
        #expect(cache.keyValues.layers[0].values.floats.last == -40)
    }

    @Test func `a stop token ends the text and is no part of it`() throws {
        let tiny = try TinyModel("llama")
        let expected = try tiny.golden.integers("greedy.tokens")
        let stop = expected[5]
        let tokens = try stream(tiny, tiny.input(try tiny.sequences[0]), settings(12, stop: [stop]))
        #expect(Array(tokens) == Array(expected.prefix { $0 != stop }))
        #expect(tokens.end == .stop)
        #expect(tokens.next() == nil)
    }

    @Test func `the last position of the context is used and none beyond`() throws {
        let tiny = try TinyModel("llama")
        let limit = tiny.model.traits.contextLength
        let text = (0..<limit - 2).map { Int32($0 % 90) + 3 }
        let tokens = try stream(tiny, tiny.input(text), settings(100))
        #expect(Array(tokens).count == 3)
        #expect(tokens.end == .contextFull)
        let tooLong = tiny.model.embed(Array(repeating: 5, count: limit + 1), tiny.pass)
        #expect(throws: ModelError.tooLong(positions: limit + 1, limit: limit)) {
            try stream(tiny, ModelInput(embeddings: tooLong, lengths: [limit + 1]), settings(1))
        }
    }

    @Test(arguments: [
        (["\n\n"], ["one", " two\n", "\nthree"], "one two"),
        (["END"], ["E", "N", "E", "ND", "x"], "EN"),
        (["abc", "bx"], ["aab", "x"], "aa"),
        (["가나"], ["가", "다가", "나"], "가다"),
        ([], ["all", " of it"], "all of it"),
        (["", "never"], ["nev", "e"], "neve"),
    ])
    func `a stop text is cut wherever its pieces fall`(
        _ stops: [String], _ pieces: [String], _ expected: String
    ) {
        var scanner = StopScanner(stops)
        var text = pieces.reduce("") { $0 + scanner.append($1) }
        if !scanner.isStopped { text += scanner.finish() }
        #expect(text == expected)
    }
}
