import Layers
import Models
import Tensors
import TestSupport
import Testing
import Training

/// Every encoder family against transformers, on tiny random models with a mask in each sequence.
@Suite struct EncoderTests {
    static let names = ["bert", "roberta", "xlm_roberta", "distilbert", "electra"]

    /// The label words' cross-entropy at the mask of each sequence, soft rows in front where there are any.
    private struct MaskedWords: Objective {
        let tiny: TinyModel
        let soft: Parameter?
        let sequences: [[Int32]]
        let masks: [Int32]
        let labels: [Int32]
        let targets: [Int32]

        init(_ tiny: TinyModel, isSoft: Bool) throws {
            self.tiny = tiny
            soft = isSoft ? Parameter(name: "soft", shape: try tiny.golden.shape("soft.start")) : nil
            sequences = try tiny.sequences
            masks = try tiny.golden.integers("masks")
            labels = try tiny.golden.integers("labels")
            targets = try tiny.golden.integers("targets")
        }

        func loss(_ batch: Int, _ pass: Pass) throws -> Tensor {
            tiny.model.logits(input(pass), vocabulary: labels, pass).crossEntropy(targets)
        }

        private func input(_ pass: Pass) -> ModelInput {
            var input =
                soft.map { tiny.softInput(pass[$0], sequences, pass) }
                ?? ModelInput(
                    embeddings: tiny.model.embed(sequences.flatMap { $0 }, pass),
                    lengths: sequences.map(\.count))
            let front = soft?.shape.rows ?? 0
            var start = 0
            input.readouts = zip(sequences, masks).map { sequence, mask in
                defer { start += front + sequence.count }
                return Int32(start + front) + mask
            }
            return input
        }
    }

    private struct Numbers: BatchSource {
        func batch(_ index: Int) -> Int { index }
    }

