import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing

@Suite struct PackedPromptsTests {
    /// Prompts with candidates that are packed in one way or another.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var requests: [PackedPrompts.Request]
        var testDescription: String { name }

        init(_ name: String, _ requests: [(prompt: [PromptRow], candidates: [[PromptRow]])]) {
            self.name = name
            self.requests = requests.map { .init(prompt: $0.prompt, candidates: $0.candidates) }
        }

        static let soft = (0..<3).map(PromptRow.soft)
        static let long: [Int32] = [9, 8, 7, 6, 5, 4, 3, 12, 13]
        static let words: [[Int32]] = [
            [21, 22], [21, 23, 24], [21], [25], [21, 23, 26, 27], [28, 29, 30],
        ]

        static let all = [
            Case("one prompt", [([5, 6, 7].rows, [[20].rows])]),
            Case("one row", [([5].rows, [[20].rows, [21, 22].rows])]),
            Case("nothing shared", [([5, 6].rows, [[20].rows]), ([7].rows, [[20].rows, [21].rows])]),
            Case(
                "a shared start",
                [
                    ((long + [40]).rows, [[20].rows, [21].rows]), ((long + [41, 42, 43]).rows, [[20].rows]),
                    (long.rows, [[21].rows]),
                ]),
            Case("equal prompts", [([5, 6, 7].rows, [[20].rows]), ([5, 6, 7].rows, [[21].rows])]),
            Case("soft rows in front", [(soft + [5, 6].rows, [[20].rows]), (soft + [7].rows, [[20].rows])]),
            Case(
                "soft rows in the middle",
                [([5].rows + soft + [6].rows, [[20].rows]), ([7].rows + soft + [6].rows, [[20].rows])]),
            Case(
                "soft rows at the end",
                [([5].rows + soft, [[20].rows]), ([6, 7].rows + soft, [[20, 21].rows])]),
            Case("soft rows alone", [(soft, [[20].rows]), (soft + [.soft(0)], [[20, 21].rows])]),
            Case(
                "words of several tokens",
                [(soft + [5, 6].rows, words.map(\.rows)), (soft + long.rows, words.map(\.rows))]),
            Case(
                "text and soft rows behind the answer",
                [
                    (
                        soft + [5].rows,
                        [[20, 21], [20, 22], [23]].map { $0.rows + [6].rows + soft + [7, 8].rows }
                    ),
                    ([5].rows, [[20], [21]].map { $0.rows + [9, 9, 9].rows }),
                    ([5].rows, [[20].rows + soft]),
                ]),
        ]
    }

    @Test(arguments: Tiny.names, Case.all)
    func `packed rows score as every prompt with every candidate does alone`(_ name: String, _ item: Case)
        throws
    {
        let tiny = try Tiny.model(name)
        let (soft, pass) = (Tiny.soft(3, tiny), Pass.inference(tiny.weights))
        for sharesPrefix in [true, false] {
            let packed = PackedPrompts(item.requests, sharesPrefix: sharesPrefix)
            let scores = tiny.model.logits(packed.input(tiny.model, soft: soft, pass), pass).logSoftmax()
            let (values, width) = (scores.floats, scores.shape.width)
            for (request, steps) in zip(item.requests, packed.steps) {
                #expect(steps.count == request.candidates.count)
                for (candidate, places) in zip(request.candidates, steps) {
                    expectClose(
                        places.map { values[$0.readout * width + Int($0.token)] },
                        Tiny.steps(request.prompt, candidate, soft: soft, tiny), absolute: 1e-5,
                        relative: 1e-5,
                        "\(name), \(item.name)")
                }
            }
        }
    }

    @Test(arguments: Tiny.names)
    func `blocks of the past stand in front of what is packed`(_ name: String) throws {
        let tiny = try Tiny.model(name)
        let (soft, pass) = (Tiny.soft(3, tiny), Pass.inference(tiny.weights))
        let front: [Int32] = [11, 12, 13]
        let past = tiny.model.keyValues(
            ModelInput(embeddings: tiny.model.embed(front, pass), lengths: [3]), pass)
        let packed = PackedPrompts([
            .init(prompt: Case.soft + [5].rows, candidates: [[20, 21].rows]),
            .init(prompt: Case.soft + [6].rows, candidates: [[20].rows]),
        ])
        let scores = tiny.model.logits(packed.input(tiny.model, soft: soft, pass, pasts: [past]), pass)
            .logSoftmax()
        let found = packed.steps[0][0].map { scores.floats[$0.readout * scores.shape.width + Int($0.token)] }
        let expected = Tiny.steps(front.rows + Case.soft + [5].rows, [20, 21].rows, soft: soft, tiny)
        expectClose(found, expected, absolute: 1e-5, relative: 1e-5, name)
    }

    private func step(_ readout: Int, _ token: Int32) -> PackedPrompts.Step {
        .init(readout: readout, token: token)
    }

    @Test func `two prompts with a fork are five sequences and four readouts`() {
        let words = [[5, 6].rows, [5, 7].rows]
        let packed = PackedPrompts([
            .init(prompt: [1, 2, 3].rows, candidates: words),
            .init(prompt: [1, 2, 4].rows, candidates: words),
        ])
        #expect(packed.rows == [1, 2, 3, 5, 4, 5].rows)
        #expect(packed.lengths == [2, 1, 1, 1, 1])
        #expect(packed.ancestors == [[], [0], [0, 1], [0], [0, 3]])
        #expect(packed.readouts == [2, 3, 4, 5])
        #expect(packed.steps[0] == [[step(0, 5), step(1, 6)], [step(0, 5), step(1, 7)]])
        #expect(packed.steps[1] == [[step(2, 5), step(3, 6)], [step(2, 5), step(3, 7)]])
    }

    @Test func `a run without a fork is one sequence, read at each of its rows`() {
        let packed = PackedPrompts([.init(prompt: [1].rows, candidates: [[5, 6, 7].rows, [5, 6].rows])])
        #expect(packed.rows == [1, 5, 6].rows && packed.lengths == [1, 2] && packed.ancestors == [[], [0]])
        #expect(packed.readouts == [0, 1, 2])
        #expect(packed.steps == [[[step(0, 5), step(1, 6), step(2, 7)], [step(0, 5), step(1, 6)]]])
    }

    @Test func `soft rows behind the answer are read and not predicted`() {
        let candidate = [5].rows + [.soft(0), .soft(1)] + [6].rows
        let packed = PackedPrompts([.init(prompt: [1].rows, candidates: [candidate])])
        #expect(packed.rows == [1, 5].rows + [.soft(0), .soft(1)])
        #expect(packed.steps == [[[step(0, 5), step(3, 6)]]])
    }

    @Test func `a word alone costs no row of its own`() {
        let packed = PackedPrompts([.init(prompt: [1, 2].rows, candidates: [[5].rows, [6].rows])])
        #expect(packed.rows == [1, 2].rows && packed.readouts == [1])
    }

    @Test func `each prompt keeps a row of its own`() {
        func shared(_ prompts: [[Int32]]) -> Int { PackedPrompts.sharedPrefix(prompts.map(\.rows)) }
        #expect(shared([]) == 0 && shared([[1]]) == 0 && shared([[1], [1]]) == 0)
        #expect(shared([[1, 2], [1, 2, 3]]) == 1 && shared([[1, 2, 3], [1, 2, 4], [1, 5, 4]]) == 1)
        #expect(shared([[1, 2], [3, 2]]) == 0)
        #expect(PackedPrompts.sharedPrefix([[.soft(0), .soft(1)], [.soft(0), .token(1)]]) == 1)
    }
}
