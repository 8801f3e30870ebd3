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
