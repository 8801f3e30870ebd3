import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Tokenizers
import Training

@Suite struct TextGenerationTests {
    /// "a b" is to be followed by "b a": what a tiny model can learn by heart, with two targets each.
    static func rows(_ count: Int) throws -> Dataset {
        let examples = (0..<count).map { index in
            let (a, b) = (40 + index % 6, 60 + index / 2 % 5)
            return Example(
                fields: ["source": "\(a) \(b)", "references": "[\"\(b) \(a) 9\", \"\(b) \(a) 8 9\"]"],
                id: "r\(index)")
        }
        return try Dataset(name: "texts", examples: examples, metric: .bleu)
    }

    static var template: Template { get throws { try Template("{source} 5 {answer}") } }

    static let choices: [MethodChoice] = {
        var prompt = PromptTuning.Settings()
        (prompt.rows, prompt.rate, prompt.steps) = (3, .fixed(0.05), 20)
        var middle = prompt
        middle.placement = .end
        var pseudo = PTuning.Settings()
        (pseudo.rows, pseudo.rate, pseudo.steps, pseudo.encoder) = (
            3, .fixed(0.01), 20, .peftPerceptron(hidden: 16)
        )
        var prefix = PrefixTuning.Settings()
        (prefix.rows, prefix.rate, prefix.steps) = (3, .fixed(0.1), 20)
        prefix.initialisation = .random
        var network = prefix
        (network.reparametrisation, network.rate) = (PrefixEncoder.Settings(hidden: 8), .fixed(0.02))
        var deep = DeepPrompt.Settings()
        (deep.rows, deep.rate, deep.steps, deep.dropout, deep.layers) = (3, .fixed(0.1), 20, 0, [1])
        deep.initialisation = .random
        var lora = LoRA.Settings()
        (lora.rate, lora.steps, lora.rank) = (.fixed(0.02), 20, 4)
        var tuned = ModelTuning.Settings()
        (tuned.rate, tuned.steps) = (.fixed(3e-3), 20)
        return [
            .promptTuning(prompt), .promptTuning(middle), .pTuning(pseudo), .prefixTuning(prefix),
            .prefixTuning(network), .deepPrompt(deep), .lora(lora), .modelTuning(tuned),
        ]
    }()

    private func taught(_ choice: MethodChoice, _ tiny: PretrainedModel, _ notes: Notes = Notes()) throws
        -> Prompt
    {
        var settings = TextSettings()
        settings.tokenLimit = 8
        return try TextGeneration(choice, settings).fit(
            named: "writer", Self.template, Self.rows(12), dev: Self.rows(3), limit: 40, to: tiny,
            RunContext { notes.add($0) })
    }

    // MARK: Against PyTorch

    @Test func `the loss of the targets, its gradient and ten steps are PyTorch's`() throws {
        let (steps, tiny) = (TenSteps(golden: try Golden("prompts/readouts"), part: "text"), try Tiny.model())
        let (start, soft) = try steps.start(["soft"])
        let objective = TextObjective(tiny.model) { PromptTensors(soft: $0[soft]) }
        let front = (0..<3).map(PromptRow.soft)
        let batch = try zip(steps.lists("prompt"), steps.lists("target")).map {
            TargetText(prompt: front + $0.rows, target: $1)
        }
        try steps.check(objective, batch, from: start, over: tiny)
    }

    // MARK: Every kind of prompt

