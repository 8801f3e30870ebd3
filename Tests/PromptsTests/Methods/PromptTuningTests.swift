import Checkpoints
import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

@Suite struct PromptTuningTests {
    private let tiny: PretrainedModel

    init() throws { tiny = try Tiny.model() }

    private func settings(_ change: (inout PromptTuning.Settings) -> Void = { _ in }) -> PromptTuning.Settings
    {
        var settings = PromptTuning.Settings()
        (settings.rows, settings.steps, settings.batch, settings.evaluationInterval) = (4, 10, 8, 4)
        settings.initialisation = .vocabulary
        change(&settings)
        return settings
    }

    private func fit(
        _ settings: PromptTuning.Settings, _ run: RunContext = RunContext(), on tiny: PretrainedModel? = nil
    ) throws -> Prompt {
        try PromptTuning(settings).fit(Tiny.split(), Tiny.task(), to: tiny ?? self.tiny, run)
    }

    private func bytes(_ prompt: Prompt) -> [UInt32] { prompt.softRows?.floats.map(\.bitPattern) ?? [] }

    // MARK: Learning

    @Test func `a task is learned: the loss falls and new rows are answered right`() throws {
        let notes = Notes()
        let settings = settings { ($0.steps, $0.batch, $0.rate) = (100, 16, .fixed(0.05)) }
        let prompt = try PromptTuning(settings).fit(
            Tiny.split(perLabel: 32), Tiny.task(), to: tiny, RunContext { notes.add($0) })
        #expect(notes.steps == Array(1...100))
        let losses = notes.losses
        let (start, end) = (losses.prefix(5).reduce(0, +) / 5, losses.suffix(5).reduce(0, +) / 5)
        #expect(end < start / 2, "\(losses)")
        let best = try #require(notes.evaluations.last { $0.isBest })
        #expect(best.score > 0.8, "\(notes.evaluations.map(\.score))")
        let rows = try Tiny.rows(40, seed: 99)
        let predictions = try Predictor([prompt], tiny).predict(rows.examples, with: prompt.id)
        let right = zip(predictions, rows.examples).count { $0.label == $1.label }
        #expect(right > 64, "\(right) of 80")
        let hard = try Prompt.hard(Tiny.task(), tiny)
        let untaught = try Predictor([hard], tiny).predict(rows.examples, with: hard.id)
        #expect(zip(untaught, rows.examples).count { $0.label == $1.label } < 56)
    }

    @Test func `the rows that were best on the dev rows are kept, not the last ones`() throws {
        let notes = Notes()
        // Labels that no text explains, so that the dev score goes up and down.
        let rows = try Tiny.rows(16).examples.enumerated().map { index, row in
            Example(fields: row.fields, label: index % 4 < 2 ? "a" : "b")
        }
        let split = try FewShotSplit(Dataset(name: "noise", examples: rows), perLabel: 8, seed: 0)
        let settings = settings { ($0.steps, $0.evaluationInterval, $0.rate) = (20, 1, .fixed(0.1)) }
        let prompt = try PromptTuning(settings).fit(
            split, Tiny.task(), to: tiny, RunContext { notes.add($0) })
        let best = try #require(notes.evaluations.max { $0.score < $1.score })
        let last = try #require(notes.evaluations.last)
        try #require(best.score - last.score > 0.05, "\(notes.evaluations.map(\.score))")
        #expect(notes.chosen == [best.step])
        let dev = split.dev.examples
        let answers = try Predictor([prompt], tiny).predict(dev, with: prompt.id)
        let share = Float(zip(answers, dev).count { $0.label == $1.label }) / Float(dev.count)
        expectClose([share], [Float(best.score)], absolute: 1e-4)
    }

    @Test(arguments: Tiny.names)
    func `P·D numbers are learned and the model's own stay as they are`(_ name: String) throws {
        let tiny = try Tiny.model(name)
        func hash() -> String {
            var hash = ContentHash()
            for name in tiny.weights.names {
                for number in tiny.weights[name]?.floats ?? [] {
                    withUnsafeBytes(of: number.bitPattern) { hash.update($0) }
                }
            }
            return hash.digest()
        }
        let before = hash()
        let prompt = try fit(settings(), on: tiny)
        #expect(hash() == before)
        #expect(prompt.parameterCount == 4 * tiny.model.traits.width)
        #expect(prompt.tensors.names == ["prompt_embeddings"])
        #expect(prompt.softRows?.shape == [4, tiny.model.traits.width])
    }

