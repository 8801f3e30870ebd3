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

@Suite struct SpanTests {
    /// A context of numbers in which the number behind 40 answers "where is 40", and that behind 41 "where is 41".
    static func rows(_ count: Int, seed: UInt64, length: Int = 10, asked: Int? = nil) throws -> Dataset {
        var random = CounterRandom(seed: seed)
        let examples = (0..<count).map { index -> Example in
            var words = (0..<length).map { _ in "\(50 + random.next() % 30)" }
            let places = [
                Int(random.next() % UInt64(length / 2 - 1)),
                length / 2 + Int(random.next() % UInt64(length / 2 - 1)),
            ]
            (words[places[0]], words[places[1]]) = ("40", "41")
            let which = asked ?? Int(random.next() % 2)
            let answer = places[which] + 1
            let start = words[..<answer].joined(separator: " ").count + 1
            return example(
                words.joined(separator: " "), "\(40 + which)", words[answer], start, id: "row \(index)")
        }
        return try Dataset(name: "spans", examples: examples, metric: .squadF1)
    }

    static func example(
        _ context: String, _ question: String, _ answer: String, _ start: Int?, id: String? = nil
    ) -> Example {
        var fields = ["text": context, "text_b": question, "references": "[\"\(answer)\"]"]
        fields["answer_start"] = start.map { "[\($0)]" }
        return Example(fields: fields, id: id)
    }

    // MARK: Against PyTorch

    @Test func `loss, gradients and ten steps are PyTorch's`() throws {
        let (steps, tiny) = (
            TenSteps(golden: try Golden("prompts/readouts"), part: "span"), try Tiny.masked()
        )
        let (start, soft) = try steps.start(["soft", "score.weight", "score.bias"])
        let objective = SpanObjective(tiny.model) { PromptTensors(soft: $0[soft]) }
        try steps.check(objective, windows(steps), from: start, over: tiny)
    }

    /// The golden's pairs, framed as BERT frames them, behind three soft rows.
    private func windows(_ steps: TenSteps) throws -> [SpanWindow] {
        let golden = steps.golden
        let encoder = SpanEncoder(
            SpanSettings(), PairTokenizer(), softRows: 3, room: 40, isCausal: false)
        let (starts, ends) = (try golden.integers("span.starts"), try golden.integers("span.ends"))
        return try zip(steps.lists("question"), steps.lists("context")).enumerated().map { index, pair in
            func text(_ tokens: [Int32]) -> String { tokens.map(String.init).joined(separator: " ") }
            let row = Example(fields: ["text": text(pair.1), "text_b": text(pair.0)])
            var window = try #require(try encoder.windows(row).first)
            (window.start, window.end) = (starts[index], ends[index])
            return window
        }
    }

    // MARK: Windows

