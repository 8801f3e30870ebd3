import Datasets
import Foundation
import Layers
import Models
import Prompts
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

@Suite struct DistillationTests {
    private func matrix(_ rows: [[Float]]) -> Tensor {
        Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count], on: CPUBackend.shared)
    }

    /// PET's code, run on these numbers.
    @Test func `the loss at temperature 2 is PET's`() {
        let own = matrix([[1, 2, 0.5], [0, -1, 1]])
        let teacher = matrix([[2, 1, 0], [0.5, 0.5, 0.5]])
        expectClose([own.distillation(from: teacher, temperature: 2).scalar], [0.372573], absolute: 1e-6)
        expectGradient(of: { $0[0].distillation(from: teacher, temperature: 2) }, at: [own])
    }

    @Test func `at temperature 1 and a teacher without doubt it is the cross-entropy`() {
        let own = matrix([[1, 2, 0.5], [0, -1, 1]])
        let teacher = matrix([[60, 0, 0], [0, 0, 60]])
        let loss = own.distillation(from: teacher, temperature: 1).scalar
        expectClose([loss], [own.crossEntropy([0, 2]).scalar], absolute: 1e-5)
    }

    @Test func `a pupil that knows it all has no loss, whatever constant its scores have`() {
        let teacher = matrix([[2, 1, 0], [0.5, 3, 0.5]])
        expectClose(
            [teacher.scaled(by: 1, plus: 7).distillation(from: teacher, temperature: 2).scalar], [0],
            absolute: 1e-6)
    }
}

@Suite struct PETObjectiveTests {
    private let tiny: PretrainedModel
    private let setup: PromptSetup
    private let labelled: [LabelledPrompt]
    private let hidden: [TokenMasking.Hidden]

    init() throws {
        tiny = try Tiny.masked()
        let task = try Tiny.task("{text} {answer} 50", limit: 30)
        setup = try PromptSetup(task, template: task.template, tiny)
        labelled = try setup.prompts(Tiny.rows(3))
        let masking = try #require(TokenMasking(tiny.tokenizer))
        var random = CounterRandom(seed: 5)
        let encoder = setup.encoder
        let texts = try Tiny.rows(6, seed: 9).examples.map { try encoder.encode($0) }
        hidden = texts.map { masking.hide($0, &random) }
    }

    private func gradients(alpha: Float, _ batch: [LabelledPrompt]) throws -> NamedTensors {
        let tape = Tape()
        let pass = Pass.training(tiny.weights, on: tape) { _ in true }
        return tape.gradients(
            of: try PETObjective(setup.scorer, tiny.model, alpha: alpha).loss(
                PETBatch(labelled: batch, hidden: hidden), pass))
    }

