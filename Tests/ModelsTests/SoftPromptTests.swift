import Checkpoints
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing
import Training

/// The journey of a soft prompt on every family: rows before the text, a loss over label words, ten steps.
@Suite struct SoftPromptTests {
    /// The label words' cross-entropy at the last rows, the soft rows being the weight `soft`.
    private struct LabelWords: Objective {
        let tiny: TinyModel
        let shape: Shape
        let sequences: [[Int32]]
        let labels: [Int32]
        let targets: [Int32]

        init(_ tiny: TinyModel) throws {
            self.tiny = tiny
            shape = try tiny.golden.shape("soft.start")
            sequences = try tiny.sequences
            labels = try tiny.golden.integers("labels")
            targets = try tiny.golden.integers("targets")
        }

        func loss(_ batch: Int, _ pass: Pass) throws -> Tensor {
            let input = tiny.softInput(pass[Parameter(name: "soft", shape: shape)], sequences, pass)
            return tiny.model.logits(input, vocabulary: labels, pass).crossEntropy(targets)
        }
    }

    private struct Numbers: BatchSource {
        func batch(_ index: Int) -> Int { index }
    }

    @Test(arguments: TinyModel.names)
    func `logits behind soft rows are those of transformers`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let soft = try tiny.golden.tensor("soft.start")
        let input = tiny.softInput(soft, try tiny.sequences, readsAll: true, tiny.pass)
        expectClose(
            tiny.model.logits(input, tiny.pass), try tiny.golden.floats("soft.logits"), absolute: 1e-4,
            relative: 1e-4, name)
    }

    @Test(arguments: TinyModel.names)
    func `loss and gradient of the soft rows are those of transformers`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let objective = try LabelWords(tiny)
        var weights = tiny.weights
        weights["soft"] = try tiny.golden.tensor("soft.start")
        let tape = Tape()
        let loss = try objective.loss(0, .training(weights, on: tape) { $0 == "soft" })
        expectClose([loss.scalar], try tiny.golden.floats("soft.loss"), absolute: 1e-4, relative: 1e-4, name)
        let gradients = tape.gradients(of: loss)
        #expect(gradients.names == ["soft"])
        expectClose(
            try #require(gradients["soft"]), try tiny.golden.floats("soft.gradient"), absolute: 1e-4,
            relative: 1e-4,
            name)
    }

    @Test(arguments: TinyModel.names, ["plain", "clipped"])
    func `ten steps go the way of transformers and PyTorch`(_ name: String, _ curve: String) throws {
        let tiny = try TinyModel(name)
        let key = "soft.\(curve)."
        let clip = try tiny.golden.number(key + "clip")
        let settings = TrainingSettings(
            steps: 10, optimizer: .adamW(AdamW.Settings(decay: try tiny.golden.number(key + "decay"))),
            rate: 1e-2,
            schedule: .linear(total: 10), gradientNormLimit: clip < 0 ? nil : clip)
        var state = try TrainingState(training: NamedTensors(["soft": try tiny.golden.tensor("soft.start")]))
        var reports: [StepReport] = []
        _ = try Trainer(LabelWords(tiny), settings).run(
            &state, over: tiny.weights, batches: Numbers(),
            observe: { if case .step(let report) = $0 { reports.append(report) } })
        let losses = try tiny.golden.floats(key + "losses")
        expectClose(reports.map(\.loss), Array(losses.prefix(10)), absolute: 1e-4, relative: 1e-4, name)
        expectClose(
            reports.map { Float($0.gradientNorm) }, try tiny.golden.floats(key + "norms"), absolute: 1e-4,
            relative: 1e-3, name)
        expectClose(reports.map(\.rate), try tiny.golden.floats(key + "rates"), relative: 1e-6, name)
        expectClose(
            try #require(state.weights["soft"]), try tiny.golden.floats(key + "learned"), absolute: 2e-4,
            relative: 1e-4, name)
    }

    @Test func `frozen weights cost no gradient`() throws {
        let backend = RecordingBackend()
        let folder = Golden.folder.appendingPathComponent("models/llama")
        let (model, weights) = try PretrainedModel.load(ModelSource(contentsOf: folder), on: backend)
        let soft = Tensor(repeating: 0.1, shape: [3, model.traits.width], on: backend)
        let tape = Tape()
        let pass = Pass.training(weights, on: tape) { _ in false }
        let rows = Tensor.joinRows([tape.watch(soft, as: "soft"), model.embed([5, 6, 7], pass)])
        let logits = model.logits(ModelInput(embeddings: rows, lengths: [6]), vocabulary: [5, 11], pass)
        let forward = backend.takeCounts()
        #expect(forward["matmul"] == 2 * 7 + 1)
        let gradients = tape.gradients(of: logits.crossEntropy([1]))
        #expect(gradients.names == ["soft"])
        let backward = backend.takeCounts()
        #expect(backward["matmul transposed"] == nil && backward["rmsNormPullback with weight"] == nil)
        #expect(backward["matmul untransposed"] == forward["matmul"])
        #expect(backward["attentionPullback"] == 2)
    }

    /// PEFT's matrix `[P, 2 * layers * width]` as a block: column `(2 * layer + kind) * width + …`.
    private func block(_ prefix: Tensor, _ traits: ModelTraits) -> KeyValues {
        let width = traits.keyValueWidth
        return KeyValues(
            layers: (0..<traits.layers).map { layer in
                let start = 2 * layer * width
                return (
                    prefix.columns(start..<start + width), prefix.columns(start + width..<start + 2 * width)
                )
            })
    }

    @Test(arguments: ["gemma3", "llama"])
    func `logits, loss and gradient of a trained prefix are PEFT's`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let tape = Tape()
        let prefix = tape.watch(try tiny.golden.tensor("prefix.start"), as: "prefix")
        let sequences = try tiny.sequences
        let past = block(prefix, tiny.model.traits)
        var input = ModelInput(
            embeddings: tiny.model.embed(sequences.flatMap { $0 }, tiny.pass),
            lengths: sequences.map(\.count),
            pasts: [past], pastsOf: sequences.map { _ in [0] })
        let loss = tiny.model.logits(input, vocabulary: try tiny.golden.integers("labels"), tiny.pass)
            .crossEntropy(try tiny.golden.integers("targets"))
        expectClose([loss.scalar], try tiny.golden.floats("prefix.loss"), absolute: 1e-4)
        expectClose(
            try #require(tape.gradients(of: loss)["prefix"]), try tiny.golden.floats("prefix.gradient"),
            absolute: 1e-4, relative: 1e-4)
        input.pasts = [past.detached]
        input.readouts = TinyModel.all(input.positions.count)
        expectClose(
            tiny.model.logits(input, tiny.pass), try tiny.golden.floats("prefix.logits"), absolute: 1e-4,
            relative: 1e-4)
    }
}
