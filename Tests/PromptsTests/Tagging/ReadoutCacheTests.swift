import Datasets
import Models
import Prompts
import TestSupport
import Testing
import Training

/// Tags, spans and texts with what nothing trained reaches read once, and at every step.
@Suite struct ReadoutCacheTests {
    /// Methods that leave the first layer as it is.
    private static let upper: [MethodChoice] = {
        var deep = DeepPrompt.Settings()
        (deep.rows, deep.layers, deep.initialisation) = (3, [1], .random)
        var top = ModelTuning.Settings()
        top.tuned = .topLayers(1)
        return [.deepPrompt(deep), .modelTuning(top)]
    }()

    private static let short: TextSettings = {
        var settings = TextSettings()
        settings.tokenLimit = 8
        return settings
    }()

    private static func learning(_ choice: MethodChoice, isOnce: Bool) -> MethodChoice {
        var choice = choice
        (choice.learning.steps, choice.learning.rate) = (6, .fixed(0.02))
        (choice.learning.evaluationInterval, choice.learning.readsInputsOnce) = (2, isOnce)
        return choice
    }

    /// Trains both ways; expects the same losses and dev scores, and fewer walks through a layer.
    private func expectSame(
        _ name: String, _ choice: MethodChoice,
        _ fit: (MethodChoice, PretrainedModel, RunContext) throws -> Prompt
    ) throws {
        let backend = RecordingBackend()
        let tiny = try name == "bert" ? Tiny.masked(on: backend) : Tiny.model(name, on: backend)
        let runs = try [true, false].map { isOnce in
            let notes = Notes()
            _ = backend.takeCounts()
            _ = try fit(Self.learning(choice, isOnce: isOnce), tiny, RunContext { notes.add($0) })
            return (notes, backend.takeCounts()["attention"] ?? 0)
        }
        expectClose(runs[0].0.losses, runs[1].0.losses, absolute: 1e-4, relative: 1e-4, choice.name)
        expectClose(
            runs[0].0.evaluations.map { Float($0.score) }, runs[1].0.evaluations.map { Float($0.score) },
            absolute: 1e-4, relative: 1e-4, choice.name)
        #expect(runs[0].1 < runs[1].1, "\(choice.name): \(runs[0].1) and \(runs[1].1) layers")
    }

    @Test(arguments: ["bert", "llama"], upper + [.modelTuning(.probe)])
    func `tags`(_ name: String, _ choice: MethodChoice) throws {
        try expectSame(name, choice) { choice, tiny, run in
            try WordTagging(choice).fit(
                named: "t", WordTaggingTests.rows(8, seed: 1), dev: WordTaggingTests.rows(4, seed: 2),
                to: tiny,
                run)
        }
    }

    @Test(arguments: ["bert", "llama"], upper + [.modelTuning(.probe)])
    func `spans`(_ name: String, _ choice: MethodChoice) throws {
        try expectSame(name, choice) { choice, tiny, run in
            try SpanExtraction(choice).fit(
                named: "s", SpanTests.rows(8, seed: 1), dev: SpanTests.rows(4, seed: 2), limit: 36, to: tiny,
                run)
        }
    }

    @Test(arguments: ["llama", "gpt2"], upper)
    func `texts`(_ name: String, _ choice: MethodChoice) throws {
        try expectSame(name, choice) { choice, tiny, run in
            try TextGeneration(choice, Self.short).fit(
                named: "w", TextGenerationTests.template, TextGenerationTests.rows(8),
                dev: TextGenerationTests.rows(3), limit: 60, to: tiny, run)
        }
    }

    @Test func `texts behind inputs that were read before learn the same`() throws {
        var settings = PromptTuning.Settings()
        (settings.rows, settings.placement, settings.initialisation) = (3, .end, .vocabulary)
        let runs = try [true, false].map { isOnce in
            let notes = Notes()
            _ = try TextGeneration(Self.learning(.promptTuning(settings), isOnce: isOnce), Self.short).fit(
                named: "w", TextGenerationTests.template, TextGenerationTests.rows(8),
                dev: TextGenerationTests.rows(3), limit: 60, to: Tiny.model(), RunContext { notes.add($0) })
            return notes
        }
        expectClose(runs[0].losses, runs[1].losses, absolute: 1e-4, relative: 1e-4)
        #expect(runs[0].losses.count == 6 && runs[0].losses.last != runs[0].losses.first)
    }

    @Test func `a text's first rows become a block`() throws {
        let tiny = try Tiny.model()
        let text = TargetText(
            prompt: [5, 6, 7].rows + [.soft(0), .soft(1)] + [8].rows, target: [9, 10])
        let read = try InputCache(tiny.model, tiny.weights).reading([text])
        #expect(read[0].past?.count == 3 && read[0].prompt.count == 3 && read[0].target == [9, 10])
    }
}
