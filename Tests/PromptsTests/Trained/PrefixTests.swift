import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing

@Suite struct PrefixTests {
    private func traits(layers: Int, width: Int, heads: Int) throws -> ModelTraits {
        var traits = try Tiny.model("gpt2").model.traits
        (traits.layers, traits.width, traits.heads, traits.keyValueHeads) = (layers, width, heads, heads)
        traits.headWidth = width / heads
        return traits
    }

    /// Label probabilities of a few texts behind a block, or behind words in the template.
    private func probabilities(_ template: String, _ past: KeyValues?, _ tiny: PretrainedModel) throws
        -> [Float]
    {
        let task = try Tiny.task(template, a: ["20"], b: ["30 31"])
        let setup = try PromptSetup(task, template: task.template, tiny)
        let prompts = try ["5 6 7", "8", "5 9 11 12"].map {
            try setup.encoder.encode(Example(fields: ["text": $0]))
        }
        let objective = AnswerObjective(setup.scorer, tiny.model) { _ in
            PromptTensors(pasts: past.map { [$0] } ?? [])
        }
        return try objective.logProbabilities(prompts, .inference(tiny.weights)).floats
    }

    @Test(arguments: Tiny.names)
    func `a prefix is the same keys and values cached, and the words they come from`(_ name: String) throws {
        let tiny = try Tiny.model(name)
        let words: [Int32] = [44, 45, 46]
        let block = tiny.keyValues(words)
        let prefix = Prefix(rows: 3, tiny.model.traits)
        let past = prefix.past(.inference(prefix.named(block)))
        let cached = try probabilities("{text} {answer}", block, tiny)
        #expect(try probabilities("{text} {answer}", past, tiny) == cached)
        expectClose(cached, try probabilities("44 45 46 {text} {answer}", nil, tiny), absolute: 1e-5)
    }

    @Test(arguments: Tiny.names, [[0], [1]])
    func `a prefix of some layers is the same keys and values cached in those layers only`(
        _ name: String, _ layers: [Int]
    ) throws {
        let tiny = try Tiny.model(name)
        let block = tiny.keyValues([44, 45, 46, 47])
        let prefix = Prefix(rows: 4, tiny.model.traits, layers: layers)
        let past = prefix.past(.inference(prefix.named(block)))
        #expect(past.count == 4)
        for layer in 0..<tiny.model.traits.layers {
            #expect(past.layers[layer].keys.shape.rows == (layers.contains(layer) ? 4 : 0))
        }
        let empty = Tensor([], shape: [0, tiny.model.traits.keyValueWidth], on: CPUBackend.shared)
        let cached = KeyValues(
            layers: block.layers.enumerated().map { layers.contains($0.offset) ? $0.element : (empty, empty) }
        )
        let scores = try probabilities("{text} {answer}", past, tiny)
        expectClose(scores, try probabilities("{text} {answer}", cached, tiny), absolute: 1e-5)
        let whole = try probabilities("{text} {answer}", block, tiny)
        #expect(zip(scores, whole).contains { abs($0 - $1) > 1e-3 })
    }

    @Test func `a folded prefix gives what the live network gives, on every layer`() throws {
        let tiny = try Tiny.model()
        var settings = PrefixTuning.Settings()
        (settings.rows, settings.initialisation) = (4, .random)
        settings.reparametrisation = PrefixEncoder.Settings(hidden: 7)
        let (lesson, prefix) = try PrefixTuning(settings).lesson(Tiny.task(), tiny)
        let folded = prefix.folded(lesson.start)
        #expect(folded.names == prefix.stored.map(\.name).sorted())
        let stored = Prefix(rows: 4, tiny.model.traits)
        expectClose(
            try probabilities("{text} {answer}", stored.past(.inference(folded)), tiny),
            try probabilities("{text} {answer}", prefix.past(.inference(lesson.start)), tiny), absolute: 1e-5)
    }