    @Test func `the same seed gives the same bytes, another seed others`() throws {
        let runs = try [3, 3, 4].map { seed in try fit(settings { $0.seed = seed }) }
        #expect(bytes(runs[0]) == bytes(runs[1]))
        #expect(bytes(runs[0]) != bytes(runs[2]))
        #expect(runs[0].manifest == runs[1].manifest)
    }

    @Test func `the manifest says how the run can be repeated, and the prompt proves itself`() throws {
        let prompt = try fit(
            settings { ($0.seed, $0.rate, $0.patience, $0.gradientNormLimit) = (5, .fixed(0.01), 9, 1) })
        let told = prompt.manifest.settings
        #expect(told["seed"] == "5" && told["rate"] == "0.01" && told["steps"] == "10" && told["rows"] == "4")
        #expect(told["patience"] == "9" && told["gradientNormLimit"] == "1.0")
        #expect(
            told["initialisation"]?.contains("vocabulary") == true
                && told["optimizer"]?.contains("adamW") == true)
        #expect(
            prompt.manifest.method == "prompt-tuning" && prompt.manifest.template.source.hasPrefix("{soft 4}")
        )
        #expect(prompt.manifest.probe.count == 3)
        #expect(try prompt.verify(tiny) == 0)
    }

    @Test func `the first loss is that of the words which the rows start from`() throws {
        let notes = Notes()
        let start = SoftInitialisation.text("44 45 46 47")
        _ = try fit(
            settings { ($0.initialisation, $0.steps, $0.batch) = (start, 1, 16) },
            RunContext { notes.add($0) })
        let hard = try Prompt.hard(Tiny.task("44 45 46 47 {text} {answer}"), tiny)
        let train = try Tiny.split().train.examples
        let predictions = try Predictor([hard], tiny).predict(train, with: hard.id)
        let loss = zip(predictions, train).reduce(Float(0)) { sum, pair in
            let place = pair.0.labels.firstIndex(of: pair.1.label ?? "") ?? 0
            return sum - log(pair.0.probabilities[place]) / Float(train.count)
        }
        expectClose(notes.losses, [loss], absolute: 1e-5)
    }

    @Test func `batches of one step count as one batch`() throws {
        let whole = try fit(settings { ($0.batch, $0.steps) = (16, 3) })
        let parts = try fit(settings { ($0.batch, $0.batchesPerStep, $0.steps) = (4, 4, 3) })
        let (one, two) = (try #require(whole.softRows), try #require(parts.softRows))
        expectClose(two, one, absolute: 1e-4)
    }

    // MARK: Rates

    @Test func `the rate is a share of the embeddings' spread, the user's, or found by a range test`() throws
    {
        func rate(_ rate: LearningRate) throws -> Float? {
            let notes = Notes()
            _ = try fit(settings { ($0.rate, $0.steps) = (rate, 1) }, RunContext { notes.add($0) })
            #expect(notes.rates.count == 1)
            return notes.rates.first
        }
        #expect(try rate(.fixed(0.25)) == 0.25)
        #expect(try rate(.automatic) == PromptTuning.share * tiny.embeddingSpread)
        let found = try #require(try rate(.rangeTest))
        #expect(found >= tiny.embeddingSpread * 1e-3 && found <= tiny.embeddingSpread * 10)
        #expect(try rate(.rangeTest) == found)
    }

    @Test func `the spread is the root mean square of the embeddings`() throws {
        let all = tiny.model.embed((0..<97).map { $0 }, .inference(tiny.weights)).floats
        let square = all.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(all.count)
        expectClose([tiny.embeddingSpread], [Float(square.squareRoot())])
    }

    // MARK: Failure

    @Test func `settings out of their range are refused by name`() {
        let broken: [(String, (inout PromptTuning.Settings) -> Void)] = [
            ("the number of soft rows is 0", { $0.rows = 0 }),
            ("the number of soft rows is 151", { $0.rows = 151 }),
            ("the number of steps", { $0.steps = 0 }), ("the batch is -1", { $0.batch = -1 }),
            ("batches a step", { $0.batchesPerStep = 0 }),
            ("the evaluation interval", { $0.evaluationInterval = 0 }),
            ("the warmup", { $0.warmup = -1 }), ("the patience", { $0.patience = 0 }),
            ("the gradient norm limit", { $0.gradientNormLimit = 0 }),
            ("the learning rate is 0", { $0.rate = .fixed(0) }),
            ("the learning rate", { $0.rate = .fixed(-1) }),
            ("the learning rate", { $0.rate = .fixed(.nan) }),
            ("the learning rate", { $0.rate = .fixed(.infinity) }),
        ]
        for (words, change) in broken {
            let error = #expect(throws: PromptError.self) { try fit(settings(change)) }
            #expect(error?.description.contains(words) == true, "\(words): \(description(of: error))")
            #expect(throws: PromptError.self) {
                try PromptTuning(settings(change)).template(for: Tiny.task())
            }
        }
    }

    @Test
    func `without dev rows the last step's rows are kept; without train rows there is nothing to learn`()
        throws
    {
        let rows = try Tiny.rows(8)
        let none = try Dataset(name: "none", labels: rows.labels, examples: [])
        let notes = Notes()
        let method = PromptTuning(settings())
        _ = try method.fit(
            FewShotSplit(train: rows, dev: none), Tiny.task(), to: tiny, RunContext { notes.add($0) })
        #expect(notes.chosen == [10] && notes.evaluations.isEmpty)
        let error = #expect(throws: PromptError.self) {
            try method.fit(FewShotSplit(train: none, dev: rows), Tiny.task(), to: tiny, RunContext())
        }
        #expect(error?.description.contains("the number of train rows is 0") == true)
    }

    @Test func `a label without words is named with those that have some`() throws {
        let task = try PromptTask(
            name: "task", template: Template("{text} {answer}"),
            verbalizer: Verbalizer(["a": ["20"], "c": ["30"]]))
        let error = #expect(throws: PromptError.self) {
            try PromptTuning(settings()).fit(Tiny.split(), task, to: tiny, RunContext())
        }
        #expect(error?.description.contains("no words are given for 'b'") == true)
        #expect(error?.description.contains("'a', 'c'") == true)
    }

    @Test func `a loss that is no number ends the run with the rate to blame`() {
        let error = #expect(throws: TrainingError.self) {
            try fit(settings { ($0.rate, $0.gradientNormLimit) = (.fixed(3e38), nil) })
        }
        #expect(error?.description.contains("lower the rate") == true)
    }

    @Test func `answers that stay at one label are said once, at the second look`() {
        var watch = CollapseWatch(labels: ["a", "b"])
        #expect(watch.warning([0, 1]) == nil && watch.warning([1, 1]) == nil)
        #expect(watch.warning([1, 1])?.contains("every dev row is answered 'b'") == true)
        #expect(watch.warning([1, 1]) == nil)
        #expect(watch.warning([0, 1]) == nil && watch.warning([0, 0]) == nil)
        #expect(watch.warning([0, 0])?.contains("'a'") == true)
        var lone = CollapseWatch(labels: ["a"])
        #expect(lone.warning([0, 0]) == nil && lone.warning([0, 0]) == nil)
    }

    @Test func `a run warns where, and only where, all dev rows get one label`() throws {
        // At this rate the rows stay where they start, so the words decide alone.
        let settings = settings { ($0.rate, $0.steps, $0.evaluationInterval) = (.fixed(1e-12), 2, 1) }
        var outcomes: Set<Bool> = []
        for word in 21..<33 {
            let (notes, split) = (Notes(), try Tiny.split())
            let task = try Tiny.task(a: ["20"], b: ["\(word)"])
            let prompt = try PromptTuning(settings).fit(split, task, to: tiny, RunContext { notes.add($0) })
            let answers = try Predictor([prompt], tiny).predict(split.dev.examples, with: prompt.id).map(
                \.label)
            let hasCollapsed = Set(answers).count == 1
            #expect(notes.warnings.count { $0.contains("collapsed to one label") } == (hasCollapsed ? 1 : 0))
            outcomes.insert(hasCollapsed)
        }
        #expect(outcomes.count == 2)
    }

    @Test func `patience ends a run early, and of equal scores the first is kept`() throws {
        let notes = Notes()
        let settings = settings { ($0.evaluationInterval, $0.patience, $0.rate) = (1, 2, .fixed(1e-12)) }
        _ = try fit(settings, RunContext { notes.add($0) })
        #expect(notes.steps == [1, 2, 3])
        #expect(notes.evaluations.map(\.isBest) == [true, false, false])
    }
}