    @Test(arguments: choices)
    func `every method learns to write, and writes the same from disk, alone and in company`(
        _ choice: MethodChoice
    )
        throws
    {
        let (tiny, notes) = (try Tiny.model(), Notes())
        let prompt = try taught(choice, tiny, notes)
        #expect((notes.losses.last ?? 9) < (notes.losses.first ?? 0), "\(choice.name): \(notes.losses)")
        let place = try TemporaryFolder()
        let folder = PromptFolder(place.file("saved"))
        try folder.write(prompt)
        let again = try folder.read(on: CPUBackend.shared)
        let rows = try Self.rows(4).examples
        let texts = try TextWriter(prompt, tiny).answers(rows).map(\.text)
        let writer = try TextWriter(again, tiny)
        #expect(try writer.answers(rows).map(\.text) == texts)
        for (row, text) in zip(rows, texts) { #expect(try writer.answers([row])[0].text == text) }
        #expect(Set(texts).count > 1 || choice.name == PromptTuning.name, "\(texts)")
    }

    @Test(arguments: choices)
    func `decoding from a cache gives the scores of the whole text, under every kind of prompt`(
        _ choice: MethodChoice
    )
        throws
    {
        let tiny = try Tiny.model()
        var settings = TextSettings()
        settings.tokenLimit = 8
        var quick = choice
        quick.learning.steps = 2
        let prompt = try TextGeneration(quick, settings).fit(
            named: "writer", Self.template, Self.rows(6), dev: nil, limit: 40, to: tiny, RunContext())
        let writer = try TextWriter(prompt, tiny)
        let encoder = try PromptEncoder(
            prompt.manifest.template, tiny.tokenizer, limit: 40, kind: .causal, longestAnswer: 8)
        let rows = try encoder.encode(Self.rows(1).examples[0]).before
        let pass = Pass.inference(writer.model.weights)
        let model = writer.model.model
        let next: [Int32] = [60, 40, 9, 71, 12]
        // Whole: the prompt and the text in one walk. Cached: the prompt, then a token at a time.
        var whole = writer.input([rows + next.rows])
        whole.readouts = (0..<Int32(next.count)).map { Int32(rows.count) + $0 }
        let expected = model.logits(whole, pass)
        let input = writer.input([rows])
        let cache = DecodingCache(try #require(model.encode(input, keepsKeyValues: true, pass).keyValues))
        var found: [Tensor] = []
        for (step, token) in next.enumerated() {
            let one = ModelInput(
                embeddings: model.embed([token], pass), lengths: [1],
                positions: [(input.positions.last ?? 0) + 1 + Int32(step)],
                pasts: input.pasts + [cache.keyValues], pastsOf: [input.pastsOf[0] + [input.pasts.count]])
            let encoding = model.encode(one, keepsKeyValues: true, pass)
            cache.append(try #require(encoding.keyValues))
            found.append(model.scores(encoding.hidden, vocabulary: nil, pass))
        }
        expectClose(
            Tensor.joinRows(found).logSoftmax(), expected.logSoftmax().floats, absolute: 1e-5, relative: 1e-5,
            choice.name)
    }

    @Test func `model tuning learns the rows by heart, by every way of decoding`() throws {
        var tuned = ModelTuning.Settings()
        (tuned.rate, tuned.steps) = (.fixed(5e-3), 150)
        let tiny = try Tiny.model()
        let prompt = try taught(.modelTuning(tuned), tiny)
        let rows = try Self.rows(12)
        func bleu(_ settings: TextSettings? = nil) throws -> Double {
            let answers = try TextWriter(prompt, tiny, settings).answers(rows.examples)
            return try Evaluation(answers.map(\.text), to: rows, metric: .rougeL).value
        }
        #expect(try bleu() > 0.95)
        var settings = try #require(prompt.manifest.texts)
        settings.beams = BeamSettings(width: 3, lengthPenalty: 0.8)
        #expect(try bleu(settings) > 0.95)
        settings.beams = nil
        settings.choice = .sampling(SamplingSettings(temperature: 0.2, topK: 5, topP: 0.9, seed: 3))
        let drawn = try bleu(settings)
        #expect(drawn > 0.8)
        #expect(try bleu(settings) == drawn)
        // The end of the sequence ends every text.
        #expect(try TextWriter(prompt, tiny).answers(rows.examples).allSatisfy { $0.end == .stop })
    }

    @Test func `a long front, which is read once, changes no text`() throws {
        let tiny = try Tiny.model()
        var settings = TextSettings()
        settings.tokenLimit = 40
        let plain = try TextGeneration.untaught(
            named: "plain", Template("11 12 13 14 15 16 17 18 19 {source} 5 {answer}"), settings, limit: 60,
            tiny)
        let rows = try Self.rows(3).examples
        let together = try TextWriter(plain, tiny).answers(rows)
        for (row, answer) in zip(rows, together) {
            let stream = try Generator(tiny).text(
                after: ModelInput(
                    embeddings: tiny.model.embed(
                        tiny.tokenizer.encode("11 12 13 14 15 16 17 18 19 \(row.fields["source"] ?? "") 5"),
                        .inference(tiny.weights)), lengths: [12]),
                GenerationSettings(tokenLimit: 40, stopTexts: ["\n"]))
            let whole = stream.joined().trimmingPrefix(while: \.isWhitespace)
            #expect(!answer.text.isEmpty && (whole.hasPrefix(answer.text) || answer.text.hasPrefix(whole)))
        }
    }

    @Test(arguments: [choices[0], choices[3], choices[6]])
    func `a prompt whose front was compiled writes the same`(_ choice: MethodChoice) throws {
        let (tiny, place) = (try Tiny.model(), try TemporaryFolder())
        var settings = TextSettings()
        settings.tokenLimit = 8
        var quick = choice
        quick.learning.steps = 3
        let prompt = try TextGeneration(quick, settings).fit(
            named: "writer", Template("11 12 13 14 15 16 17 18 19 {source} 5 {answer}"), Self.rows(6),
            dev: nil, limit: 60,
            to: tiny, RunContext())
        // The folder of the prompt, then the same prompt with its front computed.
        let bare = PromptFolder(place.file("bare"))
        try bare.write(prompt)
        let compiled = try bare.read(on: CPUBackend.shared).compiled(for: tiny)
        #expect((compiled.front?.count ?? 0) >= 9)
        let folder = PromptFolder(place.file("compiled"))
        try folder.write(compiled)
        let again = try folder.read(on: CPUBackend.shared)
        let rows = try Self.rows(5).examples
        #expect(
            try TextWriter(again, tiny).answers(rows).map(\.text)
                == TextWriter(prompt, tiny).answers(rows).map(\.text))
        // Scores of the next token, with the block and without it.
        let encoder = try PromptEncoder(
            prompt.manifest.template, tiny.tokenizer, limit: 60, kind: .causal, longestAnswer: 8)
        let whole = try encoder.encode(rows[0]).before
        let writer = try TextWriter(again, tiny)
        let pass = Pass.inference(writer.model.weights)
        let past = try Prefix(prompt.tensors, of: "writer", tiny.model.traits)?.past(
            .inference(prompt.tensors))
        let plain = PackedPrompts([.init(prompt: whole, question: .rows([whole.count - 1]))]).input(
            tiny.model, soft: prompt.softRows, pass, pasts: past.map { [$0] } ?? [])
        expectClose(
            tiny.model.logits(writer.input([whole]), pass).logSoftmax(),
            tiny.model.logits(plain, pass).logSoftmax().floats, absolute: 1e-5, relative: 1e-5, choice.name)
    }

    // MARK: What cannot be

    @Test func `rows, templates and models that cannot write are refused`() throws {
        let (tiny, run) = (try Tiny.model(), RunContext())
        func message(
            _ rows: [Example], _ template: String = "{source} {answer}", _ model: PretrainedModel? = nil
        ) throws -> String {
            let error = #expect(throws: (any Error).self) {
                try TextGeneration(Self.choices[0]).fit(
                    named: "w", Template(template), Dataset(name: "w", examples: rows), dev: nil, limit: 200,
                    to: model ?? tiny, run)
            }
            return description(of: error)
        }
        let good = Example(fields: ["source": "5", "references": "[\"6\"]"])
        let empty = Example(fields: ["source": "5", "references": "[\" \"]"], id: "e")
        #expect(
            try message([good, empty])
                == "row 2 ('e') of 'w' has no text in the field 'references', which is to be written")
        #expect(
            try message([Example(fields: ["source": "5"])]).hasPrefix(
                "row 1 of 'w' has no list in the field 'references'"))
        #expect(try message([good], "{source} {answer} 7").contains("one that ends with {answer}"))
        #expect(try message([good], "{source} {answer}", Tiny.masked()).contains("does not write"))
        #expect(throws: PromptError.self) {
            try TextGeneration(.modelTuning(.probe)).fit(
                named: "w", Self.template, Self.rows(2), dev: nil, to: tiny, run)
        }
    }
}
