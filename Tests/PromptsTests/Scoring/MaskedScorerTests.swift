import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Tokenizers

@Suite struct MaskedScorerTests {
    private let tiny: PretrainedModel
    private let pass: Pass

    init() throws {
        tiny = try Tiny.masked()
        pass = .inference(tiny.weights)
    }

    private func words(_ a: [String], _ b: [String], _ template: String = "{text} {answer}") throws
        -> EncodedVerbalizer
    {
        try EncodedVerbalizer(
            Verbalizer(["a": a, "b": b]), behind: Template(template), tiny.tokenizer, kind: .masked)
    }

    private func prompts(
        _ template: String, _ texts: [String] = ["5 6 7", "8", "9 10 11 12 13"], longest: Int
    ) throws -> [EncodedPrompt] {
        let encoder = try PromptEncoder(
            Template(template), tiny.tokenizer, limit: 40, kind: .masked, longestAnswer: longest)
        return try texts.map { try encoder.encode(Example(fields: ["text": $0])) }
    }

    /// log p of every token at one row of a plain sequence, computed alone.
    private func alone(_ rows: [PromptRow], at place: Int) -> [Float] {
        Tiny.alone(rows, soft: nil, tiny).rows(place..<place + 1).floats
    }

    private func probabilities(_ scorer: MaskedScorer, _ prompts: [EncodedPrompt]) throws -> [[Float]] {
        let table: Tensor
        if scorer.needsSeveralWalks {
            table = try scorer.logProbabilities(prompts, PromptTensors(), pass)
        } else {
            let packed = PackedPrompts(prompts.map { scorer.request($0, owner: 0) }, sharesPrefix: false)
            let hidden = tiny.model.hidden(packed.input(tiny.model, soft: nil, pass), pass)
            table = try scorer.logProbabilities(hidden, packed.readings, pass)
        }
        return prompts.indices.map { table.rows($0..<$0 + 1).applying(.exp).floats }
    }

    @Test(arguments: [
        ScoringRule.singleWord, .meanLogit, .probabilitySum, .jointSoftmaxFirst, .jointSoftmaxMax,
        .jointSoftmaxMean, .firstToken, .sum, .perToken,
    ])
    func `every rule reads what a plain sequence says at its mask`(_ rule: ScoringRule) throws {
        let severalTokens: Set<ScoringRule> = [
            .jointSoftmaxFirst, .jointSoftmaxMax, .jointSoftmaxMean, .firstToken,
        ]
        let words =
            if rule == .singleWord { try words(["20"], ["30"]) } else if severalTokens.contains(rule) {
                try words(["20 21", "22"], ["30 31 32"])
            } else { try words(["20", "21"], ["30"]) }
        let prompts = try prompts("{text} {answer} 50", longest: 1)
        let scorer = MaskedScorer(tiny.model, words, rule: rule)
        let found = try probabilities(scorer, prompts)
        for (prompt, probabilities) in zip(prompts, found) {
            let row = alone(prompt.rows, at: prompt.readouts[0])
            let answers = AnswerScores(
                steps: words.words.map { $0.tokens.map { row[Int($0)] } },
                atSlot: words.words.map { $0.tokens.map { row[Int($0)] } })
            expectClose(
                probabilities, try rule.scores(answers, words).probabilities, absolute: 2e-5, rule.rawValue)
        }
    }

    @Test
    func `with one word of one token a label, PET's rule is the softmax of OpenPrompt's and of the mean`()
        throws
    {
        let words = try words(["20"], ["30"])
        let prompts = try prompts("{text} {answer} 50", longest: 1)
        let pet = try probabilities(MaskedScorer(tiny.model, words, rule: .singleWord), prompts)
        for rule in [ScoringRule.jointSoftmaxFirst, .jointSoftmaxMean, .meanLogit, .probabilitySum, .sum] {
            let other = try probabilities(MaskedScorer(tiny.model, words, rule: rule), prompts)
            for (one, two) in zip(pet, other) { expectClose(two, one, absolute: 1e-5, rule.rawValue) }
        }
    }

