import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Tokenizers
import Training

@Suite struct WordTaggingTests {
    /// Words 40 and 41 begin a name of one kind or another, 42 goes on with it; the rest is nothing.
    static func rows(_ count: Int, seed: UInt64) throws -> Dataset {
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
        deep.initialisation = .random
        var tuned = ModelTuning.Settings()
        (tuned.headRate, tuned.rate, tuned.steps) = (3e-3, .fixed(3e-3), 200)
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
            named: "names", Self.rows(32, seed: 1), dev: Self.rows(8, seed: 2), to: tiny,
            RunContext { notes.add($0) })
        #expect((notes.losses.last ?? 9) < 0.9 * (notes.losses.first ?? 0), "\(notes.losses)")
        let test = try Self.rows(12, seed: 3)
        let tags = try Tagger(prompt, tiny).tags(test.examples)
        let f1 = try Evaluation(tags.map { $0.joined(separator: " ") }, to: test).value
        // The models are random, and what a frozen encoder shows a head is next to nothing; tags of nothing score 0.
        let isBlind = choice.name == ModelTuning.probeName && name == "bert"
        let least = choice.name != ModelTuning.probeName ? 0.6 : 0.3
        #expect(isBlind || f1 >= least, "\(name), \(choice.name): \(f1)")
        let place = try TemporaryFolder()
        let folder = PromptFolder(place.file("saved"))
        try folder.write(prompt)
        let again = try folder.read(on: CPUBackend.shared)
        #expect(try Tagger(again, tiny).tags(test.examples) == tags)
        // Rows alone are tagged as rows together.
        #expect(try Tagger(again, tiny).tags([test.examples[5]])[0] == tags[5])
        #expect(throws: PromptError.self) { try Predictor([prompt], tiny) }
    }

    @Test func `loss, gradients and ten steps are PyTorch's`() throws {
        let (steps, tiny) = (TenSteps(golden: try Golden("prompts/readouts"), part: "tag"), try Tiny.masked())
        let kinds = ["O", "B-A", "I-A", "B-B", "I-B"]
        var tags = try steps.golden.integers("tag.tags")[...]
        let examples = try steps.lists("word").map { words in
            defer { tags = tags.dropFirst(words.count) }
            return Example(fields: [
                "tokens": Self.list(words.map(String.init)),
                "tags": Self.list(tags.prefix(words.count).map { kinds[Int($0)] }),
            ])
        }
        let (start, soft) = try steps.start(["soft", "score.weight", "score.bias"])
        let tagger = TokenTagger(
            tags: kinds, width: tiny.model.traits.width, tiny.tokenizer, softRows: 3, limit: 40)
        let objective = TaggingObjective(tagger, tiny.model) { PromptTensors(soft: $0[soft]) }
        let batch = try objective.rows(Dataset(name: "golden", examples: examples))
        try steps.check(objective, batch, from: start, over: tiny)
    }

    @Test func `words that do not fit are tagged as nothing, and every word gets a tag`() throws {
        let tiny = try Tiny.model()
        let prompt = try WordTagging(Self.choices[2]).fit(
            named: "names", Self.rows(8, seed: 1), dev: nil, limit: 12, to: tiny, RunContext())
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
        #expect(
            description(of: error)
                == "row 1 ('row 7') of 'bad' has 2 tokens but 1 tags; give each token one tag")
        #expect(throws: DatasetError.self) {
            try WordTagging(Self.choices[2]).fit(
                named: "bad", Dataset(name: "bad", examples: [Example(fields: ["text": "5"])]), dev: nil,
                to: tiny,
                RunContext())
        }
    }

    @Test(arguments: ["bert", "llama"], SpanTests.choices)
    func `every method lowers the loss beneath the tags, and is read back`(
        _ name: String, _ choice: MethodChoice
    ) throws {
        let tiny = try name == "bert" ? Tiny.masked() : Tiny.model(name)
        let notes = Notes()
        let prompt = try WordTagging(choice).fit(
            named: "names", Self.rows(16, seed: 1), dev: Self.rows(4, seed: 2), to: tiny,
            RunContext { notes.add($0) })
        #expect(
            (notes.losses.suffix(3).min() ?? 9) < (notes.losses.first ?? 0), "\(choice.name): \(notes.losses)"
        )
        let place = try TemporaryFolder()
        let folder = PromptFolder(place.file("saved"))
        try folder.write(prompt)
        let test = try Self.rows(6, seed: 3).examples
        let again = try Tagger(folder.read(on: CPUBackend.shared), tiny)
        #expect(try again.tags(test) == Tagger(prompt, tiny).tags(test))
    }

    @Test func `tags that are none are refused by row, and tags that begin nothing are told`() throws {
        let tiny = try Tiny.model()
        func row(_ tags: String) -> Example { Example(fields: ["tokens": "[\"5\",\"6\"]", "tags": tags]) }
        func fit(_ rows: [Example], _ notes: Notes = Notes()) throws -> Prompt {
            try WordTagging(Self.choices[2]).fit(
                named: "t", Dataset(name: "t", examples: rows), dev: nil, to: tiny,
                RunContext { notes.add($0) })
        }
        for bad in ["PER", "B-", "b-PER", ""] {
            let error = #expect(throws: PromptError.self) {
                try fit([row("[\"O\",\"O\"]"), row("[\"O\",\"\(bad)\"]")])
            }
            #expect(description(of: error).hasPrefix("row 2 of 't' has the tag '\(bad)'; tags are O, B-KIND"))
        }
        let notes = Notes()
        let prompt = try fit([row("[\"O\",\"I-PER\"]"), row("[\"B-PER\",\"I-ORG\"]")], notes)
        #expect(notes.warnings.contains { $0.hasPrefix("2 tags I-KIND") })
        #expect(prompt.manifest.verbalizer.labels == ["O", "B-ORG", "I-ORG", "B-PER", "I-PER"])
    }

    @Test func `characters are tagged by the tokens that they are of, and spaces by their neighbours`() throws
    {
        let file = Golden.folder.appendingPathComponent("tokenizers/smollm2.json")
        let tagger = TokenTagger(
            tags: ["O", "B-X", "I-X"], width: 8, try TokenizerPipeline(contentsOf: file), limit: 100)
        let text = "see the film"
        let characters = text.map { String($0) }
        let row = try tagger.encode(Example(fields: ["tokens": Self.list(characters), "text": text]))
        #expect(row.count == 12 && row.readings.count == 12)
        #expect(row.readings[3] == .nothing && row.readings[0] == .own(0) && row.readings.contains(.shared))
        var read = row.places.map { _ in "O" }
        for (index, reading) in row.readings.enumerated() {
            if case .own(let place) = reading, index >= 4 { read[place] = index == 4 ? "B-X" : "I-X" }
        }
        let tags = row.tags(read)
        // "the film" is one name, its space within.
        #expect(tags == ["O", "O", "O", "O", "B-X"] + Array(repeating: "I-X", count: 7))
        // Words that the tokenizer makes nothing of, and words parted by spaces.
        let words = try tagger.encode(Example(fields: ["tokens": "[\"see\",\"\",\"film\"]"]))
        #expect(
            words.readings == [.own(0), .nothing, .own(1)]
                && words.tags(["B-X", "I-X"]) == ["B-X", "I-X", "I-X"])
        let cut = TokenTagger(tags: ["O"], width: 8, try TokenizerPipeline(contentsOf: file), limit: 1)
        let short = try cut.encode(Example(fields: ["tokens": Self.list(["see", "the", "film"])]))
        #expect(short.readings.count == 1 && short.tags(["O"]) == ["O", "O", "O"])
    }

    @Test func `a prompt of labels is no tagger`() throws {
        let tiny = try Tiny.model()
        let error = #expect(throws: PromptError.self) { try Tagger(Tiny.prompt(tiny), tiny) }
        #expect(description(of: error).contains("but must be tagger"))
    }
}
