import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing

/// Rows of one batch use different prompts: different soft rows, words, lengths and rules.
@Suite struct MixedBatchTests {
    /// Templates and words that differ in everything that matters to packing.
    static func prompts(_ tiny: PretrainedModel) throws -> [Prompt] {
        let soft = Tiny.soft(9, tiny)
        func prompt(
            _ name: String, _ template: String, a: [String], b: [String], rule: ScoringRule = .sum,
            rows: Range<Int>
        ) throws -> Prompt {
            let task = try Tiny.task(template, a: a, b: b, name: name)
            let tensors = rows.isEmpty ? [:] : [SoftPrompt.parameterName: soft.rows(rows)]
            return try Prompt(
                method: rows.isEmpty ? "hard" : "prompt-tuning", task, template: task.template,
                tensors: NamedTensors(tensors), tiny, rule: rule, settings: [:], probing: [])
        }
        return [
            try prompt("hard", "11 12 {text} {answer}", a: ["20"], b: ["30"], rows: 0..<0),
            try prompt("other words", "{text} 13 {answer}", a: ["21", "22"], b: ["31"], rows: 0..<0),
            try prompt("front", "{soft 3}{text} {answer}", a: ["20"], b: ["30"], rows: 0..<3),
            try prompt("long", "{soft 6}11 {text} {answer}", a: ["20 21"], b: ["30"], rows: 3..<9),
            try prompt("inside", "14 {text} {soft 2} {answer}", a: ["20"], b: ["30 31 32"], rows: 2..<4),
            try prompt("behind", "{text} {answer} {soft 1} 50", a: ["20"], b: ["30"], rows: 1..<2),
            try prompt(
                "a token", "{soft 1}{text} {answer}", a: ["20 21"], b: ["30"], rule: .perToken, rows: 5..<6),
        ]
    }

    /// Questions drawn at random.
    static func questions(_ count: Int, _ ids: [Prompt.ID], seed: UInt64) -> [(Example, Prompt.ID)] {
        var random = CounterRandom(seed: seed)
        return (0..<count).map { _ in
            let numbers = (0...Int(random.next() % 8)).map { _ in "\(3 + random.next() % 60)" }
            return (
                Example(fields: ["text": numbers.joined(separator: " ")]),
                ids[Int(random.next() % UInt64(ids.count))]
            )
        }
    }

    @Test(arguments: Tiny.names, [UInt64(1), 2, 3])
    func `a batch of mixed prompts answers each row as it is answered alone`(_ name: String, _ seed: UInt64)
        throws
    {
        let tiny = try Tiny.model(name)
        let prompts = try Self.prompts(tiny)
        let predictor = try Predictor(prompts, tiny)
        let questions = Self.questions(24, prompts.map(\.id), seed: seed)
        let together = try predictor.predict(questions)
        #expect(together.count == questions.count)
        for (index, (example, id)) in questions.enumerated() {
            let alone = try predictor.predict([example], with: id)[0]
            #expect(together[index].label == alone.label && together[index].labels == alone.labels)
            expectClose(
                together[index].probabilities, alone.probabilities, absolute: 1e-5, "row \(index) of '\(id)'")
        }
    }

    @Test func `an unknown name among the rows is an error`() throws {
        let tiny = try Tiny.model()
        let predictor = try Predictor(Self.prompts(tiny), tiny)
        let questions =
            Self.questions(3, ["hard", "absent"], seed: 1) + Self.questions(1, ["absent"], seed: 1)
        #expect(throws: PromptError.self) { try predictor.predict(questions) }
        #expect(try predictor.predict([]).isEmpty)
    }

    @Test func `each owner's rows read its own blocks and soft rows, and no other's`() throws {
        let tiny = try Tiny.model()
        let pass = Pass.inference(tiny.weights)
        func block(_ tokens: [Int32]) -> KeyValues {
            tiny.model.keyValues(
                ModelInput(embeddings: tiny.model.embed(tokens, pass), lengths: [tokens.count]), pass)
        }
        let tensors = [
            PromptTensors(soft: Tiny.soft(2, tiny), pasts: [block([5, 6, 7]), block([8])]), PromptTensors(),
            PromptTensors(soft: Tiny.soft(1, tiny, seed: 3), pasts: [block([9, 10])]),
        ]
        typealias Request = PackedPrompts.Request
        let requests = [
            Request(
                prompt: [.soft(0), .soft(1), .token(3)], candidates: [[4, 5].rows, [6].rows], owner: 0),
            Request(prompt: [11, 12, 13].rows, question: .rows([1, 2]), owner: 1),
            Request(prompt: [.token(4), .soft(0)], candidates: [[7].rows], owner: 2),
            Request(prompt: [11, 12, 14, 15].rows, question: .rows([2]), owner: 1),
            Request(prompt: [.soft(0), .soft(1), .token(9)], candidates: [[4, 6].rows], owner: 0),
        ]
        let packed = PackedPrompts(requests)
        #expect(packed.lengths.prefix(2) == [2, 1])
        let together = tiny.model.hidden(packed.input(tiny.model, tensors, pass), pass)
        for (index, request) in requests.enumerated() {
            var own = request
            own.owner = 0
            let alone = PackedPrompts([own])
            let hidden = tiny.model.hidden(alone.input(tiny.model, [tensors[request.owner]], pass), pass)
            let part = packed.part([index], of: together)
            #expect(part.readings == alone.readings)
            expectClose(part.hidden, hidden, absolute: 1e-5, relative: 1e-5, "request \(index)")
        }
    }
}