    @Test func `a word of several tokens is refused by a rule for one`() throws {
        let words = try words(["20 21"], ["30"])
        let prompts = try prompts("{text} {answer}", longest: 1)
        for rule in [ScoringRule.singleWord, .meanLogit, .probabilitySum] {
            #expect(throws: VerbalizerError.self, "\(rule)") {
                try probabilities(MaskedScorer(tiny.model, words, rule: rule), prompts)
            }
        }
    }

    // MARK: Several masks

    /// Both orders of filling two masks, and both at once, by plain sequences: the sums of log p, and which mask the
    /// model would rather fill first.
    private func orders(_ prompt: EncodedPrompt, _ word: [Int32]) -> (
        leftFirst: Float, rightFirst: Float, parallel: Float, prefersLeft: Bool
    ) {
        let place = prompt.before.count
        func row(_ slot: [Int32], _ index: Int) -> Float {
            alone(prompt.filled(with: slot), at: place + index)[Int(word[index])]
        }
        let (left, right) = (row([4, 4], 0), row([4, 4], 1))
        return (
            left + row([word[0], 4], 1), right + row([4, word[1]], 0), left + right, left >= right
        )
    }

    @Test func `two masks are filled as an enumeration of both orders says`() throws {
        let words = try words(["20 21", "33 6"], ["30 31", "7 8"])
        let prompts = try prompts("{text} {answer} 50 51", longest: 2)
        var preferences: Set<Bool> = []
        for decoding in MaskDecoding.allCases {
            let scorer = MaskedScorer(tiny.model, words, decoding: decoding)
            let found = try scorer.answerScores(prompts, PromptTensors(), pass)
            for (prompt, scores) in zip(prompts, found) {
                for (word, steps) in zip(words.words, scores.steps) {
                    let orders = orders(prompt, word.tokens)
                    preferences.insert(orders.prefersLeft)
                    let expected =
                        switch decoding {
                        case .leftToRight: orders.leftFirst
                        case .parallel: orders.parallel
                        case .mostLikelyFirst: orders.prefersLeft ? orders.leftFirst : orders.rightFirst
                        }
                    expectClose([steps.reduce(0, +)], [expected], absolute: 2e-5, decoding.rawValue)
                }
            }
        }
        #expect(preferences == [true, false])
    }

    @Test func `with one mask the three orders are the same as one look`() throws {
        let words = try words(["20"], ["30"])
        let prompts = try prompts("{text} {answer} 50", longest: 1)
        let look = try probabilities(MaskedScorer(tiny.model, words), prompts)
        for decoding in MaskDecoding.allCases {
            let scorer = MaskedScorer(tiny.model, words, decoding: decoding)
            #expect(!scorer.needsSeveralWalks)
            let table = try scorer.logProbabilities(prompts, PromptTensors(), pass).applying(.exp).floats
            expectClose(table, look.flatMap { $0 }, absolute: 1e-5, decoding.rawValue)
        }
    }

    @Test func `each answer has as many masks as tokens, or as many as the template fixes`() throws {
        let words = try words(["20"], ["30 31"])
        let prompts = try prompts("{text} {answer} 50", longest: 2)
        let free = try MaskedScorer(tiny.model, words, decoding: .parallel)
            .answerScores(prompts, PromptTensors(), pass)
        let fixed = try MaskedScorer(tiny.model, words, decoding: .parallel, masks: 2)
            .answerScores(prompts, PromptTensors(), pass)
        for (index, prompt) in prompts.enumerated() {
            let place = prompt.before.count
            let (one, two) = (alone(prompt.filled(with: [4]), at: place), alone(prompt.rows, at: place))
            expectClose(
                [free[index].steps[0][0], fixed[index].steps[0][0]], [one[20], two[20]], absolute: 2e-5)
        }
    }

    // MARK: Training

    @Test(arguments: [
        (["20"], ["30"], ScoringRule.sum), (["20", "22"], ["30"], .sum),
        (["20 21"], ["30", "31 32 33"], .sum),
        (["20", "22"], ["30"], .meanLogit), (["20", "22"], ["30"], .jointSoftmaxFirst),
    ])
    func `the soft rows' gradient agrees with finite differences`(
        _ a: [String], _ b: [String], _ rule: ScoringRule
    ) throws {
        let words = try words(a, b)
        let prompts = try prompts("{soft 2}{text} {answer} 50", longest: words.longestAnswer)
        let scorer = MaskedScorer(tiny.model, words, rule: rule)
        let packed = PackedPrompts(prompts.map { scorer.request($0, owner: 0) }, sharesPrefix: false)
        expectGradient(
            of: { soft in
                let input = packed.input(tiny.model, soft: soft[0], pass)
                let hidden = tiny.model.hidden(input, pass)
                return (try? scorer.logProbabilities(hidden, packed.readings, pass)) ?? hidden
            }, at: [Tiny.soft(2, tiny)], step: 2e-3, absolute: 2e-2, "\(a) \(b) \(rule)")
    }

    @Test func `in one look a longer word is the product over its masks`() throws {
        let words = try words(["20"], ["30 31"])
        let prompts = try prompts("{text} {answer} 50", longest: 2)
        let scorer = MaskedScorer(tiny.model, words)
        let packed = PackedPrompts(prompts.map { scorer.request($0, owner: 0) }, sharesPrefix: false)
        let hidden = tiny.model.hidden(packed.input(tiny.model, soft: nil, pass), pass)
        let found = try scorer.logProbabilities(hidden, packed.readings, pass)
        let expected = prompts.flatMap { prompt -> [Float] in
            let place = prompt.before.count
            let (first, second) = (alone(prompt.rows, at: place), alone(prompt.rows, at: place + 1))
            return softmaxLog([first[20], first[30] + second[31]])
        }
        expectClose(found, expected, absolute: 2e-5)
    }

    private func softmaxLog(_ values: [Float]) -> [Float] {
        let total = Foundation.log(values.reduce(0) { $0 + Foundation.exp($1) })
        return values.map { $0 - total }
    }

    // MARK: Rows

    @Test func `rows behind a separator are of the second segment`() throws {
        let words = try words(["20"], ["30"])
        let prompts = try prompts("{text}{special separator}{answer} 50", longest: 1)
        let scorer = MaskedScorer(tiny.model, words)
        let packed = PackedPrompts(prompts.map { scorer.request($0, owner: 0) }, sharesPrefix: false)
        let input = packed.input(tiny.model, soft: nil, pass)
        let first = prompts[0]
        #expect(first.rows.count == 8)
        #expect(input.segments?.prefix(8) == [0, 0, 0, 0, 0, 1, 1, 1])
        var plain = try self.prompts("{text} {answer} 50", longest: 1).map { scorer.request($0, owner: 0) }
        plain[0].separator = 2
        #expect(PackedPrompts(plain).input(tiny.model, soft: nil, pass).segments == nil)
    }

    @Test func `a batch answers each row as it is answered alone, several walks beside one`() throws {
        let one = try Prompt.hard(Tiny.task("{text} {answer} 50", name: "one"), tiny)
        let several = try Prompt.hard(
            Tiny.task("{answer} {text}", a: ["20 21"], b: ["30"], name: "several"), tiny)
        let predictor = try Predictor([one, several], tiny)
        let texts = ["5 6 7", "8", "9 10 11 12 13", "40 41", "60"]
        let questions = texts.flatMap { text in
            ["one", "several"].map { (Example(fields: ["text": text]), $0) }
        }
        let together = try predictor.predict(questions)
        for (question, answer) in zip(questions, together) {
            let alone = try predictor.predict([question.0], with: question.1)
            expectClose(answer.probabilities, alone[0].probabilities, absolute: 1e-5, question.1)
        }
    }

    // MARK: What cannot be

    @Test func `a bare encoder, a tokenizer without a mask and too few masks are refused with a sentence`()
        throws
    {
        let bare = try Tiny.masked("bert_bare")
        let refusal = #expect(throws: PromptError.self) { try Prompt.hard(Tiny.task(), bare) }
        #expect(description(of: refusal).contains("without the head that scores words"))
        let maskless = try Tiny.model("bert")
        let missing = #expect(throws: TemplateError.self) { try Prompt.hard(Tiny.task(), maskless) }
        #expect(description(of: missing).contains("mask"))
        let short = #expect(throws: TemplateError.self) {
            try Prompt.hard(Tiny.task("{text} {answer 1}", a: ["20 21"]), tiny)
        }
        #expect(description(of: short).contains("mask"))
    }

    @Test(arguments: ["bert", "roberta"])
    func `soft rows are learned on a frozen masked model, saved, and read back the same`(_ name: String)
        throws
    {
        let tiny = try Tiny.masked(name)
        let place = try TemporaryFolder()
        var settings = PromptTuning.Settings()
        (settings.rows, settings.steps, settings.batch, settings.rate) = (8, 80, 8, .fixed(0.1))
        settings.initialisation = .vocabulary
        let notes = Notes()
        // One label only: what can be learned for certain, whatever the random model makes of the texts.
        let all = try Tiny.rows(8)
        let one = try Dataset(
            name: "one label", labels: all.labels, examples: all.examples.filter { $0.label == "b" })
        let prompt = try PromptTuning(settings).fit(
            FewShotSplit(train: one, dev: one, seed: 0), Tiny.task("{text} {answer} 50", limit: 30), to: tiny,
            RunContext { notes.add($0) })
        let losses = notes.losses
        let (first, last) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
        #expect(last < 0.95 * first, "\(losses)")
        let folder = PromptFolder(place.file("prompt"))
        try folder.write(prompt)
        let copy = try folder.read(on: CPUBackend.shared)
        #expect(try copy.verify(tiny) < 1e-6)
        #expect(copy.softRows?.shape == [8, 32])
    }
}
