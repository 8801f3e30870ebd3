import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

/// PET's loss for answers of several masks.
@Suite struct AnswerLossTests {
    private func matrix(_ rows: [[Float]]) -> Tensor {
        Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count], on: CPUBackend.shared)
    }

    @Test func `a margin is what is missing from a distance of one, over all other answers`() {
        let scores = matrix([[-1, -3, -1.5], [0, -0.25, 2]])
        // Right 0: 0 and 0.5; right 1: 1.25 and 3.25.
        expectClose([AnswerLoss.margin(scores, [0, 1]).scalar], [2.5], absolute: 1e-6)
        expectClose(
            [AnswerLoss.margin(scores.logSoftmax(), [0, 1]).scalar], [2.5], absolute: 1e-6,
            "normalised over the answers")
        expectGradient(of: { AnswerLoss.margin($0[0], [0, 1]) }, at: [scores])
        #expect(AnswerLoss.margin(matrix([[4, 1, 2]]), [0]).scalar == 0)
        #expect(AnswerLoss.margin(matrix([[4]]), [0]).scalar == 0)
    }

    @Test func `the cross-entropy takes scores among the labels as they are`() {
        let scores = matrix([[-1, -3, -1.5], [0, -0.25, 2]])
        expectClose(
            [AnswerLoss.crossEntropy(scores.logSoftmax(), [0, 1]).scalar],
            [scores.crossEntropy([0, 1]).scalar],
            absolute: 1e-6)
    }
}

/// The same on a model whose every candidate PyTorch scored by itself.
@Suite struct MarginGoldenTests {
    private let tiny: PretrainedModel
    private let golden: Golden
    private let setup: PromptSetup
    private let batch: [LabelledPrompt]

    init() throws {
        tiny = try Tiny.masked()
        golden = try Golden("prompts/margin")
        let task = try PromptTask(
            name: "margin", template: Template("{text} {answer} 50"),
            verbalizer: Verbalizer(["a": ["20 21 22"], "b": ["30"], "c": ["41 40"]]), limit: 40)
        setup = try PromptSetup(task, template: task.template, tiny)
        let (tokens, labels) = (try golden.integers("texts"), try golden.integers("labels"))
        var start = 0
        batch = try zip(golden.integers("lengths"), labels).map { [setup] length, label in
            defer { start += Int(length) }
            let text = tokens[start..<start + Int(length)].map(String.init).joined(separator: " ")
            return LabelledPrompt(
                prompt: try setup.encoder.encode(Example(fields: ["text": text])), label: label)
        }
    }

    @Test func `scores of all candidates in one look are those of each by itself`() throws {
        let scores = try setup.objective.logProbabilities(batch, .inference(tiny.weights))
        let wanted = Tensor(try golden.floats("scores"), shape: scores.shape, on: tiny.backend).logSoftmax()
        expectClose(scores, wanted, absolute: 1e-4)
    }

    @Test func `loss and every gradient are PyTorch's`() throws {
        #expect(setup.objective.answerLoss == .margin)
        let tape = Tape()
        let loss = try setup.objective.loss(batch, .training(tiny.weights, on: tape) { _ in true })
        expectClose([loss.scalar], try golden.floats("loss"), absolute: 1e-4)
        let gradients = tape.gradients(of: loss)
        let names = golden.names.filter { $0.hasPrefix("gradient.") }
        #expect(names.count > 30)
        for name in names {
            let own = try #require(gradients[String(name.dropFirst(9))])
            expectClose(own, try golden.floats(name), absolute: 1e-4, relative: 1e-4, name)
        }
    }

    @Test(arguments: [false, true])
    func `ten steps have PyTorch's losses, by PET's objective too`(_ isPET: Bool) throws {
        let settings = TrainingSettings(
            steps: 10, optimizer: .adamW(AdamW.Settings(decay: try golden.floats("decay")[0])),
            rate: try golden.floats("rate")[0])
        var losses: [Float] = []
        func run<Goal: Objective>(_ goal: Goal, _ element: Goal.Batch) throws {
            var state = try TrainingState(training: tiny.weights)
            _ = try Trainer(goal, settings, mayStartFlat: { _ in true }).run(
                &state, over: tiny.weights, batches: Always(element: element),
                observe: { if case .step(let report) = $0 { losses.append(report.loss) } })
        }
        if isPET {
            try run(PETObjective(setup.scorer, tiny.model, alpha: 0), PETBatch(labelled: batch, hidden: []))
        } else {
            try run(setup.objective, batch)
        }
        expectClose(losses, try golden.floats("losses"), absolute: 1e-4, relative: 1e-4)
    }

    @Test func `a trained prompt is judged as it answers, each candidate with its own masks`() throws {
        let asked = try setup.objective.answers(batch, tiny.weights)
        let one = try setup.objective.logProbabilities(batch, .inference(tiny.weights))
        let several = try setup.scorer.logProbabilities(
            batch.map(\.prompt), PromptTensors(), .inference(tiny.weights))
        #expect(asked.floats == several.floats)
        #expect(zip(asked.floats, one.floats).contains { abs($0 - $1) > 1e-2 })
    }
}

private struct Always<Batch: Sendable>: BatchSource {
    let element: Batch
    func batch(_ index: Int) -> Batch { element }
}
