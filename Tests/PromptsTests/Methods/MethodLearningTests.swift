import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

/// What holds for every trained method: it learns, saves what it says, and is the same when read back.
@Suite struct MethodLearningTests {
    private let tiny: PretrainedModel

    init() throws { tiny = try Tiny.model() }

    /// Each method as the tests run it, with the number of steps in which the tiny task is learned.
    static func choices(steps: Int? = nil) -> [MethodChoice] {
        var prompt = PromptTuning.Settings()
        (prompt.rows, prompt.initialisation, prompt.rate) = (4, .vocabulary, .fixed(0.05))
        var prefix = PrefixTuning.Settings()
        (prefix.rows, prefix.initialisation, prefix.rate) = (4, .words("44 45"), .fixed(0.05))
        var network = prefix
        network.reparametrisation = PrefixEncoder.Settings(hidden: 16)
        (network.initialisation, network.rate) = (.random, .fixed(0.02))
        var pseudo = PTuning.Settings()
        (pseudo.rows, pseudo.placement, pseudo.rate) = (3, .front, .fixed(0.02))
        var together = pseudo
        (together.tuned, together.modelRate, together.encoder) = (.topLayers(1), 1e-3, .fewGLUEPerceptron)
        var deep = DeepPrompt.Settings()
        (deep.rows, deep.layers, deep.readout, deep.rate) = (4, [1], .classifier, .fixed(0.05))
        deep.initialisation = .random
        var lora = LoRA.Settings()
        (lora.rank, lora.rate) = (4, .fixed(0.02))
        var model = ModelTuning.Settings()
        model.rate = .fixed(5e-3)
        var head = model
        (head.tuned, head.readout) = (.topLayers(2), .classifier)
        var probe = ModelTuning.Settings.probe
        probe.rate = .fixed(0.05)
        let choices: [MethodChoice] = [
            .promptTuning(prompt), .prefixTuning(prefix), .prefixTuning(network), .pTuning(pseudo),
            .pTuning(together), .deepPrompt(deep), .lora(lora), .modelTuning(model), .modelTuning(head),
            .modelTuning(probe),
        ]
        return choices.map { choice in
            var choice = choice
            choice.learning.steps = steps ?? 60
            choice.learning.evaluationInterval = 20
            return choice
        }
    }

    private func fit(_ choice: MethodChoice, _ run: RunContext = RunContext(), name: String = "task") throws
        -> Prompt
    {
        let task = try Tiny.task(name: name)
        return try choice.method.fit(Tiny.split(perLabel: 16), task, to: tiny, run)
    }

