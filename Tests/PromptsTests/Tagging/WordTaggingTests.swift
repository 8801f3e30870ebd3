import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing

@Suite struct WordTaggingTests {
    /// Words 40 and 41 begin a name of one kind or another, 42 goes on with it; the rest is nothing.
    private func rows(_ count: Int, seed: UInt64) throws -> Dataset {
        var random = CounterRandom(seed: seed)
        let examples = (0..<count).map { index -> Example in
            var (tokens, tags) = ([String](), [String]())
            for _ in 0..<3 + Int(random.next() % 4) {
                switch random.next() % 4 {
                case 0: (tokens, tags) = (tokens + ["40", "42"], tags + ["B-PER", "I-PER"])
                case 1: (tokens, tags) = (tokens + ["41"], tags + ["B-ORG"])
                default: (tokens, tags) = (tokens + ["\(50 + random.next() % 30)"], tags + ["O"])
                }
            }
            return Example(
                fields: ["tokens": Self.list(tokens), "tags": Self.list(tags)], id: "row \(index)")
        }
        return try Dataset(name: "tags", examples: examples, metric: .entityF1)
    }

    private static func list(_ items: [String]) -> String {
        "[" + items.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }

    static let choices: [MethodChoice] = {
        var deep = DeepPrompt.Settings()
        (deep.rows, deep.rate, deep.steps, deep.dropout) = (4, .fixed(0.05), 200, 0)
        var tuned = ModelTuning.Settings()
        (tuned.readout, tuned.rate, tuned.steps) = (.classifier, .fixed(3e-3), 120)
        var probe = ModelTuning.Settings.probe
        (probe.rate, probe.steps) = (.fixed(0.05), 200)
        return [.deepPrompt(deep), .modelTuning(tuned), .modelTuning(probe)]
    }()

    @Test(arguments: ["bert", "llama"], choices)
    func `names are found, and the tagger read back tags the same`(_ name: String, _ choice: MethodChoice)
        throws
    {
        let tiny = try name == "bert" ? Tiny.masked() : Tiny.model(name)
        let notes = Notes()
        let prompt = try WordTagging(choice).fit(
            named: "names", rows(32, seed: 1), dev: rows(8, seed: 2), to: tiny, RunContext { notes.add($0) })
        #expect((notes.losses.last ?? 9) < 0.9 * (notes.losses.first ?? 0), "\(notes.losses)")
        let test = try rows(12, seed: 3)
        let tags = try Tagger(prompt, tiny).tags(test.examples)
        let f1 = try Evaluation(tags.map { $0.joined(separator: " ") }, to: test).value
        // The models are random, and what a frozen encoder shows a head is next to nothing; tags of nothing score 0.
        let least = choice.name != ModelTuning.probeName ? 0.6 : name == "llama" ? 0.3 : 0
        #expect(f1 >= least, "\(name), \(choice.name): \(f1)")
        let place = try TemporaryFolder()
        let folder = PromptFolder(place.file("saved"))
        try folder.write(prompt)
        let again = try folder.read(on: CPUBackend.shared)
        #expect(try Tagger(again, tiny).tags(test.examples) == tags)
        // Rows alone are tagged as rows together.
        #expect(try Tagger(again, tiny).tags([test.examples[5]])[0] == tags[5])
        #expect(throws: PromptError.self) { try Predictor([prompt], tiny) }
    }

    @Test func `words that do not fit are tagged as nothing, and every word gets a tag`() throws {
        let tiny = try Tiny.model()
        let prompt = try WordTagging(Self.choices[2]).fit(
            named: "names", rows(8, seed: 1), dev: nil, limit: 12, to: tiny, RunContext())
        let long = Example(fields: ["tokens": Self.list(Array(repeating: "40", count: 20))])
        let tags = try Tagger(prompt, tiny).tags([long])[0]
        #expect(tags.count == 20 && tags.suffix(8).allSatisfy { $0 == "O" })
    }

    @Test func `a row whose tags and tokens differ in number is refused by its name`() throws {
        let tiny = try Tiny.model()
        let bad = try Dataset(
            name: "bad",
            examples: [Example(fields: ["tokens": "[\"5\",\"6\"]", "tags": "[\"O\"]"], id: "row 7")])
        let error = #expect(throws: PromptError.self) {
            try WordTagging(Self.choices[2]).fit(named: "bad", bad, dev: nil, to: tiny, RunContext())
        }
        #expect(description(of: error) == "row 'row 7' has 2 tokens but 1 tags; give each token one tag")
        #expect(throws: DatasetError.self) {
            try WordTagging(Self.choices[2]).fit(
                named: "bad", Dataset(name: "bad", examples: [Example(fields: ["text": "5"])]), dev: nil,
                to: tiny,
                RunContext())
        }
        #expect(throws: PromptError.self) { try WordTagging(.lora(LoRA.Settings())) }
    }

    @Test func `a prompt of labels is no tagger`() throws {
        let tiny = try Tiny.model()
        let error = #expect(throws: PromptError.self) { try Tagger(Tiny.prompt(tiny), tiny) }
        #expect(description(of: error).contains("but must be tagger"))
    }
}