    @Test func `long contexts are read in overlapping windows, and the answer is where it was`() throws {
        let words = (0..<20).map { "\(50 + $0)" }
        var settings = SpanSettings()
        settings.stride = 4
        let encoder = SpanEncoder(settings, PairTokenizer(), softRows: 2, room: 14, isCausal: false)
        let row = Self.example(words.joined(separator: " "), "7 8", "60 61", 30)
        let windows = try encoder.windows(row)
        // 14 rows are two soft ones, [CLS], two of the question, [SEP], seven of the context, [SEP].
        #expect(windows.map(\.places.count) == [7, 7, 7, 7, 4])
        #expect(windows.allSatisfy { $0.rows.count <= 14 && $0.nullPlace == 2 && $0.places.lowerBound == 6 })
        let targets = windows.map { $0.targeting(30..<35) }
        #expect(targets.map(\.start) == [0, 0, 3, 0, 0] && targets.map(\.end) == [0, 0, 4, 0, 0])
        let parts = windows[2].parts
        #expect(parts[2] == 30..<32 && parts[3] == 33..<35)
        #expect(throws: PromptError.self) {
            try SpanEncoder(settings, PairTokenizer(), softRows: 2, room: 6, isCausal: false).windows(row)
        }
    }

    @Test func `an answer inside a word, as before a Korean particle, is taught by the token around it`()
        throws
    {
        let tokenizer = try TokenizerPipeline(
            contentsOf: Golden.folder.appendingPathComponent("tokenizers/smollm2.json"))
        let encoder = SpanEncoder(SpanSettings(), tokenizer, softRows: 0, room: 200, isCausal: true)
        let context = "같은 기회가 보장된다는 게 병무청의 설명이다."
        let place = 15
        let row = Self.example(context, "누구의 설명인가?", "병무청", place)
        let window = try #require(try encoder.windows(row).first).targeting(place..<place + 3)
        let parts =
            window.parts[Int(window.start) - 1].lowerBound..<window.parts[Int(window.end) - 1].upperBound
        #expect(parts == 15..<18)
    }

    // MARK: Learning

    static let choices: [MethodChoice] = {
        var prompt = PromptTuning.Settings()
        (prompt.rows, prompt.rate, prompt.steps) = (3, .fixed(0.03), 12)
        var pseudo = PTuning.Settings()
        (pseudo.rows, pseudo.rate, pseudo.steps, pseudo.encoder) = (
            3, .fixed(0.01), 12, .peftPerceptron(hidden: 16)
        )
        var prefix = PrefixTuning.Settings()
        (prefix.rows, prefix.rate, prefix.steps) = (3, .fixed(0.05), 12)
        prefix.initialisation = .random
        var lora = LoRA.Settings()
        (lora.rate, lora.steps, lora.rank) = (.fixed(0.01), 12, 4)
        var tuned = ModelTuning.Settings()
        (tuned.rate, tuned.steps, tuned.headRate) = (.fixed(3e-3), 12, 3e-2)
        var probe = ModelTuning.Settings.probe
        (probe.rate, probe.steps) = (.fixed(0.05), 12)
        return [
            .promptTuning(prompt), .pTuning(pseudo), .prefixTuning(prefix), .lora(lora), .modelTuning(tuned),
            .modelTuning(probe),
        ]
    }()

    @Test(arguments: ["bert", "llama"], choices)
    func `every method lowers the loss, and the prompt read back gives the same spans`(
        _ name: String, _ choice: MethodChoice
    ) throws {
        let tiny = try name == "bert" ? Tiny.masked() : Tiny.model(name)
        let notes = Notes()
        let prompt = try SpanExtraction(choice).fit(
            named: "spans", Self.rows(16, seed: 1), dev: Self.rows(4, seed: 2), limit: 36, to: tiny,
            RunContext { notes.add($0) })
        #expect(
            (notes.losses.suffix(3).min() ?? 9) < (notes.losses.first ?? 0), "\(choice.name): \(notes.losses)"
        )
        let test = try Self.rows(6, seed: 3).examples
        let answers = try SpanReader(prompt, tiny).answers(test)
        for (row, answer) in zip(test, answers) {
            let place = try #require(answer.start)
            #expect(
                row.fields["text"]?.dropFirst(place).hasPrefix(answer.text) == true && !answer.text.isEmpty)
        }
        let place = try TemporaryFolder()
        let folder = PromptFolder(place.file("saved"))
        try folder.write(prompt)
        let again = try folder.read(on: CPUBackend.shared)
        #expect(try folder.readout == .span)
        #expect(try SpanReader(again, tiny).answers(test).map(\.text) == answers.map(\.text))
        #expect(try SpanReader(again, tiny).answers([test[3]])[0].text == answers[3].text)
        #expect(throws: PromptError.self) { try Tagger(again, tiny) }
    }

    @Test func `model tuning finds answers that it has not seen`() throws {
        var tuned = ModelTuning.Settings()
        (tuned.rate, tuned.steps, tuned.headRate) = (.fixed(3e-3), 120, 3e-3)
        let tiny = try Tiny.masked()
        let prompt = try SpanExtraction(.modelTuning(tuned)).fit(
            named: "spans", Self.rows(96, seed: 1, asked: 0), dev: Self.rows(12, seed: 2, asked: 0),
            limit: 36, to: tiny,
            RunContext())
        let test = try Self.rows(30, seed: 3, asked: 0)
        let answers = try SpanReader(prompt, tiny).answers(test.examples)
        let f1 = try Evaluation(answers.map(\.text), to: test, metric: .squadF1).value
        #expect(f1 > 0.3, "\(f1); one in ten by chance")
    }

    // MARK: Rows that cannot be

    @Test func `an answer that is not where the row says is refused with the row's number`() throws {
        let tiny = try Tiny.masked()
        func message(_ rows: [Example]) throws -> String {
            let error = #expect(throws: PromptError.self) {
                try SpanExtraction(Self.choices[5]).fit(
                    named: "spans", Dataset(name: "spans", examples: rows), dev: nil, to: tiny, RunContext())
            }
            return description(of: error)
        }
        let good = Self.example("5 6 7", "8", "6", 2)
        #expect(
            try message([good, Self.example("5 6 7", "8", "6", 0, id: "q2")])
                == "row 2 ('q2') of 'spans' says that its answer '6' stands at 0, but there the context has '5'; count characters "
                + "(code points) from 0")
        #expect(try message([good, Self.example("5 6 7", "8", "6", 90)]).hasPrefix("row 2 of 'spans' says"))
        #expect(
            try message([Self.example("5 6 7", "8", "9", nil)])
                == "row 1 of 'spans' has the answer '9', which is not in its context")
        #expect(
            try message([Self.example("5 6 7", "8", "", 0)]).hasPrefix(
                "row 1 of 'spans' has no text in the field"))
        var settings = SpanSettings()
        settings.stride = 0
        #expect(throws: PromptError.self) {
            try SpanExtraction(Self.choices[5], settings).fit(
                named: "spans", Dataset(name: "spans", examples: [good]), dev: nil, to: tiny, RunContext())
        }
    }
}

/// Numbers as tokens, framed as BERT frames a pair: 1 first, 2 behind each text.
private struct PairTokenizer: Tokenizer {
    private let numbers = NumberTokenizer(vocabularySize: 83, firstText: 5, isMasked: true)
    var vocabularySize: Int { numbers.vocabularySize }
    var specialTokens: SpecialTokens { numbers.specialTokens }
    var framing: (prefix: [Int32], suffix: [Int32]) { numbers.framing }
    func frame(_ first: [Int32], with second: [Int32]) -> (tokens: [Int32], segments: [Int32]) {
        let tokens = [1] + first + [2] + second + [2]
        return (tokens, tokens.indices.map { $0 < first.count + 2 ? 0 : 1 })
    }
    func encode(_ text: String, parsingSpecial: Bool) -> [Int32] {
        numbers.encode(text, parsingSpecial: parsingSpecial)
    }
    func decode(_ tokens: some Sequence<Int32>) -> String { numbers.decode(tokens) }
    func token(for piece: String) -> Int32? { numbers.token(for: piece) }
    func piece(for token: Int32) -> String? { numbers.piece(for: token) }
}