    @Test func `with alpha 0 the gradient is that of the cross-entropy alone`() throws {
        let tape = Tape()
        let plain = tape.gradients(
            of: try setup.objective.loss(labelled, .training(tiny.weights, on: tape) { _ in true }))
        let found = try gradients(alpha: 0, labelled)
        #expect(found.names == plain.names)
        for name in plain.names {
            expectClose(try #require(found[name]), try #require(plain[name]), absolute: 1e-5, name)
        }
    }

    @Test func `with alpha 1 the labels play no part`() throws {
        let turned = labelled.map { LabelledPrompt(prompt: $0.prompt, label: 1 - $0.label) }
        let (one, other) = (try gradients(alpha: 1, labelled), try gradients(alpha: 1, turned))
        for name in one.names {
            expectClose(try #require(other[name]), try #require(one[name]), absolute: 1e-5, name)
        }
    }

    @Test func `the loss is the weighted sum of both`() throws {
        func loss(_ alpha: Float) throws -> Float {
            try PETObjective(setup.scorer, tiny.model, alpha: alpha)
                .loss(PETBatch(labelled: labelled, hidden: hidden), .inference(tiny.weights)).scalar
        }
        let (answers, language, mixed) = (try loss(0), try loss(1), try loss(0.25))
        #expect(answers != language)
        expectClose([mixed], [0.75 * answers + 0.25 * language], absolute: 1e-4)
    }

    @Test func `about 15 of 100 tokens are hidden, most as masks, never the slot or a special token`() throws
    {
        let masking = try #require(TokenMasking(tiny.tokenizer))
        var random = CounterRandom(seed: 1)
        let prompt = try setup.encoder.encode(
            Example(fields: ["text": (0..<24).map { "\($0 + 40)" }.joined(separator: " ")]))
        var (hidden, masks, kept, tokens) = (0, 0, 0, 0)
        for _ in 0..<400 {
            let found = masking.hide(prompt, &random)
            tokens += 25
            hidden += found.places.count
            for (place, target) in zip(found.places, found.targets) {
                #expect(prompt.rows[place] == .token(target) && !prompt.readouts.contains(place))
                #expect(place > 0 && place < prompt.rows.count - 1)
                masks += found.rows[place] == .token(4) ? 1 : 0
                kept += found.rows[place] == .token(target) ? 1 : 0
            }
            let others = prompt.rows.indices.filter { !found.places.contains($0) }
            let same = others.allSatisfy { found.rows[$0] == prompt.rows[$0] }
            #expect(same)
        }
        let (rate, share, staying) = (
            Double(hidden) / Double(tokens), Double(masks) / Double(hidden), Double(kept) / Double(hidden)
        )
        #expect(abs(rate - 0.15) < 0.02 && abs(share - 0.8) < 0.04 && abs(staying - 0.11) < 0.04)
    }
}

@Suite struct EnsembleTests {
    private func member(_ accuracy: Double, _ scores: [[Float]]) -> EnsembleMember {
        EnsembleMember(pattern: 0, seed: 0, accuracyBefore: accuracy, unlabelled: scores, test: [])
    }

    @Test func `one model is its own ensemble, and equal weights are no weights`() {
        let (a, b) = (member(0.5, [[1, 2], [3, -1]]), member(0.5, [[0, 4], [1, 1]]))
        for weighting in EnsembleWeighting.allCases {
            #expect(weighting.average([a]) { $0.unlabelled } == a.unlabelled)
            #expect(weighting.average([a, b]) { $0.unlabelled } == [[0.5, 3], [2, 0]])
        }
        let c = member(1, [[0, 4], [1, 1]])
        #expect(EnsembleWeighting.uniform.average([a, c]) { $0.unlabelled } == [[0.5, 3], [2, 0]])
        let weighted = EnsembleWeighting.weighted.average([a, c]) { $0.unlabelled }.flatMap { $0 }
        expectClose(weighted, [1 / 3.0, 10 / 3.0, 5 / 3.0, 1 / 3.0], absolute: 1e-6)
        let none = [member(0, [[1, 1]]), member(0, [[3, 1]])]
        #expect(EnsembleWeighting.weighted.average(none) { $0.unlabelled } == [[2, 1]])
    }

    @Test(arguments: [
        (10, 3, [50, 250, 1250]), (50, 2, [250, 1250]), (100, 2, [500, 2500]), (1000, 0, []),
    ])
    func `generations grow as the paper has it`(_ rows: Int, _ count: Int, _ sizes: [Int]) {
        let sampling = GenerationSampling()
        #expect(sampling.generations(from: rows) == count)
        #expect((0..<count).map { sampling.size(of: $0 + 1, from: rows) } == sizes)
    }

    @Test func `new rows keep the train rows' proportion`() {
        let sampling = GenerationSampling()
        #expect(sampling.newRows(of: 1, trainCounts: [5, 5]) == [20, 20])
        #expect(sampling.newRows(of: 2, trainCounts: [8, 2]) == [192, 48])
    }

    @Test func `a quarter of the others annotates, at least one, and never the model itself`() {
        let sampling = GenerationSampling()
        var random = CounterRandom(seed: 2)
        for member in 0..<9 {
            let found = sampling.annotators(of: member, count: 9, &random)
            #expect(found.count == 2 && !found.contains(member))
        }
        #expect(sampling.annotators(of: 0, count: 2, &random) == [1])
        #expect(sampling.annotators(of: 0, count: 1, &random).isEmpty)
    }

    @Test func `rows are drawn by label, the sure ones sooner, and a label without rows ends`() {
        let sampling = GenerationSampling()
        let scores: [[Float]] = (0..<40).map { index in
            index % 2 == 0 ? [4, 0, -9] : [0, index < 20 ? 0.1 : 6, -9]
        }
        var random = CounterRandom(seed: 3)
        let (rows, missing) = sampling.sample(scores, [8, 8, 8], &random)
        #expect(missing == [2])
        #expect(rows.count { $0.label == 0 } == 8 && rows.count { $0.label == 1 } == 8)
        #expect(Set(rows.map(\.row)).count == 16)
        let right = rows.allSatisfy { $0.row % 2 == $0.label }
        #expect(right)
        var sure = 0
        for seed in 0..<50 {
            var random = CounterRandom(seed: UInt64(seed))
            sure += sampling.sample(scores, [0, 8, 0], &random).rows.count { $0.row >= 20 }
        }
        // Ten rows of 0.997 against ten of 0.52: without weights half of 400.
        #expect(sure > 215)
        let few = sampling.sample([[1, 0], [0, 1]], [3, 1], &random).rows
        #expect(few.map(\.row) == [0, 0, 0, 1])
    }
}

@Suite struct PETTests {
    private func settings() -> PET.Settings {
        var settings = PET.Settings()
        settings.seeds = [0, 1]
        settings.learning.steps = 6
        settings.learning.rate = .fixed(1e-3)
        settings.distillation.steps = 6
        settings.distillation.rate = .fixed(1e-3)
        settings.distillation.batch = 8
        return settings
    }

    private func patterns() throws -> [PatternVerbalizer] {
        try [
            PatternVerbalizer(Template("{text} {answer} 50"), Verbalizer(["a": ["20"], "b": ["30"]])),
            PatternVerbalizer(Template("{answer} 51 {text}"), Verbalizer(["b": ["31"], "a": ["21", "22"]])),
        ]
    }

    private final class Events: Sendable {
        let members = Mutex<[String]>([])
        let warnings = Mutex<[String]>([])
        func add(_ event: PET.Event) {
            switch event {
            case .member(_, _, let generation, let pattern, let seed):
                members.withLock { $0.append("\(generation).\(pattern).\(seed)") }
            case .warning(let text): warnings.withLock { $0.append(text) }
            default: break
            }
        }
    }

    private func run(_ settings: PET.Settings, _ events: Events = Events()) throws -> PET.Outcome {
        let rows = try Tiny.rows(4)
        var pet = PET(settings)
        pet.observe = { events.add($0) }
        return try pet.run(
            train: rows, unlabelled: Tiny.rows(12, seed: 4).examples.map { Example(fields: $0.fields) },
            test: Tiny.rows(3, seed: 6).examples, patterns(),
            Tiny.task("{text}{answer}", name: "pet", limit: 30),
            to: Tiny.masked())
    }

    @Test func `every pattern and seed is a model, and a classifier is taught by all`() throws {
        let events = Events()
        let outcome = try run(settings(), events)
        #expect(events.members.withLock { $0 } == ["0.0.0", "0.0.1", "0.1.0", "0.1.1"])
        #expect(outcome.members.count == 4 && outcome.members == outcome.first)
        #expect(outcome.members.allSatisfy { $0.unlabelled.count == 24 && $0.test.count == 6 })
        #expect(outcome.members[0].test != outcome.members[1].test)
        let tiny = try Tiny.masked()
        let answers = try Predictor([outcome.classifier], tiny).predict(Tiny.rows(2).examples, with: "pet")
        #expect(answers.count == 4 && answers[0].labels == ["a", "b"])
        let again = try run(settings())
        #expect(again.members == outcome.members)
    }

    @Test func `iPET starts each generation anew, on rows that others have labelled`() throws {
        var settings = settings()
        settings.sampling = GenerationSampling()
        settings.sampling?.growth = 2
        settings.generations = 2
        let events = Events()
        let outcome = try run(settings, events)
        let members = events.members.withLock { $0 }
        #expect(members.count == 12 && members[4...7] == ["1.0.0", "1.0.1", "1.1.0", "1.1.1"])
        #expect(outcome.first.map(\.test) != outcome.members.map(\.test))
    }

    @Test func `a label that no row is predicted as is told of, and the run ends`() throws {
        var settings = settings()
        settings.sampling = GenerationSampling()
        (settings.generations, settings.learning.steps) = (1, 1)
        let events = Events()
        let rows = try Tiny.rows(4)
        let only = try Dataset(
            name: "one", labels: ["a", "b"],
            examples: rows.examples.map { Example(fields: $0.fields, label: "a") })
        // Learned for long on one label only, all rows are predicted as it.
        settings.learning.steps = 60
        settings.learning.rate = .fixed(1e-2)
        settings.alpha = 0
        var pet = PET(settings)
        pet.observe = { events.add($0) }
        // The train rows hold one of "b", so that the next generation wants more of them.
        let mixed = try Dataset(
            name: "mixed", labels: ["a", "b"],
            examples: only.examples + [Example(fields: ["text": "79"], label: "b")])
        _ = try pet.run(
            train: mixed, unlabelled: Array(only.examples.prefix(4)), test: [], patterns(),
            Tiny.task("{text}{answer}", name: "pet", limit: 30), to: Tiny.masked())
        #expect(events.warnings.withLock { !$0.isEmpty })
    }

    @Test func `patterns of other labels, and nothing to learn from, are refused`() throws {
        let tiny = try Tiny.masked()
        let rows = try Tiny.rows(2)
        let other = PatternVerbalizer(
            try Template("{text} {answer}"), try Verbalizer(["a": ["20"], "c": ["30"]]))
        for (patterns, unlabelled) in [([other], rows.examples), ([], rows.examples), (try patterns(), [])] {
            #expect(throws: PromptError.self) {
                try PET(settings()).run(
                    train: rows, unlabelled: unlabelled, test: [], patterns, Tiny.task(), to: tiny)
            }
        }
    }
}
