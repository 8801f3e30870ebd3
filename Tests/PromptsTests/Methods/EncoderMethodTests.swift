import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

/// Every trained method on bidirectional models: words at a mask, or a head on the first row.
@Suite struct EncoderMethodTests {
    private let tiny: PretrainedModel

    init() throws { tiny = try Tiny.masked() }

    static func choices() -> [MethodChoice] {
        MethodLearningTests.choices().map { choice in
            var choice = choice
            // All rows at every step: a random encoder learns little, but the loss has to fall.
            choice.learning.batch = 32
            if case .lora(var settings) = choice {
                settings.targets = nil
                choice = .lora(settings)
            }
            return choice
        }
    }

    @Test func `soft rows are as wide as embeddings that are narrower than the layers, and PEFT gets none`()
        throws
    {
        let electra = try Tiny.masked("electra")
        var settings = PromptTuning.Settings()
        (settings.rows, settings.initialisation) = (3, .random)
        (settings.learning.steps, settings.learning.batch) = (4, 8)
        let prompt = try PromptTuning(settings).fit(Tiny.split(), Tiny.task(), to: electra, RunContext())
        #expect(prompt.softRows?.shape == [3, 24] && electra.model.traits.width == 32)
        let place = try TemporaryFolder()
        let folder = PromptFolder(place.file("saved"))
        try folder.write(prompt)
        #expect(place.names(in: "saved") == ["cloze.json", "cloze.safetensors"])
        #expect(try folder.read(on: CPUBackend.shared).verify(electra) < 1e-5)
    }

    @Test(arguments: choices()) func `a task is learned on an encoder, and mixed batches answer as alone`(
        _ choice: MethodChoice
    ) throws {
        let notes = Notes()
        let task = try Tiny.task()
        let prompt = try choice.method.fit(
            Tiny.split(perLabel: 16), task, to: tiny, RunContext { notes.add($0) })
        let (start, end): (Float, Float) = (notes.losses.first ?? 0, notes.losses.suffix(5).reduce(0, +) / 5)
        #expect(end < start - 1e-3, "\(choice.name): \(notes.losses)")
        let place = try TemporaryFolder()
        let folder = PromptFolder(place.file("saved"))
        try folder.write(prompt)
        let again = try folder.read(on: CPUBackend.shared)
        #expect(try again.verify(tiny) < 1e-5)
        let hard = try Prompt.hard(Tiny.task("11 {text} {answer} 12", name: "hard"), tiny)
        let predictor = try Predictor([again, hard], tiny)
        let questions = MixedBatchTests.questions(12, ["task", "hard"], seed: 6)
        let together = try predictor.predict(questions)
        for (index, (example, id)) in questions.enumerated() {
            let alone = try predictor.predict([example], with: id)[0]
            expectClose(
                together[index].probabilities, alone.probabilities, absolute: 1e-5, "row \(index) of '\(id)'")
        }
    }

    @Test(arguments: ["bert", "roberta", "distilbert", "electra"])
    func `keys and values that repeat a layer's own leave an encoder as it is`(_ name: String) throws {
        let tiny = try Tiny.masked(name)
        let pass = Pass.inference(tiny.weights)
        let tokens: [Int32] = [11, 12, 13, 14]
        let positions = tokens.indices.map { Int32($0 + tokens.count) }
        // Every dot product then stands in the softmax twice, which changes nothing in a layer that reads both ways.
        let input = ModelInput(
            embeddings: tiny.model.embed(tokens, pass), lengths: [4], positions: positions,
            readouts: [0, 1, 2, 3])
        let block = tiny.model.keyValues(input, pass)
        let prefix = Prefix(rows: 4, tiny.model.traits, layers: [0])
        var prefixed = input
        prefixed.pasts = [prefix.past(.inference(prefix.named(block)))]
        prefixed.pastsOf = [[0]]
        expectClose(
            tiny.model.hidden(prefixed, pass), tiny.model.hidden(input, pass).floats, absolute: 2e-5,
            relative: 2e-5,
            name)
        // Positions go on behind the prefix without being told.
        let counted = ModelInput(
            embeddings: tiny.model.embed(tokens, pass), lengths: [4], pasts: prefixed.pasts, pastsOf: [[0]])
        #expect(counted.positions == positions)
    }

    @Test func `a head needs no words: it is trained on an encoder without a language model's output`() throws
    {
        let bare = try Tiny.masked("bert_bare")
        let prompt = try ModelTuning(.probe).fit(
            Tiny.split(), Tiny.task(), to: bare, RunContext())
        #expect(prompt.tensors.names == ["score.bias", "score.weight"])
        #expect(try Predictor([prompt], bare).predict(Tiny.rows(2).examples, with: prompt.id).count == 4)
        #expect(throws: PromptError.self) {
            try PrefixTuning(.init()).fit(Tiny.split(), Tiny.task(), to: bare, RunContext())
        }
    }
}
