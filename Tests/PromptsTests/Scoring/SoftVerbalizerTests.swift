import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

/// Label vectors in place of the output matrix (Oracles/prompts/soft_verbalizer.py).
@Suite struct SoftVerbalizerTests {
    private struct Case {
        let golden: Golden
        let pretrained: PretrainedModel
        let name: String

        init(_ name: String) throws {
            self.name = name
            golden = try Golden("prompts/soft_verbalizer")
            pretrained = name == "bert" ? try Tiny.masked() : try Tiny.model(name)
        }

        func floats(_ key: String) throws -> [Float] { try golden.floats("\(name).\(key)") }

        /// The lesson of vectors alone, or with two soft rows in front.
        func lesson(together: Bool, a: [String] = ["20 21"]) throws -> Lesson {
            guard together else {
                var settings = ModelTuning.Settings.probe
                settings.readout = .softVerbalizer
                return try ModelTuning(settings).lesson(Tiny.task(a: a), pretrained)
            }
            var settings = PromptTuning.Settings()
            settings.readout = .softVerbalizer
            return try PromptTuning(settings).lesson(Tiny.task("{soft 2}{text} {answer}", a: a), pretrained)
        }

        func batch(_ setup: PromptSetup) throws -> [LabelledPrompt] {
            let (tokens, labels) = (
                try golden.integers("\(name).texts"), try golden.integers("\(name).labels")
            )
            var start = 0
            return try zip(golden.integers("\(name).lengths"), labels).map { length, label in
                defer { start += Int(length) }
                let text = tokens[start..<start + Int(length)].map(String.init).joined(separator: " ")
                return LabelledPrompt(
                    prompt: try setup.encoder.encode(Example(fields: ["text": text])), label: label)
            }
        }
    }

    private static let vectors = SoftVerbalizer.parameterName

    @Test(arguments: ["bert", "llama"])
    func `vectors start as the mean of the first word's output rows`(_ name: String) throws {
        let made = try Case(name)
        let start = try #require(try made.lesson(together: false).start[Self.vectors])
        expectClose(start, try made.floats("start"), absolute: 1e-6, name)
    }

    @Test(arguments: ["bert", "llama"])
    func `before any step the scores are the words' own, without the output layer's bias`(_ name: String)
        throws
    {
        let made = try Case(name)
        let lesson = try made.lesson(together: false, a: ["20"])
        let batch = try made.batch(lesson.setup).map(\.prompt)
        let pass = Pass.inference(made.pretrained.weights.overlaid(by: lesson.start))
        let found = try lesson.objective.logProbabilities(batch, pass)
        let manual = Tensor(try made.floats("manual"), shape: found.shape, on: found.backend)
        expectClose(found, manual.logSoftmax(), absolute: 1e-4, name)
        // With its bias it is what the manual verbalizer gives.
        let words = try PromptSetup(Tiny.task(), template: Template("{text} {answer}"), made.pretrained)
        let biased = manual.adding(row: Tensor(try made.floats("bias"), shape: [2], on: found.backend))
        expectClose(
            try words.objective.logProbabilities(batch, .inference(made.pretrained.weights)),
            biased.logSoftmax(), absolute: 1e-4, name)
    }

    @Test(arguments: ["bert", "llama"], [false, true])
    func `vectors learn as PyTorch's do, alone and with soft rows`(_ name: String, _ together: Bool) throws {
        let made = try Case(name)
        let part = together ? "together" : "alone"
        let lesson = try made.lesson(together: together)
        let batch = try made.batch(lesson.setup)
        var start = lesson.start
        if together {
            let soft = try #require(start[SoftPrompt.parameterName])
            start[SoftPrompt.parameterName] = Tensor(
                try made.floats("soft"), shape: soft.shape, on: soft.backend)
        }
        #expect(start.count == (together ? 2 : 1))
        let tape = Tape()
        let trained = Set(start.names)
        let pass = Pass.training(
            made.pretrained.weights.overlaid(by: start), on: tape, where: trained.contains)
        let gradients = tape.gradients(of: try lesson.objective.loss(batch, pass))
        let gradient = try #require(gradients[Self.vectors])
        expectClose(gradient, try made.floats("\(part).gradient"), absolute: 1e-4, relative: 1e-3, name)
        if together {
            let rows = try #require(gradients[SoftPrompt.parameterName])
            expectClose(rows, try made.floats("together.gradient.soft"), absolute: 1e-4, relative: 1e-3, name)
        }
        var state = try TrainingState(training: start)
        var losses: [Float] = []
        let settings = TrainingSettings(
            steps: 10, optimizer: .adamW(AdamW.Settings(decay: 0)), rate: 1e-2, schedule: .linear(total: 10))
        _ = try Trainer(lesson.objective, settings, mayStartFlat: lesson.mayStartFlat).run(
            &state, over: made.pretrained.weights, batches: Same(batch: batch),
            observe: { if case .step(let report) = $0 { losses.append(report.loss) } })
        let last = Pass.inference(made.pretrained.weights.overlaid(by: state.weights))
        losses.append(try lesson.objective.loss(batch, last).scalar)
        expectClose(losses, try made.floats("\(part).losses"), absolute: 1e-4, relative: 1e-4, name)
        let learned = try #require(state.weights[Self.vectors])
        expectClose(learned, try made.floats("\(part).learned"), absolute: 5e-4, relative: 1e-3, name)
    }
}

