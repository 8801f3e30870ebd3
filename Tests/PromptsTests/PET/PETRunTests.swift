import Datasets
import Foundation
import Models
import Prompts
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

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
        let kept = Mutex<[Int]>([])
        let steps = Mutex<Int>(0)
        /// Called with the number of models that have begun.
        let atMember: @Sendable (Int) -> Void

        init(atMember: @escaping @Sendable (Int) -> Void = { _ in }) { self.atMember = atMember }

        func add(_ event: PET.Event) {
            switch event {
            case .kept(let number, _, _): kept.withLock { $0.append(number) }
            case .step: steps.withLock { $0 += 1 }
            case .member(_, _, let generation, let pattern, let seed):
                atMember(
                    members.withLock { begun in
                        begun.append("\(generation).\(pattern).\(seed)")
                        return begun.count
                    })
            case .warning(let text): warnings.withLock { $0.append(text) }
            default: break
            }
        }
    }

    private func run(
        _ settings: PET.Settings, _ events: Events = Events(), perLabel: Int = 4,
        patterns: [PatternVerbalizer]? = nil, work: URL? = nil, stop: StopSignal = StopSignal(),
        to model: PretrainedModel? = nil
    ) throws -> PET.Outcome {
        let rows = try Dataset(
            name: "numbers", labels: ["a", "b"], examples: perLabel == 0 ? [] : Tiny.rows(perLabel).examples)
        var pet = PET(settings)
        pet.observe = { events.add($0) }
        return try pet.run(
            train: rows, unlabelled: Tiny.rows(12, seed: 4).examples.map { Example(fields: $0.fields) },
            test: Tiny.rows(3, seed: 6).examples, patterns ?? self.patterns(),
            Tiny.task("{text}{answer}", name: "pet", limit: 30), to: model ?? Tiny.masked(),
            work: WorkFolder(work), stop: stop)
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

    // MARK: Answers of several tokens

    @Test func `words of several tokens are taught by their margin and asked mask by mask`() throws {
        let several = try [
            PatternVerbalizer(Template("{text} {answer} 50"), Verbalizer(["a": ["20 21"], "b": ["30 31"]]))
        ]
        var settings = settings()
        (settings.seeds, settings.learning.steps, settings.learning.rate) = ([0], 60, .fixed(3e-3))
        let tuned = try run(settings, patterns: several).members[0]
        let right = zip(tuned.unlabelled, try Tiny.rows(12, seed: 4).examples).count { scores, row in
            (scores[0] > scores[1]) == (row.label == "a")
        }
        #expect(right >= 20, "\(right) of 24, of which chance has 12")
        settings.learning.loss = .crossEntropy
        #expect(try run(settings, patterns: several).members[0].test != tuned.test)
    }

    // MARK: Without labelled rows

    @Test func `without labelled rows the untuned model starts, and generations learn what it is surest of`()
        throws
    {
        var settings = settings()
        settings.sampling = GenerationSampling()
        settings.generations = 2
        let events = Events()
        let outcome = try run(settings, events, perLabel: 0)
        // One untuned model a pattern is asked, then two generations of four.
        #expect(
            events.members.withLock { $0 } == [
                "0.0.0", "0.1.0", "1.0.0", "1.0.1", "1.1.0", "1.1.1", "2.0.0", "2.0.1", "2.1.0", "2.1.1",
            ])
        #expect(events.steps.withLock { $0 } == 8 * 6 + 6)
        let tiny = try Tiny.masked()
        let asked = try patterns().map { pattern in
            let prompt = try Prompt.hard(
                PromptTask(name: "p", template: pattern.template, verbalizer: pattern.verbalizer, limit: 30),
                tiny)
            let answers = try Predictor([prompt], tiny).predict(Tiny.rows(3, seed: 6).examples, with: "p")
            return answers.map { answer in
                ["a", "b"].map { answer.probabilities[answer.labels.firstIndex(of: $0) ?? 0] }
            }
        }
        for (member, pattern) in zip(outcome.first, [0, 0, 1, 1]) {
            #expect(member.pattern == pattern && member.accuracyBefore == 0)
            expectClose(
                member.test.flatMap { $0.map { exp($0) } }, asked[pattern].flatMap { $0 }, absolute: 1e-4)
        }
        #expect(outcome.first.map(\.test) != outcome.members.map(\.test))
        #expect(
            try Predictor([outcome.classifier], tiny).predict(Tiny.rows(2).examples, with: "pet").count == 4)
    }

    @Test func `only iPET starts without labelled rows`() throws {
        #expect(throws: PromptError.self) { try run(settings(), perLabel: 0) }
    }

    // MARK: Priming

    @Test func `priming puts texts with an open mask in front, as many as leave half of the room`() throws {
        let tiny = try Tiny.masked()
        let rows = [Example(fields: ["text": "40"]), Example(fields: ["text": "41"])]
        let priming = try Priming(Template("{text} 50 {answer}."), tiny, limit: 30)
        let (template, count) = try priming.primed(with: rows, count: 2, seed: 3)
        #expect(count == 2)
        let texts = ["40 50{special mask}. ", "41 50{special mask}. "]
        let tail = "{text} 50 {answer}."
        #expect([texts.joined() + tail, texts.reversed().joined() + tail].contains(template.printed))
        #expect(try priming.primed(with: rows, count: 1, seed: 3).count == 1)
        let prompt = try PromptEncoder(template, tiny.tokenizer, limit: 30, kind: .masked).encode(rows[0])
        #expect(prompt.rows.count { $0 == .token(4) } == 3 && prompt.masks == [4])
        let masking = try #require(TokenMasking(tiny.tokenizer))
        var random = CounterRandom(seed: 1)
        for _ in 0..<50 {
            #expect(masking.hide(prompt, &random).targets.allSatisfy { $0 != 4 })
        }
        let long = (0..<4).map { Example(fields: ["text": "\($0) 9 9 9 9 9"]) }
        #expect(try priming.primed(with: long, count: 4, seed: 0).count == 1)
    }

    @Test func `priming changes what is learned, and needs a mask and a free beginning`() throws {
        var settings = settings()
        settings.seeds = [0]
        let plain = try run(settings).members.map(\.test)
        settings.priming = 2
        let events = Events()
        #expect(try run(settings, events).members.map(\.test) != plain)
        #expect(events.warnings.withLock { $0.isEmpty })
        settings.priming = 9
        _ = try run(settings, events)
        #expect(events.warnings.withLock { $0.contains { $0.contains("not 9") } })
        #expect(throws: PromptError.self) {
            try Priming(Template("{text} {answer}"), Tiny.model(), limit: 30)
        }
        #expect(throws: PromptError.self) {
            try Priming(Template("{special classifier}{text} {answer}"), Tiny.masked(), limit: 30)
        }
    }

    // MARK: Going on

    @Test(arguments: [1, 2, 5, 8, 12])
    func `a run stopped while a model is tuned goes on behind the finished ones, to the same numbers`(
        _ begun: Int
    ) throws {
        var settings = settings()
        settings.sampling = GenerationSampling()
        settings.sampling?.growth = 2
        settings.generations = 2
        let undisturbed = try run(settings)
        let (place, stop) = (try TemporaryFolder(), StopSignal())
        let events = Events { if $0 == begun { stop.raise() } }
        #expect(throws: CancellationError.self) {
            try run(settings, events, work: place.file("work"), stop: stop)
        }
        #expect(place.names(in: "work").count == begun - 1)
        let rest = Events()
        let resumed = try run(settings, rest, work: place.file("work"))
        #expect(rest.kept.withLock { $0.count } == begun - 1)
        #expect(rest.members.withLock { $0.count } == 12 - (begun - 1))
        #expect(resumed.members == undisturbed.members && resumed.first == undisturbed.first)
        #expect(resumed.classifier.tensors.names == undisturbed.classifier.tensors.names)
        for name in undisturbed.classifier.tensors.names {
            #expect(resumed.classifier.tensors[name]?.floats == undisturbed.classifier.tensors[name]?.floats)
        }
        let last = Events()
        _ = try run(settings, last, work: place.file("work"))
        #expect(last.steps.withLock { $0 } == 0 && last.kept.withLock { $0.count } == 12)
        WorkFolder(place.file("work")).remove()
        #expect(place.names().isEmpty)
    }

    @Test func `only what depends on a changed setting is done again`() throws {
        let place = try TemporaryFolder()
        var settings = settings()
        _ = try run(settings, work: place.url)
        settings.temperature = 3
        let distilled = Events()
        _ = try run(settings, distilled, work: place.url)
        #expect(distilled.kept.withLock { $0.count } == 4 && distilled.steps.withLock { $0 } == 6)
        settings.seeds = [0, 5]
        let seeded = Events()
        _ = try run(settings, seeded, work: place.url)
        #expect(seeded.kept.withLock { $0 } == [1, 3])
        settings.learning.steps = 7
        let longer = Events()
        _ = try run(settings, longer, work: place.url)
        #expect(longer.kept.withLock { $0.isEmpty })
        try "kept".write(to: place.file("mine.txt"), atomically: true, encoding: .utf8)
        WorkFolder(place.url).remove()
        #expect(place.names() == ["mine.txt"])
    }

    @Test func `a damaged piece is an error, and a folder that cannot be written a warning`() throws {
        let place = try TemporaryFolder()
        _ = try run(settings(), work: place.url)
        let name = try #require(place.names().first { $0.hasPrefix("model-") })
        try Data("no piece".utf8).write(to: place.file(name))
        #expect(throws: (any Error).self) { try run(settings(), work: place.url) }
        let events = Events()
        try Data().write(to: place.file("file"))
        let outcome = try run(settings(), events, work: place.file("file/below"))
        #expect(outcome.members.count == 4)
        #expect(events.warnings.withLock { $0.contains { $0.contains("could not be kept") } })
    }

    // MARK: Causal models

    @Test func `a causal model is tuned by the same objective, without the loss on unlabelled rows`() throws {
        var settings = settings()
        settings.seeds = [0]
        let llama = try Tiny.model()
        let patterns = try [
            PatternVerbalizer(Template("{text} {answer}"), Verbalizer(["a": ["20"], "b": ["30 31"]])),
            PatternVerbalizer(Template("51 {text} {answer} 50"), Verbalizer(["b": ["31"], "a": ["21"]])),
        ]
        let outcome = try run(settings, patterns: patterns, to: llama)
        #expect(outcome.members.count == 2 && outcome.members[0].test != outcome.members[1].test)
        settings.alpha = 0.5
        #expect(try run(settings, patterns: patterns, to: llama).members == outcome.members)
        #expect(
            try Predictor([outcome.classifier], llama).predict(Tiny.rows(2).examples, with: "pet").count == 4)
    }
}
