import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

/// Demonstrations behind the question of a masked model (Oracles/prompts/lm_bff.py).
@Suite struct DemonstrationSetTests {
    private let tiny: PretrainedModel
    private let golden: Golden

    init() throws {
        tiny = try Tiny.masked()
        golden = try Golden("prompts/lm_bff")
    }

    private func texts() throws -> [String] {
        let tokens = try golden.integers("texts")
        var start = 0
        return try golden.integers("lengths").map { length in
            defer { start += Int(length) }
            return tokens[start..<start + Int(length)].map(String.init).joined(separator: " ")
        }
    }

    private static let shown = [
        Example(fields: ["text": "45 46"], label: "a"), Example(fields: ["text": "50 51 52"], label: "b"),
    ]

    private func task(
        _ pool: [Example], count: Int = 1, similar: Float? = nil, limit: Int = 40,
        template: String = "{text} {answer}"
    ) throws -> PromptTask {
        var task = try Tiny.task(template, limit: limit)
        var settings = DemonstrationSets.Settings()
        (settings.count, settings.similarShare) = (count, similar)
        task.demonstrationSets = try DemonstrationSets(
            settings, from: pool, labels: ["a", "b"], ModelVectorizer(tiny))
        return task
    }

    @Test func `scores behind one example a label are the reference's`() throws {
        let prompt = try Prompt.hard(task(Self.shown), tiny)
        let found = try Predictor([prompt], tiny).predict(
            texts().map { Example(fields: ["text": $0]) }, with: prompt.id)
        let expected = try golden.floats("shown").chunked(2).map { pair in
            let powers = pair.map { Tensor([$0], shape: [1], on: CPUBackend.shared).applying(.exp).scalar }
            return powers.map { $0 / (powers[0] + powers[1]) }
        }
        for (answer, shares) in zip(found, expected) {
            expectClose(answer.probabilities, shares, absolute: 1e-5)
            #expect(answer.examplesShown == 2 && answer.examplesDropped == 0)
        }
    }

