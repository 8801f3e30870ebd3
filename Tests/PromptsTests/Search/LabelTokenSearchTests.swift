import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Tokenizers

@Suite struct LabelTokenSearchTests {
    @Test(arguments: ["bert", "llama", "gpt2"])
    func `planted output embeddings are found`(_ name: String) throws {
        let tiny = name == "bert" ? try Tiny.masked() : try Tiny.model(name)
        let planted: [Int32] = [50, 33, 61]
        let rows = tiny.model.outputRows(planted, .inference(tiny.weights))
        // A regression whose classes are output embeddings: far from the others, each finds its own.
        let found = LabelTokenSearch().tokens(
            LabelTokenSearch.Regression(
                weight: rows.scaled(by: 2),
                bias: Tensor(squares(rows).map { -$0 }, shape: [3], on: CPUBackend.shared)), tiny)
        #expect(found.map(\.count) == [Int](repeating: found[0].count, count: 3))
        for (label, token) in planted.enumerated() {
            #expect(found[label].first == token, "\(name): \(found[label].prefix(12))")
        }
        #expect(Set(found[0]).isDisjoint(with: tiny.tokenizer.specialTokens.all))
    }

    private func squares(_ rows: Tensor) -> [Float] {
        (0..<rows.shape.rows).map { row in rows.rows(row..<row + 1).floats.reduce(0) { $0 + $1 * $1 } }
    }

    @Test(arguments: ["bert", "llama", "gpt2"])
    func `output rows are what scores are products with`(_ name: String) throws {
        let tiny = name == "bert" ? try Tiny.masked() : try Tiny.model(name)
        let pass = Pass.inference(tiny.weights)
        let input = ModelInput(embeddings: tiny.model.embed([40, 41, 42], pass), lengths: [3])
        let hidden = tiny.model.hidden(input, pass)
        let tokens: [Int32] = [7, 60, 33]
        let product = tiny.model.outputStates(hidden, pass).matmul(tiny.model.outputRows(tokens, pass))
        let scores = tiny.model.scores(hidden, vocabulary: tokens, pass)
        let none = tiny.model.scores(
            Tensor(repeating: 0, shape: hidden.shape, on: hidden.backend), vocabulary: tokens, pass)
        // A masked model's head adds a bias of each token, which is no part of its row.
        guard name == "bert" else { return expectClose(product, scores, absolute: 1e-4, name) }
        let other = tiny.model.hidden(
            ModelInput(embeddings: tiny.model.embed([50], pass), lengths: [1]), pass)
        let difference = tiny.model.scores(other, vocabulary: tokens, pass) - scores
        let products =
            tiny.model.outputStates(other, pass).matmul(tiny.model.outputRows(tokens, pass)) - product
        expectClose(products, difference, absolute: 1e-4, name)
        #expect(none.shape == scores.shape)
    }

    @Test func `the regression tells apart what can be told apart`() throws {
        let states = Tensor(
            [2, 0.1, 1.9, -0.2, -2, 0.3, -2.1, 0, 2.2, 0, -1.8, -0.1], shape: [6, 2], on: CPUBackend.shared)
        var settings = LabelTokenSearch.Settings()
        (settings.epochs, settings.rate) = (100, 0.05)
        let learned = try LabelTokenSearch(settings).regression(states, [0, 0, 1, 1, 0, 1], count: 2)
        let scores = states.matmul(learned.weight, bias: learned.bias)
        let labels = (0..<6).map { row -> Int in
            let pair = scores.rows(row..<row + 1).floats
            return pair[0] > pair[1] ? 0 : 1
        }
        #expect(labels == [0, 0, 1, 1, 0, 1])
    }

    @Test(arguments: ["bert", "llama"])
    func `a label gets so many words, none twice, each one token behind the template`(_ name: String) throws {
        let tiny = name == "bert" ? try Tiny.masked() : try Tiny.model(name)
        var settings = LabelTokenSearch.Settings()
        (settings.wordsPerLabel, settings.epochs) = (3, 10)
        let task = try Tiny.task("{text} {soft 2} {answer}", limit: 30)
        let found = try LabelTokenSearch(settings).words(Tiny.rows(8), task, tiny)
        #expect(found.labels == ["a", "b"] && found.entries.allSatisfy { $0.words.count == 3 })
        let encoded = try EncodedVerbalizer(
            found, behind: task.template, tiny.tokenizer, kind: tiny.promptKind())
        #expect(encoded.longestAnswer == 1)
        #expect(try LabelTokenSearch(settings).words(Tiny.rows(8), task, tiny) == found)
    }
}