/// Readouts with weights of their own, through every method, on disk and back.
@Suite struct TrainedReadoutTests {
    private func learning() -> LearningSettings {
        var learning = LearningSettings()
        (learning.steps, learning.batch, learning.evaluationInterval) = (2, 4, 1)
        return learning
    }

    private func methods(_ readout: Readout) -> [MethodChoice] {
        var prompt = PromptTuning.Settings()
        (prompt.rows, prompt.readout) = (2, readout)
        var pTuning = PTuning.Settings()
        (pTuning.rows, pTuning.readout) = (2, readout)
        var prefix = PrefixTuning.Settings()
        (prefix.rows, prefix.initialisation, prefix.readout) = (2, .random, readout)
        var deep = DeepPrompt.Settings()
        (deep.rows, deep.readout, deep.initialisation) = (2, readout, .random)
        var lora = LoRA.Settings()
        (lora.rank, lora.readout) = (2, readout)
        var tuning = ModelTuning.Settings()
        tuning.readout = readout
        var probe = ModelTuning.Settings.probe
        probe.readout = readout
        let all: [MethodChoice] = [
            .promptTuning(prompt), .pTuning(pTuning), .prefixTuning(prefix), .deepPrompt(deep), .lora(lora),
            .modelTuning(tuning), .modelTuning(probe),
        ]
        return all.map { choice in
            var choice = choice
            choice.learning = learning()
            return choice
        }
    }

    @Test(arguments: ["bert", "llama"], [Readout.classifier, .softVerbalizer, .weightedWords])
    func `any method trains any readout, and a prompt read back gives the same`(
        _ name: String, _ readout: Readout
    ) throws {
        let tiny = name == "bert" ? try Tiny.masked() : try Tiny.model(name)
        let place = try TemporaryFolder()
        let (split, task) = (try Tiny.split(perLabel: 4), try Tiny.task(a: ["20", "21"]))
        for (index, choice) in methods(readout).enumerated() {
            let prompt = try choice.method.fit(split, task, to: tiny, RunContext())
            #expect(prompt.manifest.readout == readout, "\(choice.name)")
            let folder = PromptFolder(place.file("\(index)"))
            try folder.write(prompt)
            let copy = try folder.read(on: tiny.backend)
            try copy.verify(tiny)
            let examples = split.dev.examples
            let before = try Predictor([prompt], tiny).predict(examples, with: prompt.id)
            let after = try Predictor([copy], tiny).predict(examples, with: copy.id)
            #expect(before == after, "\(choice.name)")
        }
    }

    @Test func `a prompt without its readout's weights, or with others, is refused`() throws {
        let tiny = try Tiny.masked()
        var settings = ModelTuning.Settings.probe
        (settings.readout, settings.learning) = (.softVerbalizer, learning())
        var prompt = try ModelTuning(settings).fit(
            Tiny.split(perLabel: 4), Tiny.task(), to: tiny, RunContext())
        let vectors = try #require(prompt.tensors[SoftVerbalizer.parameterName])
        prompt.tensors[SoftVerbalizer.parameterName] = vectors.rows(0..<1)
        #expect(throws: PromptError.self) { try Predictor([prompt], tiny) }
        prompt.tensors[SoftVerbalizer.parameterName] = nil
        #expect(throws: PromptError.self) { try Predictor([prompt], tiny) }
    }

    @Test func `prompts with readouts of their own share a batch with others`() throws {
        let tiny = try Tiny.masked()
        var settings = PromptTuning.Settings()
        (settings.rows, settings.readout, settings.learning) = (2, .softVerbalizer, learning())
        var prompts: [Prompt] = [try Tiny.prompt(tiny, name: "plain")]
        for readout in [Readout.softVerbalizer, .weightedWords, .classifier] {
            settings.readout = readout
            let task = try Tiny.task(a: ["20", "21"], name: readout.rawValue)
            prompts.append(
                try PromptTuning(settings).fit(Tiny.split(perLabel: 4), task, to: tiny, RunContext()))
        }
        let examples = try Tiny.rows(2).examples
        let questions = examples.flatMap { example in prompts.map { (example, $0.id) } }
        let together = try Predictor(prompts, tiny).predict(questions)
        for (answer, question) in zip(together, questions) {
            let own = try #require(prompts.first { $0.id == question.1 })
            let alone = try Predictor([own], tiny).predict([question.0], with: own.id)[0]
            expectClose(answer.probabilities, alone.probabilities, absolute: 1e-5, own.id)
        }
    }

    @Test func `a run that trains nothing but label words' scores is refused`() throws {
        var settings = ModelTuning.Settings.probe
        settings.readout = .verbalizer
        #expect(throws: PromptError.self) {
            try ModelTuning(settings).lesson(Tiny.task(), Tiny.masked())
        }
        settings.readout = .weightedWords
        #expect(throws: PromptError.self) {
            try ModelTuning(settings).lesson(Tiny.task(), Tiny.masked())
        }
    }
}
