import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

@Suite struct AnswerScorerTests {
    private let tiny: PretrainedModel
    private let pass: Pass
    private let soft: Tensor

    init() throws {
        tiny = try Tiny.model()
        pass = .inference(tiny.weights)
        soft = Tiny.soft(2, tiny)
    }

    private func setup(_ template: String, a: [String], b: [String]) throws -> PromptSetup {
        let task = try Tiny.task(template, a: a, b: b)
        return try PromptSetup(task, template: task.template, tiny)
    }

    private func prompts(_ setup: PromptSetup) throws -> [EncodedPrompt] {
        try ["5 6 7", "8", "5 9"].map { try setup.encoder.encode(Example(fields: ["text": $0])) }
    }

    /// The log-probabilities of the labels from plain sequences, in double precision.
    private func expected(_ setup: PromptSetup, _ prompt: EncodedPrompt) -> [Float] {
        let shares = setup.words.words.map { word -> Double in
            let candidate = word.tokens.rows + prompt.after
            let steps = Tiny.steps(prompt.before, candidate, soft: soft, tiny)
            return Foundation.exp(steps.reduce(0.0) { $0 + Double($1) })
        }
        let labels = setup.words.wordsOfLabel.map { shares[$0].reduce(0, +) }
        return labels.map { Float(Foundation.log($0 / labels.reduce(0, +))) }
    }

    static let layouts = [
        ("{soft 2}{text} {answer}", ["20"], ["30"], true),
        ("{text} {soft 2} {answer}", ["20", "21"], ["30"], true),
        ("{soft 2}{text} {answer}", ["20 21", "20 22"], ["30", "20 21 23"], false),
        ("{soft 2}{text} {answer} 50 51", ["20"], ["30"], false),
        ("{soft 1} {answer} {soft 1} {text}", ["20", "21 22"], ["30 31 32"], false),
    ]

    @Test(arguments: layouts)
    func `label scores are those of an independent computation, token by token`(
        _ template: String, _ a: [String], _ b: [String], _ isFlat: Bool
    ) throws {
        let setup = try setup(template, a: a, b: b)
        let prompts = try prompts(setup)
        #expect(setup.causal.isFlat(prompts) == isFlat)
        let labels = setup.words.labelLogProbabilities(setup.causal.wordScores(prompts, soft: soft, pass))
        #expect(labels.shape == [3, 2])
        expectClose(labels, prompts.flatMap { expected(setup, $0) }, absolute: 2e-5, relative: 2e-5, template)
        let answers = setup.causal.answerScores(prompts, soft: soft, pass)
        for (prompt, scores) in zip(prompts, answers) {
            for (word, steps) in zip(setup.words.words, scores.steps) {
                let alone = Tiny.steps(prompt.before, word.tokens.rows + prompt.after, soft: soft, tiny)
                expectClose(steps, alone, absolute: 1e-5, relative: 1e-5, template)
            }
        }
    }

    @Test func `reading a few rows of the vocabulary or all of it gives the labels the same probabilities`()
        throws
    {
        let setup = try setup("{soft 2}{text} {answer}", a: ["20", "21"], b: ["30"])
        let prompts = try prompts(setup)
        let flat = setup.words.labelLogProbabilities(setup.causal.wordScores(prompts, soft: soft, pass))
        let sums = setup.causal.answerScores(prompts, soft: soft, pass).flatMap {
            $0.steps.map { $0.reduce(0, +) }
        }
        let full = setup.words.labelLogProbabilities(Tensor(sums, shape: [3, 3], on: CPUBackend.shared))
        expectClose(flat, full, absolute: 1e-5, relative: 1e-5)
    }

    @Test func `the words of a label add as probabilities, also where all are next to nothing`() throws {
        let words = try setup("{text} {answer}", a: ["20", "21"], b: ["30"]).words
        let scores = Tensor([1, 2, 3, -200, -201, 0], shape: [2, 3], on: CPUBackend.shared)
        let labels = words.labelLogProbabilities(scores).floats
        let total = exp(1.0) + exp(2.0) + exp(3.0)
        let tiny = -200 + log(1 + exp(-1.0))
        expectClose(
            labels, [Float(log((exp(1.0) + exp(2.0)) / total)), Float(3 - log(total)), Float(tiny), 0],
            absolute: 3e-5)
        expectGradient(of: { words.labelLogProbabilities($0[0]) }, at: [scores])
    }

    @Test(arguments: layouts)
    func `the soft rows' gradient agrees with finite differences`(
        _ template: String, _ a: [String], _ b: [String], _: Bool
    ) throws {
        let setup = try setup(template, a: a, b: b)
        let prompts = try prompts(setup)
        expectGradient(
            of: { setup.words.labelLogProbabilities(setup.causal.wordScores(prompts, soft: $0[0], pass)) },
            at: [soft], step: 2e-3, absolute: 2e-2, template)
    }

    @Test func `the loss is the mean cross-entropy of the labels, and reaches the soft rows only`() throws {
        let setup = try setup("{soft 2}{text} {answer}", a: ["20", "21"], b: ["30 31"])
        let objective = setup.objective
        let batch = zip(try prompts(setup), [Int32(0), 1, 1]).map { LabelledPrompt(prompt: $0, label: $1) }
        let tape = Tape()
        let weights = tiny.weights.overlaid(by: NamedTensors([SoftPrompt.parameterName: soft]))
        let loss = try objective.loss(batch, .training(weights, on: tape) { $0 == SoftPrompt.parameterName })
        let own = batch.map { expected(setup, $0.prompt)[Int($0.label)] }
        expectClose([loss.scalar], [-own.reduce(0, +) / 3], absolute: 2e-5)
        let gradients = tape.gradients(of: loss)
        #expect(gradients.names == [SoftPrompt.parameterName])
        #expect(gradients[SoftPrompt.parameterName]?.shape == soft.shape)
        #expect(objective.weight(of: batch) == 3)
    }

    @Test(arguments: Tiny.names)
    func `soft rows that are words' embeddings score as the words do`(_ name: String) throws {
        let tiny = try Tiny.model(name)
        let pass = Pass.inference(tiny.weights)
        let (hard, soft) = (
            try Tiny.task("44 45 46 {text} {answer}"), try Tiny.task("{soft 3}{text} {answer}")
        )
        let rows = tiny.model.embed([44, 45, 46], pass)
        let scores = try [(hard, nil), (soft, rows)].map { task, rows in
            let setup = try PromptSetup(task, template: task.template, tiny)
            let prompts = try ["5 6 7", "8"].map { try setup.encoder.encode(Example(fields: ["text": $0])) }
            return setup.causal.wordScores(prompts, soft: rows, pass)
        }
        expectClose(scores[1], scores[0], absolute: 1e-5, relative: 1e-5, name)
    }
}

extension PromptSetup {
    /// The scorer as what it is on a causal model.
    fileprivate var causal: AnswerScorer {
        guard let scorer = scorer as? AnswerScorer else { preconditionFailure("not a causal model") }
        return scorer
    }
}