    @Test func `without demonstrations and training it is manual zero-shot scoring`() throws {
        let plain = try Prompt.hard(Tiny.task(), tiny)
        var asked = try task(Self.shown)
        asked.demonstrationSets = nil
        let other = try Prompt.hard(asked, tiny)
        let examples = try texts().map { Example(fields: ["text": $0]) }
        #expect(
            try Predictor([plain], tiny).predict(examples, with: plain.id)
                == Predictor([other], tiny).predict(examples, with: other.id))
    }

    @Test func `answers are the average of the scores behind each set, in any order of the sets`() throws {
        let asked = try task(Tiny.rows(4).examples, count: 5)
        let prompt = try Prompt.hard(asked, tiny)
        let setup = try PromptSetup(asked, template: asked.template, tiny)
        let sets = try #require(setup.demonstrations)
        for example in try Tiny.rows(2, seed: 9).examples {
            let shown = try sets.inUse(example, vector: nil)
            #expect(shown.count == 5 && Set(shown).count > 1)
            let alone = try shown.map {
                try setup.objective.logProbabilities([$0], .inference(tiny.weights)).floats
            }
            func mean(_ rows: [[Float]]) -> Tensor {
                let sums = (0..<2).map { label in rows.reduce(0) { $0 + $1[label] } / Float(rows.count) }
                return Tensor(sums, shape: [1, 2], on: CPUBackend.shared).logSoftmax().applying(.exp)
            }
            let found = try Predictor([prompt], tiny).predict([example], with: prompt.id)[0]
            expectClose(found.probabilities, mean(alone).floats, absolute: 1e-5)
            expectClose(found.probabilities, mean(alone.reversed()).floats, absolute: 1e-5)
        }
    }

    @Test func `one set is a single pass`() throws {
        let asked = try task(Tiny.rows(4).examples, count: 1)
        let prompt = try Prompt.hard(asked, tiny)
        let setup = try PromptSetup(asked, template: asked.template, tiny)
        let example = try Tiny.rows(1, seed: 9).examples[0]
        let shown = try #require(setup.demonstrations).inUse(example, vector: nil)
        let alone = try setup.objective.logProbabilities(shown, .inference(tiny.weights)).applying(.exp)
        let found = try Predictor([prompt], tiny).predict([example], with: prompt.id)[0]
        expectClose(found.probabilities, alone.floats, absolute: 1e-6)
    }

    @Test func `a question is never its own demonstration, and sets are the same every time`() throws {
        let rows = try Tiny.rows(3)
        let asked = try task(rows.examples, count: 12)
        let sets = try #require(PromptSetup(asked, template: asked.template, tiny).demonstrations)
        for example in rows.examples {
            let own = try PromptEncoder(
                asked.template, tiny.tokenizer, limit: 40, kind: .masked
            ).encode(example)
            let body = own.before.dropFirst()
            for prompt in try sets.inUse(example, vector: nil) {
                let behind = Array(prompt.after.dropFirst(own.after.count))
                #expect(!behind.windows(body.count).contains { $0.elementsEqual(body) })
            }
            #expect(try sets.inUse(example, vector: nil) == sets.inUse(example, vector: nil))
        }
    }

    @Test func `similar examples only are drawn where that is asked for`() throws {
        // The nearest half of two examples a label is one example.
        let pool = ["60 61", "70 71 72 73"].flatMap { text in
            [
                Example(fields: ["text": text], label: "a"),
                Example(fields: ["text": text + " 41"], label: "b"),
            ]
        }
        let asked = try task(pool, count: 8, similar: 0.5)
        let sets = try #require(PromptSetup(asked, template: asked.template, tiny).demonstrations)
        let question = Example(fields: ["text": "60 61 62"])
        let vector = try #require(try sets.vectors(of: [question])?.first)
        #expect(try Set(sets.inUse(question, vector: vector)).count == 1)
        let free = try task(pool, count: 8)
        let drawn = try #require(PromptSetup(free, template: free.template, tiny).demonstrations)
        #expect(try Set(drawn.inUse(question, vector: nil)).count > 1)
    }

    @Test func `demonstrations are cut first, and the question keeps all of its own`() throws {
        let pool = [
            Example(fields: ["text": (0..<30).map { "\(40 + $0)" }.joined(separator: " ")], label: "a"),
            Example(fields: ["text": "50 51"], label: "b"),
        ]
        let asked = try task(pool, limit: 20)
        let setup = try PromptSetup(asked, template: asked.template, tiny)
        let sets = try #require(setup.demonstrations)
        for length in [1, 8, 15, 17] {
            let text = (0..<length).map { "\(41 + $0)" }.joined(separator: " ")
            let example = Example(fields: ["text": text])
            let (alone, shown) = (
                try setup.encoder.encode(example), try sets.inUse(example, vector: nil)[0]
            )
            #expect(shown.rows.count <= 20)
            #expect(Array(shown.rows.prefix(alone.rows.count)) == alone.rows)
            #expect(shown.readouts == alone.readouts)
            #expect(shown.examplesShown + shown.examplesDropped == 2)
            // The answer is what demonstrations are for: it is never cut.
            if shown.examplesShown == 2 {
                #expect(shown.rows.contains(.token(20)) && shown.rows.contains(.token(30)))
            }
        }
    }

    @Test(arguments: [true, false])
    func `model tuning and prompt tuning learn with demonstrations, are saved and read back`(_ isTuning: Bool)
        throws
    {
        let split = try Tiny.split(perLabel: 4)
        let asked = try task(split.train.examples, count: 3)
        var learning = LearningSettings()
        (learning.steps, learning.batch, learning.evaluationInterval, learning.seed) = (3, 4, 1, 5)
        var model = ModelTuning.Settings()
        model.learning = learning
        var soft = PromptTuning.Settings()
        (soft.rows, soft.learning) = (2, learning)
        let choice: MethodChoice = isTuning ? .modelTuning(model) : .promptTuning(soft)
        let prompt = try choice.method.fit(split, asked, to: tiny, RunContext())
        #expect(prompt.manifest.demonstrationSets == asked.demonstrationSets)
        let place = try TemporaryFolder()
        let folder = PromptFolder(place.file("shown"))
        try folder.write(prompt)
        let copy = try folder.read(on: tiny.backend)
        try copy.verify(tiny)
        #expect(
            try Predictor([prompt], tiny).predict(split.dev.examples, with: prompt.id)
                == Predictor([copy], tiny).predict(split.dev.examples, with: copy.id))
        let again = try choice.method.fit(split, asked, to: tiny, RunContext())
        for name in prompt.tensors.names {
            #expect(again.tensors[name]?.floats == prompt.tensors[name]?.floats, "\(name)")
        }
    }

    @Test func `what cannot be shown is said`() throws {
        let settings = DemonstrationSets.Settings()
        #expect(throws: DemonstrationError.self) {
            try DemonstrationSets(settings, from: [Self.shown[0]], labels: ["a", "b"])
        }
        var none = settings
        none.count = 0
        #expect(throws: PromptError.self) {
            try DemonstrationSets(none, from: Self.shown, labels: ["a", "b"])
        }
        var similar = settings
        similar.similarShare = 0.5
        #expect(throws: DemonstrationError.self) {
            try DemonstrationSets(similar, from: Self.shown, labels: ["a", "b"])
        }
        let llama = try Tiny.model("llama")
        #expect(throws: PromptError.self) { try Prompt.hard(task(Self.shown), llama) }
        #expect(throws: DemonstrationError.self) {
            try Prompt.hard(task(Self.shown, template: "{special separator}{text} {answer}"), tiny)
        }
    }
}

extension [Float] {
    fileprivate func chunked(_ count: Int) -> [[Float]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<$0 + count]) }
    }
}

extension [PromptRow] {
    fileprivate func windows(_ count: Int) -> [ArraySlice<PromptRow>] {
        count > self.count ? [] : (0...self.count - count).map { self[$0..<$0 + count] }
    }
}