    @Test(arguments: names)
    func `logits and states of a packed batch are those of transformers`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let input = tiny.packed(try tiny.sequences)
        expectClose(
            tiny.model.hidden(input, tiny.pass), try tiny.golden.floats("hidden"), absolute: 1e-4,
            relative: 1e-4, name)
        expectClose(
            tiny.model.logits(input, tiny.pass), try tiny.golden.floats("logits"), absolute: 1e-4,
            relative: 1e-4, name)
    }

    @Test(arguments: names)
    func `a packed batch gives each sequence what it gets alone`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let together = tiny.model.logits(tiny.packed(try tiny.sequences), tiny.pass)
        let alone = Tensor.joinRows(try tiny.sequences.map { tiny.model.logits(tiny.input($0), tiny.pass) })
        expectClose(together, alone, absolute: 1e-5, relative: 1e-5, name)
    }

    @Test(arguments: names)
    func `reading few rows and few words gives the same scores as reading all`(_ name: String) throws {
        let tiny = try TinyModel(name)
        var input = tiny.packed(try tiny.sequences)
        let all = tiny.model.logits(input, tiny.pass)
        input.readouts = [4, 16, 2, 2]
        let words: [Int32] = [42, 5, 5, 80]
        let some = tiny.model.logits(input, vocabulary: words, tiny.pass)
        let picked = words.map { word in all.rows(input.readouts).columns(Int(word)..<Int(word) + 1) }
        expectClose(some, Tensor.joinColumns(picked), absolute: 1e-5, relative: 1e-5, name)
    }

    @Test(arguments: ["bert", "electra"]) func `segments count where the family has them`(_ name: String)
        throws
    {
        let tiny = try TinyModel(name)
        var input = tiny.packed(try tiny.sequences)
        input.segments = try tiny.golden.integers("segments")
        expectClose(
            tiny.model.logits(input, tiny.pass), try tiny.golden.floats("segmented.logits"), absolute: 1e-4,
            relative: 1e-4)
    }

    @Test func `a .bin with gamma and beta is the same model`() throws {
        let (tiny, legacy) = (try TinyModel("bert"), try TinyModel.load("bert_legacy"))
        #expect(tiny.weights.names == legacy.weights.names)
        for name in tiny.weights.names {
            #expect(tiny.weights[name]?.floats == legacy.weights[name]?.floats, "\(name)")
        }
    }

    @Test func `a bare encoder has the states and says that it scores no words`() throws {
        let (tiny, bare) = (try TinyModel("bert"), try TinyModel.load("bert_bare"))
        #expect(tiny.model.traits.hasOutput && !bare.model.traits.hasOutput)
        expectClose(
            bare.model.hidden(tiny.packed(try tiny.sequences), .inference(bare.weights)),
            try tiny.golden.floats("hidden"), absolute: 1e-4, relative: 1e-4)
    }

    @Test(arguments: names)
    func `logits, loss and gradient behind soft rows are those of transformers`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let start = try tiny.golden.tensor("soft.start")
        let input = tiny.softInput(start, try tiny.sequences, readsAll: true, tiny.pass)
        expectClose(
            tiny.model.logits(input, tiny.pass), try tiny.golden.floats("soft.logits"), absolute: 1e-4,
            relative: 1e-4, name)
        var weights = tiny.weights
        weights["soft"] = start
        let tape = Tape()
        let loss = try MaskedWords(tiny, isSoft: true).loss(
            0, .training(weights, on: tape) { $0 == "soft" })
        expectClose([loss.scalar], try tiny.golden.floats("soft.loss"), absolute: 1e-4, relative: 1e-4, name)
        let gradients = tape.gradients(of: loss)
        #expect(gradients.names == ["soft"])
        expectClose(
            try #require(gradients["soft"]), try tiny.golden.floats("soft.gradient"), absolute: 1e-4,
            relative: 1e-4, name)
    }

    @Test(arguments: names)
    func `the gradient of every weight is that of transformers`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let golden = try Golden("models/\(name)/gradients")
        let tape = Tape()
        let loss = try MaskedWords(tiny, isSoft: false).loss(
            0, .training(tiny.weights, on: tape) { _ in true })
        expectClose([loss.scalar], try golden.floats("loss"), absolute: 1e-4, relative: 1e-4, name)
        let gradients = tape.gradients(of: loss)
        for weight in gradients.names {
            let theirs = TinyModel.transformersName(weight, name)
            expectClose(
                try #require(gradients[weight]), try golden.floats(theirs), absolute: 1e-4, relative: 1e-4,
                "\(name): \(weight)")
        }
        #expect(Set(gradients.names.map { TinyModel.transformersName($0, name) }).count == gradients.count)
        #expect(gradients.names.count >= tiny.weights.names.count)
    }

    @Test(arguments: names)
    func `ten steps on soft rows go the way of transformers`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let settings = TrainingSettings(
            steps: 10, optimizer: .adamW(AdamW.Settings(decay: 0)), rate: 1e-2, schedule: .linear(total: 10))
        var state = try TrainingState(training: NamedTensors(["soft": try tiny.golden.tensor("soft.start")]))
        expectClose(
            try losses(&state, MaskedWords(tiny, isSoft: true), settings),
            try tiny.golden.floats("soft.losses"), absolute: 1e-4, relative: 1e-4, name)
    }

    @Test(arguments: names)
    func `ten steps on all weights go the way of transformers`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let settings = TrainingSettings(
            steps: 10,
            optimizer: .adamW(AdamW.Settings(decay: try tiny.golden.number("tuning.decay"))),
            rate: try tiny.golden.number("tuning.rate"))
        var state = try TrainingState(training: tiny.weights)
        expectClose(
            try losses(&state, MaskedWords(tiny, isSoft: false), settings),
            try tiny.golden.floats("tuning.losses"), absolute: 1e-4, relative: 1e-4, name)
    }

    private func losses(
        _ state: inout TrainingState, _ objective: MaskedWords, _ settings: TrainingSettings
    ) throws -> [Float] {
        var losses: [Float] = []
        let trainer = Trainer(
            objective, settings,
            // One segment of two, positions behind the longest text: rows that no text reads stay as they are.
            mayStartFlat: { !$0.contains("layer.") })
        _ = try trainer.run(
            &state, over: objective.tiny.weights, batches: Numbers(),
            observe: { if case .step(let report) = $0 { losses.append(report.loss) } })
        return losses
    }

    @Test(arguments: ["bert", "roberta"])
    func `every row sees every slot of a prefix, and positions go on behind it`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let tape = Tape()
        let prefix = tape.watch(try tiny.golden.tensor("prefix.start"), as: "prefix")
        let sequences = try tiny.sequences
        let past = KeyValues(peft: prefix, tiny.model.traits)
        var input = ModelInput(
            embeddings: tiny.model.embed(sequences.flatMap { $0 }, tiny.pass),
            lengths: sequences.map(\.count), pasts: [past], pastsOf: sequences.map { _ in [0] })
        let all = TinyModel.all(input.positions.count)
        var start = 0
        input.readouts = try zip(sequences, tiny.golden.integers("masks")).map { sequence, mask in
            defer { start += sequence.count }
            return Int32(start) + mask
        }
        let loss = tiny.model.logits(input, vocabulary: try tiny.golden.integers("labels"), tiny.pass)
            .crossEntropy(try tiny.golden.integers("targets"))
        expectClose([loss.scalar], try tiny.golden.floats("prefix.loss"), absolute: 1e-4, name)
        expectClose(
            try #require(tape.gradients(of: loss)["prefix"]), try tiny.golden.floats("prefix.gradient"),
            absolute: 1e-4, relative: 1e-4, name)
        input.pasts = [past.detached]
        input.readouts = all
        expectClose(
            tiny.model.logits(input, tiny.pass), try tiny.golden.floats("prefix.logits"), absolute: 1e-4,
            relative: 1e-4, name)
    }
}

extension KeyValues {
    /// PEFT's matrix `[P, 2 * layers * width]` as a block: column `(2 * layer + kind) * width + …`.
    fileprivate init(peft prefix: Tensor, _ traits: ModelTraits) {
        let width = traits.keyValueWidth
        self.init(
            layers: (0..<traits.layers).map { layer in
                let start = 2 * layer * width
                return (
                    prefix.columns(start..<start + width), prefix.columns(start + width..<start + 2 * width)
                )
            })
    }
}
