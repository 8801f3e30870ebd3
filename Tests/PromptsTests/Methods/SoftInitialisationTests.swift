import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Tokenizers

@Suite struct SoftInitialisationTests {
    private let tiny: PretrainedModel

    init() throws { tiny = try Tiny.model() }

    private func embed(_ tokens: [Int32]) -> [Float] {
        tiny.model.embed(tokens, .inference(tiny.weights)).floats
    }

    private func rows(
        _ start: SoftInitialisation, _ template: String = "{soft 5}{text} {answer}", seed: UInt64 = 1,
        words: EncodedVerbalizer? = nil, on model: PretrainedModel? = nil
    ) throws -> Tensor {
        var random = CounterRandom(seed: seed, stream: 1)
        let model = model ?? tiny
        let tokenizer = model.tokenizer
        let layout = try SoftLayout(Template(template), tokenizer)
        return start.rows(layout, model, words: words, random: &random)
    }

    /// The tokens whose embeddings these rows are, each where there is one.
    private func tokens(_ rows: Tensor) -> [Int32] {
        let (table, values) = (embed((0..<97).map { $0 }), rows.floats)
        return (0..<rows.shape.rows).compactMap { row in
            (0..<97).first { table[$0 * 48..<($0 + 1) * 48] == values[row * 48..<(row + 1) * 48] }.map(
                Int32.init)
        }
    }

    @Test func `a text's tokens are repeated or cut to the number of rows`() throws {
        #expect(try rows(.text("44 45")).floats == embed([44, 45, 44, 45, 44]))
        #expect(try rows(.text("44 45 46 47 48 49 50")).floats == embed([44, 45, 46, 47, 48]))
    }

    @Test func `words in the template start their own rows, whatever the others start from`() throws {
        let mixed = try rows(.text("60"), #"{soft "44 45"}{text}{soft 2} {answer}"#)
        #expect(mixed.floats == embed([44, 45, 60, 60]))
    }

    @Test func `vocabulary rows are different text tokens, the same for the same seed`() throws {
        let first = tokens(try rows(.vocabulary))
        #expect(Set(first).count == 5 && first.allSatisfy { $0 >= 3 })
        #expect(try tokens(rows(.vocabulary)) == first)
        #expect(try tokens(rows(.vocabulary, seed: 2)) != first)
    }

    @Test func `every text token of a small vocabulary is drawn before one comes again`() throws {
        let few = try Tiny.model(tokenizer: NumberTokenizer(vocabularySize: 9, firstText: 3))
        let drawn = tokens(try rows(.vocabulary, "{soft 10}{text} {answer}", on: few))
        #expect(drawn.count == 10 && Set(drawn) == Set(3..<9))
        #expect(Array(drawn[..<4]) == Array(drawn[6...]))
    }

    @Test func `label rows are the words' embeddings, several tokens averaged, then the vocabulary's`() throws
    {
        let task = try Tiny.task(a: ["20"], b: ["30 31"])
        let words = try EncodedVerbalizer(
            task.verbalizer, behind: task.template, tiny.tokenizer, kind: .causal)
        let found = try rows(.labels, words: words)
        #expect(found.shape == [5, 48])
        #expect(Array(found.floats[..<48]) == embed([20]))
        let mean = zip(embed([30]), embed([31])).map { ($0 + $1) / 2 }
        expectClose(Array(found.floats[48..<96]), mean, absolute: 1e-6)
        #expect(tokens(found.rows(2..<5)).count == 3)
        let cut = try rows(.labels, "{soft 1}{text} {answer}", words: words)
        #expect(cut.floats == embed([20]))
    }

    @Test func `random rows lie within half the embeddings' spread, and fill it`() throws {
        let half = tiny.embeddingSpread / 2
        let values = try rows(.random, "{soft 100}{text} {answer}").floats
        #expect(values.count == 4800)
        #expect(values.allSatisfy { abs($0) <= half })
        #expect(values.max() ?? 0 > 0.99 * half && values.min() ?? 0 < -0.99 * half)
        let square = values.reduce(0) { $0 + $1 * $1 } / 4800
        expectClose([square], [half * half / 3], absolute: 0, relative: 0.05)
        #expect(try rows(.random).floats == rows(.random).floats)
        #expect(try rows(.random).floats != rows(.random, seed: 2).floats)
    }

    // MARK: Where the rows stand

    @Test(arguments: [
        ("{text} It was {answer}.", PromptTuning.Placement.front, "{soft 4}{text} It was {answer}."),
        ("{text} It was {answer}.", .middle, "{text}{soft 4} It was {answer}."),
        ("{text} It was {answer}.", .end, "{text} It was{soft 4} {answer}."),
        ("Q: {a} {b}\n{answer}", .middle, "Q: {a}{soft 4} {b}\n{answer}"),
        ("Q: {a} {b}\n{answer}", .end, "Q: {a} {b}\n{soft 4}{answer}"),
        ("It is {answer}", .middle, "{soft 4}It is {answer}"),
        ("{{x}} {text}{answer}", .end, "{{x}} {text}{soft 4}{answer}"),
        ("{answer} {text}", .end, "{soft 4}{answer} {text}"),
        ("{soft 2}{text} {answer}", .end, "{soft 2}{text} {answer}"),
        (#"{text} {soft "so"} {answer}"#, .front, #"{text} {soft "so"} {answer}"#),
    ])
    func `soft rows are put where the settings say, unless the template has its own`(
        _ source: String, _ placement: PromptTuning.Placement, _ expected: String
    ) throws {
        var settings = PromptTuning.Settings()
        (settings.rows, settings.placement) = (4, placement)
        let task = try Tiny.task(source)
        let template = try PromptTuning(settings).template(for: task)
        #expect(template.source == expected)
        // The words behind it are spelled as they were without soft rows.
        let texts = try [task.template, template].map {
            try EncodedVerbalizer(task.verbalizer, behind: $0, tiny.tokenizer, kind: .causal).words.map(
                \.text)
        }
        #expect(texts[0] == texts[1])
    }
}