    @Test
    func `dropout zeroes its share of keys and values in training, others at each step, and none in use`()
        throws
    {
        let tiny = try Tiny.model()
        let prefix = Prefix(rows: 8, tiny.model.traits, dropout: 0.25)
        let weights = prefix.named(tiny.keyValues([44, 45, 46, 47, 48, 49, 50, 51]))
        func numbers(_ pass: Pass) -> [Float] {
            prefix.past(pass).layers.flatMap { $0.keys.floats + $0.values.floats }
        }
        func training(_ step: UInt64) -> [Float] {
            numbers(.training(weights, on: Tape(), dropoutSeed: 3, step: step) { _ in true })
        }
        let whole = numbers(.inference(weights))
        expectClose(
            whole,
            Prefix(rows: 8, tiny.model.traits).past(.inference(weights)).layers.flatMap {
                $0.keys.floats + $0.values.floats
            }, absolute: 0)
        let (first, second) = (training(0), training(1))
        for dropped in [first, second] {
            let zeros = dropped.count { $0 == 0 }
            #expect((0.15...0.35).contains(Double(zeros) / Double(dropped.count)))
            let kept = zip(dropped, whole).filter { $0.0 != 0 }
            expectClose(kept.map(\.0), kept.map { $0.1 / 0.75 }, absolute: 1e-5)
        }
        #expect(first != second && first == training(0))
    }

    @Test func `gradients of a prefix of grouped heads agree with finite differences`() throws {
        let tiny = try Tiny.model("llama")
        let task = try Tiny.task()
        let setup = try PromptSetup(task, template: task.template, tiny)
        let prompts = try ["5 6 7", "8"].map { try setup.encoder.encode(Example(fields: ["text": $0])) }
        let prefix = Prefix(rows: 2, tiny.model.traits, layers: [1])
        let start = prefix.named(tiny.keyValues([44, 45]))
        let names = prefix.stored.map(\.name)
        expectGradient(
            of: { tables in
                let objective = AnswerObjective(setup.scorer, tiny.model) { _ in
                    let weights = NamedTensors(Dictionary(uniqueKeysWithValues: zip(names, tables)))
                    return PromptTensors(pasts: [prefix.past(.inference(weights))])
                }
                return try! objective.logProbabilities(prompts, .inference(tiny.weights))
            }, at: names.compactMap { start[$0] }, step: 2e-3, absolute: 2e-2)
    }

    @Test func `parameter counts are those of the publications`() throws {
        let encoder = PrefixEncoder.Settings(hidden: 512)
        let gpt2Medium = try traits(layers: 24, width: 1024, heads: 16)
        for (rows, stored, trained) in [(5, 245_760, 25_744_896), (10, 491_520, 25_750_016)] {
            let prefix = Prefix(rows: rows, gpt2Medium, reparametrisation: encoder)
            #expect(prefix.storedCount == stored && prefix.trainedCount == trained)
        }
        // BART-large has three prefixes of 12 layers each.
        let bart = try traits(layers: 12, width: 1024, heads: 16)
        for (rows, stored, trained) in [(100, 7_372_800, 61_823_328), (200, 14_745_600, 62_130_528)] {
            let prefix = Prefix(rows: rows, bart, reparametrisation: PrefixEncoder.Settings(hidden: 800))
            #expect(3 * prefix.storedCount == stored && 3 * prefix.trainedCount == trained)
        }
        // P-tuning v2: RoBERTa-large with 8 rows, BERT-base a row; SmolLM2's grouped heads.
        #expect(Prefix(rows: 8, gpt2Medium).storedCount == 393_216)
        #expect(Prefix(rows: 1, try traits(layers: 12, width: 768, heads: 12)).storedCount == 18_432)
        var smol = try traits(layers: 30, width: 576, heads: 9)
        smol.keyValueHeads = 3
        #expect(Prefix(rows: 20, smol).storedCount == 230_400)
    }

    // MARK: Learning

    private func fit(_ change: (inout PrefixTuning.Settings) -> Void, _ notes: Notes = Notes()) throws
        -> Prompt
    {
        var settings = PrefixTuning.Settings()
        (settings.rows, settings.steps, settings.batch) = (4, 6, 8)
        settings.initialisation = .words("44 45")
        change(&settings)
        return try PrefixTuning(settings).fit(
            Tiny.split(), Tiny.task(), to: Tiny.model(), RunContext { notes.add($0) })
    }