    @Test(arguments: choices()) func `a task is learned, and the prompt read back answers the same`(
        _ choice: MethodChoice
    ) throws {
        let notes = Notes()
        let prompt = try fit(choice, RunContext { notes.add($0) })
        let losses = notes.losses
        let (start, end): (Float, Float) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
        #expect(end < 0.8 * start, "\(choice.name): \(losses)")
        #expect(try choice.method.trainedCount(for: Tiny.task(), tiny) == notes.trainable)
        #expect(prompt.manifest.method == choice.name)
        #expect(prompt.manifest.settings["steps"] == "60")
        let place = try TemporaryFolder()
        let folder = PromptFolder(place.file("saved"))
        try folder.write(prompt)
        let again = try folder.read(on: CPUBackend.shared)
        #expect(try again.verify(tiny) == 0)
        let rows = try Tiny.rows(4, seed: 5).examples
        #expect(
            try Predictor([again], tiny).predict(rows, with: again.id)
                == Predictor([prompt], tiny).predict(rows, with: prompt.id))
    }

    @Test(arguments: choices(steps: 3))
    func `the same seed gives the same tensors, and the model stays as it is`(
        _ choice: MethodChoice
    ) throws {
        let before = tiny.weights.names.map { tiny.weights[$0]?.floats }
        let prompts = try (0..<2).map { _ in try fit(choice) }
        #expect(prompts[0].tensors.names == prompts[1].tensors.names)
        for name in prompts[0].tensors.names {
            #expect(prompts[0].tensors[name]?.floats == prompts[1].tensors[name]?.floats, "\(name)")
        }
        #expect(tiny.weights.names.map { tiny.weights[$0]?.floats } == before)
    }

    @Test func `prompts of all methods answer in one batch as each does alone`() throws {
        let prompts = try Self.choices(steps: 2).enumerated().map { try fit($1, name: "prompt \($0)") }
        let predictor = try Predictor(prompts, tiny)
        let questions = MixedBatchTests.questions(30, prompts.map(\.id), seed: 4)
        let together = try predictor.predict(questions)
        for (index, (example, id)) in questions.enumerated() {
            let alone = try predictor.predict([example], with: id)[0]
            expectClose(
                together[index].probabilities, alone.probabilities, absolute: 1e-5, "row \(index) of '\(id)'")
        }
    }

    @Test func `a range test works where a weight starts without a gradient`() throws {
        var settings = LoRA.Settings()
        (settings.rank, settings.rate, settings.steps) = (4, .rangeTest, 2)
        let notes = Notes()
        _ = try fit(.lora(settings), RunContext { notes.add($0) })
        #expect(notes.rates.count == 1 && notes.rates[0] > 0)
    }

    // MARK: Transfer

    @Test func `a run that starts from another prompt starts with its loss`() throws {
        for choice in Self.choices(steps: 20).prefix(2) {
            let source = try fit(choice)
            let notes = Notes()
            var next = choice
            (next.learning.steps, next.learning.rate) = (1, .fixed(1e-9))
            let target = try fit(next, RunContext(startingFrom: source) { notes.add($0) })
            for name in source.tensors.names {
                expectClose(
                    target.tensors[name]?.floats ?? [], source.tensors[name]?.floats ?? [], absolute: 1e-6,
                    name)
            }
        }
    }

    @Test func `a range test sweeps from the start that another prompt gives`() throws {
        let choice = Self.choices(steps: 20)[0]
        let source = try fit(choice)
        var next = choice
        (next.learning.steps, next.learning.rate) = (1, .rangeTest)
        let rates = try [nil, source].map { source in
            let notes = Notes()
            _ = try fit(next, RunContext(startingFrom: source) { notes.add($0) })
            return try #require(notes.rates.first)
        }
        #expect(rates[0] != rates[1])
    }

    @Test func `a network that is not kept, and changes of another scale, are no start`() throws {
        func refusal(_ choice: MethodChoice, from source: Prompt) -> String {
            description(
                of: #expect(throws: PromptError.self) { try fit(choice, RunContext(startingFrom: source)) })
        }
        var made = PTuning.Settings()
        (made.rows, made.steps, made.encoder) = (3, 1, .peftPerceptron(hidden: 8))
        #expect(
            refusal(.pTuning(made), from: try fit(.pTuning(made))).contains("keeps what its network made"))
        var prefix = PrefixTuning.Settings()
        (prefix.rows, prefix.steps, prefix.initialisation) = (3, 1, .random)
        prefix.reparametrisation = PrefixEncoder.Settings(hidden: 4)
        let folded = try fit(.prefixTuning(prefix))
        #expect(refusal(.prefixTuning(prefix), from: folded).contains("keeps what its network made"))
        // Its keys and values themselves are a start.
        prefix.reparametrisation = nil
        _ = try fit(.prefixTuning(prefix), RunContext(startingFrom: folded))
        var lora = LoRA.Settings()
        (lora.rank, lora.alpha, lora.steps) = (2, 4, 1)
        let source = try fit(.lora(lora))
        lora.alpha = 8
        #expect(refusal(.lora(lora), from: source).contains("--alpha"))
        var tuned = ModelTuning.Settings()
        tuned.steps = 1
        let all = try fit(.modelTuning(tuned))
        tuned.tuned = .topLayers(1)
        #expect(refusal(.modelTuning(tuned), from: all).contains("which this run does not train"))
    }

    @Test func `tuned weights move at their own rate, and the prompt at its own`() throws {
        var settings = PTuning.Settings()
        (settings.rows, settings.steps, settings.encoder) = (3, 1, .peftPerceptron(hidden: 8))
        (settings.tuned, settings.rate) = (.topLayers(1), .fixed(0.01))
        let prompts = try [Float(1e-3), 2e-3].map { rate in
            settings.modelRate = rate
            return try fit(.pTuning(settings))
        }
        #expect(prompts[0].softRows?.floats == prompts[1].softRows?.floats)
        let names = prompts[0].tensors.names.filter { $0 != SoftPrompt.parameterName }
        #expect(!names.isEmpty)
        for name in names {
            let start = try #require(tiny.weights[name]).float32().floats
            let moves = try prompts.map { prompt in
                zip(try #require(prompt.tensors[name]).floats, start).map { $0 - $1 }
            }
            expectClose(moves[1], moves[0].map { 2 * $0 }, absolute: 2e-6, name)
            #expect(moves[0].contains { abs($0) > 5e-4 })
        }
    }

    @Test func `a prompt of another size, method or model is no start`() throws {
        let choices = Self.choices(steps: 1)
        let source = try fit(choices[0])
        guard case .promptTuning(var settings) = choices[0] else { return }
        settings.rows = 5
        for choice in [.promptTuning(settings), choices[1]] {
            let error = #expect(throws: PromptError.self) {
                try fit(choice, RunContext(startingFrom: source))
            }
            #expect(description(of: error).contains("are needed"), "\(description(of: error))")
        }
        let other = try Tiny.model(digest: "another")
        #expect(throws: PromptError.self) {
            try choices[0].method.fit(
                Tiny.split(), Tiny.task(), to: other, RunContext(startingFrom: source))
        }
    }

    // MARK: Votes

    @Test func `five copies of a prompt vote as the one does, and three against two win`() throws {
        let one = try Tiny.prompt(tiny, name: "one", seed: 1)
        let predictor = try Predictor([one, Tiny.prompt(tiny, name: "two", seed: 2)], tiny)
        let rows = try Tiny.rows(10).examples
        let (first, second) = (
            try predictor.predict(rows, with: "one"), try predictor.predict(rows, with: "two")
        )
        let copies = try predictor.predict(rows, byVoteOf: Array(repeating: "one", count: 5))
        for (copy, alone) in zip(copies, first) {
            #expect(copy.label == alone.label)
            expectClose(copy.probabilities, alone.probabilities, absolute: 1e-5)
        }
        let mixed = try predictor.predict(rows, byVoteOf: ["two", "one", "one", "two", "one"])
        #expect(mixed.map(\.label) == first.map(\.label))
        for (index, vote) in mixed.enumerated() {
            let mean = zip(first[index].probabilities, second[index].probabilities).map {
                0.6 * $0 + 0.4 * $1
            }
            expectClose(vote.probabilities, mean, absolute: 1e-5)
        }
        #expect(throws: PromptError.self) { try predictor.predict(rows, byVoteOf: []) }
    }

    // MARK: Bad settings

    typealias Bad = (message: String, choice: MethodChoice)

    static var bad: [Bad] {
        var lora = LoRA.Settings()
        lora.targets = ["embed_tokens"]
        var rank = LoRA.Settings()
        rank.rank = 17
        var top = ModelTuning.Settings()
        top.tuned = .topLayers(3)
        var nothing = ModelTuning.Settings()
        nothing.tuned = .none
        return [
            (
                "the list of maps that lora changes is embed_tokens, but must be some of down_proj",
                .lora(lora)
            ),
            ("the rank is 17, but must be between 1 and 16", .lora(rank)),
            ("the number of tuned layers is 3, but must be between 1 and 2", .modelTuning(top)),
            ("but must be classifier", .modelTuning(nothing)),
        ]
    }

    @Test(arguments: 0..<4) func `a setting that the model cannot have is refused with what is allowed`(
        _ index: Int
    ) {
        let bad = Self.bad[index]
        let error = #expect(throws: PromptError.self) { try fit(bad.choice) }
        #expect(description(of: error).contains(bad.message), "\(description(of: error))")
    }

    @Test func `a template with soft slots is refused by methods that would not train them`() throws {
        let task = try Tiny.task("{soft 2}{text} {answer}")
        for choice in Self.choices(steps: 1)
        where ["prefix-tuning", "lora", "model-tuning"].contains(choice.name) {
            #expect(throws: PromptError.self) { try choice.method.template(for: task) }
        }
    }
}
