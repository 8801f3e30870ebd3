import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

/// Choices that come with each row, on masked and causal models: asked, and learned.
@Suite struct MaskedChoiceTests {
    private let choices = ["20 21", "30", "31 40 41"]

    private func row(_ text: String, _ choices: [String], label: Int? = nil) throws -> Example {
        let list = String(decoding: try JSONEncoder().encode(choices), as: UTF8.self)
        return Example(fields: ["text": text, "choices": list], label: label.map(String.init))
    }

    private func task(_ places: Int = 3, _ template: String = "{text} {answer} 50") throws -> PromptTask {
        let labels = (0..<places).map(String.init)
        var task = try PromptTask(
            name: "choices", template: Template(template),
            verbalizer: Verbalizer(labels: labels, words: labels),
            limit: 40)
        task.choices = "choices"
        return task
    }

    private func setup(_ task: PromptTask, _ tiny: PretrainedModel) throws -> PromptSetup {
        try PromptSetup(task, template: task.template, tiny)
    }

    private let texts = ["60 61", "62", "63 64 65 66"]

    @Test func `the same choices for all rows are what the same words are, asked and learned`() throws {
        let tiny = try Tiny.masked()
        let words = try setup(
            PromptTask(
                name: "words", template: Template("{text} {answer} 50"),
                verbalizer: Verbalizer(labels: ["a", "b", "c"], words: choices), limit: 40), tiny)
        let own = try setup(task(), tiny)
        let asWords = try words.prompts(
            Dataset(
                name: "w", labels: ["a", "b", "c"],
                examples: zip(texts, ["c", "a", "b"]).map { Example(fields: ["text": $0], label: $1) }))
        let asChoices = try own.prompts(
            Dataset(
                name: "c", labels: ["0", "1", "2"],
                examples: try zip(texts, [2, 0, 1]).map { try row($0, choices, label: $1) }))
        #expect(own.objective.answerLoss == .margin)
        let pass = Pass.inference(tiny.weights)
        expectClose(
            try own.objective.answers(asChoices, tiny.weights),
            try words.objective.answers(asWords, tiny.weights),
            absolute: 1e-5)
        expectClose(
            try own.objective.logProbabilities(asChoices, pass),
            try words.objective.logProbabilities(asWords, pass), absolute: 1e-5)
        let tape = Tape()
        let loss = try own.objective.loss(asChoices, .training(tiny.weights, on: tape) { _ in true })
        let other = Tape()
        let wanted = try words.objective.loss(asWords, .training(tiny.weights, on: other) { _ in true })
        expectClose([loss.scalar], [wanted.scalar], absolute: 1e-5)
        let (gradients, expected) = (tape.gradients(of: loss), other.gradients(of: wanted))
        #expect(gradients.names == expected.names)
        for name in expected.names {
            expectClose(try #require(gradients[name]), try #require(expected[name]), absolute: 1e-5, name)
        }
    }

    @Test(arguments: ["bert", "llama"], [AnswerLoss.margin, .crossEntropy])
    func `rows with fewer choices than others are learned as alone`(_ name: String, _ loss: AnswerLoss) throws
    {
        let tiny = name == "bert" ? try Tiny.masked() : try Tiny.model(name)
        let setup = try setup(task(3, "{text} {answer}"), tiny)
        let rows = try [row(texts[0], choices, label: 2), row(texts[1], Array(choices.prefix(2)), label: 0)]
        let batch = try setup.prompts(Dataset(name: "r", labels: ["0", "1", "2"], examples: rows))
        var objective = setup.objective
        objective.answerLoss = loss
        func gradients(_ batch: [LabelledPrompt]) throws -> (loss: Float, gradients: NamedTensors) {
            let tape = Tape()
            let loss = try objective.loss(batch, .training(tiny.weights, on: tape) { _ in true })
            return (loss.scalar, tape.gradients(of: loss))
        }
        let (both, first, second) = (
            try gradients(batch), try gradients([batch[0]]), try gradients([batch[1]])
        )
        #expect(both.loss.isFinite)
        expectClose([both.loss], [(first.loss + second.loss) / 2], absolute: 1e-4)
        for name in both.gradients.names {
            guard let one = first.gradients[name], let two = second.gradients[name] else { continue }
            expectClose(
                try #require(both.gradients[name]), (one + two).scaled(by: 0.5), absolute: 1e-4,
                relative: 1e-4, name)
        }
        let asked = try objective.answers(batch, tiny.weights).applying(.exp).floats
        #expect(asked[5] == 0 && abs(asked[3] + asked[4] - 1) < 1e-5)
    }

    @Test(arguments: ["bert", "llama"])
    func `model tuning learns which choice is right, and the saved prompt answers with its place`(
        _ name: String
    )
        throws
    {
        let tiny = name == "bert" ? try Tiny.masked() : try Tiny.model(name)
        // The right choice starts with the number that the text ends with.
        func rows(_ count: Int, seed: UInt64) throws -> [Example] {
            var random = CounterRandom(seed: seed)
            return try (0..<count).map { index in
                let label = index % 2
                let pair = ["20 21", "30 31"]
                let swapped = random.uniform() < 0.5
                return try row(
                    "\(60 + Int(random.next() % 10)) \(label == (swapped ? 1 : 0) ? 20 : 30)",
                    swapped ? pair.reversed() : pair, label: label)
            }
        }
        let train = try Dataset(name: "train", labels: ["0", "1"], examples: rows(24, seed: 1))
        let dev = try Dataset(name: "dev", labels: ["0", "1"], examples: [])
        var settings = ModelTuning.Settings()
        (settings.learning.steps, settings.learning.batch, settings.learning.rate) = (100, 24, .fixed(3e-3))
        let notes = Notes()
        let prompt = try ModelTuning(settings).fit(
            FewShotSplit(train: train, dev: dev), task(2, "{text} {answer}"), to: tiny,
            RunContext { notes.add($0) })
        let end = notes.losses.suffix(5).reduce(0, +) / 5
        #expect(end < (notes.losses.first ?? 0))
        let place = try TemporaryFolder()
        try PromptFolder(place.file("saved")).write(prompt)
        let again = try PromptFolder(place.file("saved")).read(on: CPUBackend.shared)
        #expect(again.manifest.choices == "choices")
        #expect(try again.verify(tiny) < 1e-4)
        let answers = try Predictor([again], tiny).predict(train.examples, with: again.id)
        let right = zip(answers, train.examples).count { $0.label == $1.label }
        #expect(right >= 20, "\(right) of 24")
    }

    @Test func `rules of one-token words, and neutral texts, cannot score choices at masks`() throws {
        let tiny = try Tiny.masked()
        for rule in [ScoringRule.singleWord, .mutualInformation] {
            var prompt = try Prompt.hard(task(2), tiny)
            prompt.manifest.rule = rule
            #expect(throws: (any Error).self) { try Predictor([prompt], tiny) }
        }
    }
}