    @Test func `a task is learned, and the prompt holds keys and values only`() throws {
        let notes = Notes()
        let prompt = try fit({ ($0.steps, $0.batch) = (60, 16) }, notes)
        let losses = notes.losses
        let (start, end): (Float, Float) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
        #expect(end < start / 2, "\(losses)")
        #expect(prompt.tensors.names.allSatisfy { $0.hasPrefix("prefix.layers.") })
        #expect(prompt.parameterCount == 4 * 2 * 2 * 16)
        #expect(try prompt.verify(Tiny.model()) == 0)
    }

    @Test func `the first loss of a written prompt is that of the prompt in the template`() throws {
        let tiny = try Tiny.model()
        let settings = { (settings: inout PrefixTuning.Settings) in
            settings.initialisation = .written("44 45 46")
            (settings.rate, settings.steps) = (.fixed(1e-9), 1)
        }
        let prompt = try fit(settings)
        let written = try Prompt.hard(Tiny.task("44 45 46 {text} {answer}", name: "written"), tiny)
        let predictor = try Predictor([prompt, written], tiny)
        let rows = try Tiny.rows(6).examples
        for (prefix, words) in zip(
            try predictor.predict(rows, with: prompt.id), try predictor.predict(rows, with: "written"))
        {
            expectClose(prefix.probabilities, words.probabilities, absolute: 1e-4)
        }
    }

    @Test func `a network that is fitted to words starts nearer to them than it did`() throws {
        let tiny = try Tiny.model()
        var settings = PrefixTuning.Settings()
        settings.rows = 4
        settings.reparametrisation = PrefixEncoder.Settings(hidden: 64)
        func distance(_ initialisation: PrefixInitialisation) throws -> Float {
            settings.initialisation = initialisation
            let (lesson, prefix) = try PrefixTuning(settings).lesson(Tiny.task(), tiny)
            let (made, words) = (prefix.folded(lesson.start), prefix.named(tiny.keyValues([44, 45, 44, 45])))
            return prefix.stored.reduce(0) { sum, parameter in
                let pair = (made[parameter.name]?.floats ?? [], words[parameter.name]?.floats ?? [])
                return sum + zip(pair.0, pair.1).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            }
        }
        #expect(try distance(.words("44 45")) < 0.7 * distance(.random))
    }

    typealias Change = @Sendable (inout PrefixTuning.Settings) -> Void

    static let refused: [(String, Change)] = [
        ("the length of the prefix is 0", { $0.rows = 0 }),
        ("the length of the prefix is 256", { $0.rows = 256 }),
        ("the list of layers is [2]", { $0.layers = [2] }),
        ("the list of layers", { $0.layers = [] }),
        ("the list of layers", { $0.layers = [1, 1] }),
        ("the dropout is 1.0", { $0.dropout = 1 }),
        ("the network's width is 0", { $0.reparametrisation = PrefixEncoder.Settings(hidden: 0) }),
    ]

    @Test(arguments: refused)
    func `a setting out of its range is refused with what is allowed`(
        _ message: String, _ change: Change
    ) {
        let error = #expect(throws: PromptError.self) { try fit(change) }
        #expect(description(of: error).contains(message), "\(description(of: error))")
    }

    @Test func `tensors that do not fit the model are refused by name`() throws {
        let tiny = try Tiny.model()
        let prompt = try fit { _ in }
        var missing = prompt
        missing.tensors["prefix.layers.1.values"] = nil
        var wide = prompt
        wide.tensors["prefix.layers.0.keys"] = Tensor(repeating: 0, shape: [4, 48], on: CPUBackend.shared)
        var unknown = prompt
        unknown.tensors["prefix.layers.7.keys"] = Tensor(repeating: 0, shape: [4, 16], on: CPUBackend.shared)
        for (broken, text) in [
            (missing, "prefix.layers.1.values"), (wide, "prefix.layers.0.keys"), (unknown, "prefix.layers.7"),
        ] {
            let error = #expect(throws: PromptError.self) { try Predictor([broken], tiny) }
            #expect(description(of: error).contains(text), "\(description(of: error))")
        }
    }
}
