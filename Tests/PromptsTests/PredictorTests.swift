import Datasets
import Models
import Prompts
import Synchronization
import Tensors
import TestSupport
import Testing
import Tokenizers

@Suite struct PredictorTests {
    private let tiny: PretrainedModel

    init() throws { tiny = try Tiny.model() }

    private func example(_ text: String) -> Example { Example(fields: ["text": text]) }

    /// Texts of many lengths, all different.
    private func examples(_ count: Int) -> [Example] {
        (0..<count).map { index in
            let numbers = (0...(index * 7) % 11).map { "\(3 + ($0 * 5 + index) % 60)" }
            return example(numbers.joined(separator: " "))
        }
    }

    @Test func `many rows come back in their order, as each is answered alone`() throws {
        let prompt = try Tiny.prompt(tiny)
        let predictor = try Predictor([prompt], tiny)
        let examples = examples(240)
        let progress = Mutex<[Int]>([])
        let together = try predictor.predict(examples, with: "soft") { done in
            progress.withLock { $0.append(done) }
        }
        #expect(together.count == 240)
        for index in stride(from: 0, to: 240, by: 13) {
            let alone = try predictor.predict([examples[index]], with: "soft")
            expectClose(together[index].probabilities, alone[0].probabilities, absolute: 1e-5, "row \(index)")
            #expect(together[index].label == alone[0].label)
        }
        let steps = progress.withLock { $0 }
        #expect(steps.count > 1 && steps.last == 240 && steps == steps.sorted())
    }

    @Test func `a prediction has a probability for each label and the label of the largest`() throws {
        let predictor = try Predictor([Tiny.prompt(tiny)], tiny)
        for prediction in try predictor.predict(examples(20), with: "soft") {
            #expect(prediction.labels == ["a", "b"] && prediction.tokensCut == 0)
            expectClose([prediction.probabilities.reduce(0, +)], [1], absolute: 1e-6)
            let (a, b) = (prediction.probabilities[0], prediction.probabilities[1])
            #expect(prediction.label == (b > a ? "b" : "a"))
        }
        #expect(try predictor.predict([], with: "soft").isEmpty)
    }

    @Test func `the label of a row plays no part, and need not be there`() throws {
        let predictor = try Predictor([Tiny.prompt(tiny)], tiny)
        let rows = [nil, "a", "b", "of another task"].map { Example(fields: ["text": "5 6"], label: $0) }
        #expect(Set(try predictor.predict(rows, with: "soft")).count == 1)
    }

    @Test func `tokens that did not fit are counted`() throws {
        // 3 soft rows, the answer's row: 6 of 10 are left for the text.
        let prompt = try Prompt(
            method: "prompt-tuning", Tiny.task(limit: 10), template: Template("{soft 3}{text} {answer}"),
            tensors: NamedTensors([SoftPrompt.parameterName: Tiny.soft(3, tiny)]), tiny, settings: [:],
            probing: [])
        let predictor = try Predictor([prompt], tiny)
        let texts = ["5 6 7 8 9 10", "5 6 7 8 9 10 11 12", "5 6 7 8 9 10 50 51"]
        let predictions = try predictor.predict(texts.map(example), with: "task")
        #expect(predictions.map(\.tokensCut) == [0, 2, 2])
        // Not to the last bit: processors with wide registers treat a last odd row in another way.
        expectClose(predictions[1].probabilities, predictions[2].probabilities, absolute: 1e-6)
        expectClose(predictions[0].probabilities, predictions[1].probabilities, absolute: 1e-5)
    }

    @Test func `the model's own context is a limit too`() throws {
        let gpt2 = try Tiny.model("gpt2")
        let hard = try Prompt.hard(Tiny.task(limit: 512), gpt2)
        let long = example((0..<100).map { "\($0 % 90 + 3)" }.joined(separator: " "))
        let prediction = try Predictor([hard], gpt2).predict([long], with: "task")
        #expect(prediction.map(\.tokensCut) == [100 - 63])
    }

    // MARK: Rules

    @Test(arguments: [ScoringRule.perToken, .firstToken, .perByte, .perCharacter, .sum])
    func `a rule's probabilities are those of the words' scores, token by token`(_ rule: ScoringRule) throws {
        let task = try Tiny.task(a: ["20 21", "22"], b: ["30"])
        let prompt = try Prompt.hard(task, tiny, rule: rule)
        let words = try EncodedVerbalizer(
            task.verbalizer, behind: task.template, tiny.tokenizer, kind: .causal)
        let examples = examples(9)
        let predictions = try Predictor([prompt], tiny).predict(examples, with: "task")
        for (example, prediction) in zip(examples, predictions) {
            let before = tiny.tokenizer.encode(example.fields["text"] ?? "").rows
            let steps = words.words.map { Tiny.steps(before, $0.tokens.rows, soft: nil, tiny) }
            let expected = try rule.scores(AnswerScores(steps: steps), words)
            expectClose(prediction.probabilities, expected.probabilities, absolute: 1e-5, rule.rawValue)
        }
    }

    @Test(arguments: [ScoringRule.singleWord, .meanLogit])
    func `a rule that cannot score these words is an error, not the first label`(_ rule: ScoringRule) throws {
        let prompt = try Prompt.hard(Tiny.task(a: ["20 21"], b: ["30"]), tiny, rule: rule)
        let predictor = try Predictor([prompt], tiny)
        #expect(throws: VerbalizerError.self) { try predictor.predict([example("5")], with: "task") }
    }

    // MARK: Names

    @Test func `prompts are asked by name, each with its own rows`() throws {
        let (one, two) = (
            try Tiny.prompt(tiny, name: "one", seed: 1), try Tiny.prompt(tiny, name: "two", seed: 2)
        )
        let both = try Predictor([one, two], tiny)
        for prompt in [one, two] {
            let alone = try Predictor([prompt], tiny).predict(examples(5), with: prompt.id)
            #expect(try both.predict(examples(5), with: prompt.id) == alone)
        }
        #expect(try both.predict(examples(5), with: "one") != both.predict(examples(5), with: "two"))
        let error = #expect(throws: PromptError.self) { try both.predict([], with: "three") }
        #expect(error?.description == "there is no prompt 'three'; there are 'one', 'two'")
    }

    @Test func `two prompts of one name are refused`() throws {
        let prompts = [try Tiny.prompt(tiny, seed: 1), try Tiny.prompt(tiny, seed: 2)]
        let error = #expect(throws: PromptError.self) { try Predictor(prompts, tiny) }
        #expect(error?.description.contains("'soft'") == true)
    }

    @Test func `a row that lacks a field is an error that names it`() throws {
        let predictor = try Predictor([Tiny.prompt(tiny)], tiny)
        let rows = [example("5"), Example(fields: ["words": "5"])]
        let error = #expect(throws: TemplateError.self) { try predictor.predict(rows, with: "soft") }
        #expect(error?.description.contains("text") == true)
    }

    @Test func `a cancelled task answers nothing`() async throws {
        let predictor = try Predictor([Tiny.prompt(tiny)], tiny)
        let examples = examples(3)
        let run = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try predictor.predict(examples, with: "soft")
        }
        await #expect(throws: CancellationError.self) { try await run.value }
    }
}
