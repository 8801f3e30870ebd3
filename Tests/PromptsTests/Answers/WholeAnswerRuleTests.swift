import Datasets
import Foundation
import Models
import Prompts
import Tensors
import TestSupport
import Testing

/// The scoring rules against Oracles/prompts/scoring_rules.py, which asks transformers one text at a time.
@Suite struct WholeAnswerRuleTests {
    struct Fixed: Decodable {
        struct Row: Decodable {
            let text: String
            let scores: [String: [String: Float]]
        }
        let template: String
        let words: [String: [String]]
        let neutral: String
        let rows: [Row]
    }

    struct Chosen: Decodable {
        struct Row: Decodable {
            let text: String
            let question: String
            let choices: [String]
            let scores: [[String: Float]]
        }
        let template: String
        let neutral: String
        let rows: [Row]
    }

    struct Scores: Decodable {
        let fixed: Fixed
        let choices: Chosen
    }

    static let rules: [ScoringRule] = [
        .sum, .perToken, .perByte, .perCharacter, .firstToken, .mutualInformation, .domainMutualInformation,
    ]
    private let golden: Scores
    private let tiny: PretrainedModel

    init() throws {
        golden = try DemonstrationGolden.read("prompts/scoring_rules.json")
        tiny = try PretrainedModel(
            contentsOf: Golden.folder.appendingPathComponent("command_line/model"), on: CPUBackend.shared)
    }

    private func softmax(_ scores: [Float]) -> [Float] {
        let shares = scores.map { exp(Double($0) - Double(scores.max() ?? 0)) }
        return shares.map { Float($0 / shares.reduce(0, +)) }
    }

    @Test(arguments: rules)
    func `words are scored as transformers scores them`(_ rule: ScoringRule) throws {
        let labels = golden.fixed.words.keys.sorted()
        let verbalizer = try Verbalizer(
            labels.map { Verbalizer.Entry(label: $0, words: golden.fixed.words[$0] ?? []) })
        let task = PromptTask(
            name: "rules", template: try Template(golden.fixed.template), verbalizer: verbalizer)
        let predictor = try Predictor([Prompt.hard(task, tiny, rule: rule)], tiny)
        let answers = try predictor.predict(
            golden.fixed.rows.map { Example(fields: ["text": $0.text]) }, with: "rules")
        for (row, answer) in zip(golden.fixed.rows, answers) {
            let pooled = labels.map { label -> Float in
                let scores = (golden.fixed.words[label] ?? []).map { row.scores[$0]?[rule.rawValue] ?? 0 }
                guard rule == .sum || rule == .firstToken else { return scores.max() ?? 0 }
                return Float(log(scores.reduce(0.0) { $0 + exp(Double($1)) }))
            }
            expectClose(answer.probabilities, softmax(pooled), absolute: 2e-5, relative: 2e-5, row.text)
        }
    }

    private func chosen(_ rule: ScoringRule, neutral: String? = nil) throws -> Prompt {
        let labels = ["0", "1", "2"]
        let task = PromptTask(
            name: "choices", template: try Template(golden.choices.template),
            verbalizer: try Verbalizer(labels: labels, words: labels))
        var prompt = try Prompt.hard(task, tiny)
        prompt.manifest.rule = rule
        prompt.manifest.choices = "choices"
        prompt.manifest.neutral = try neutral.map { try Template($0 + "{answer}") }
        return prompt
    }

    private func example(_ row: Chosen.Row, label: String? = nil) throws -> Example {
        let list = String(decoding: try JSONEncoder().encode(row.choices), as: UTF8.self)
        return Example(
            fields: ["text": row.text, "question": row.question, "choices": list], label: label, id: "row 1")
    }

    @Test(arguments: rules)
    func `the choices of each row are scored as transformers scores them`(_ rule: ScoringRule) throws {
        // The golden's domain premise has a field in it, so that each row has a text of its own.
        let prompt = try chosen(
            rule, neutral: rule == .domainMutualInformation ? golden.choices.neutral : nil)
        let examples = try golden.choices.rows.map { try example($0) }
        let predictor = try Predictor([prompt], tiny)
        let answers = try predictor.predict(examples, with: "choices")
        for (index, (row, answer)) in zip(golden.choices.rows, answers).enumerated() {
            let scores = row.scores.map { $0[rule.rawValue] ?? 0 }
            #expect(answer.labels == row.choices.indices.map(String.init))
            expectClose(answer.probabilities, softmax(scores), absolute: 3e-5, relative: 3e-5, row.text)
            let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
            #expect(answer.label == "\(best)")
            let alone = try predictor.predict([examples[index]], with: "choices")[0]
            expectClose(alone.probabilities, answer.probabilities, absolute: 1e-5, "alone")
        }
    }

    @Test func `PMI behind the same text as the prompt is nothing, so that all labels are alike`() throws {
        let verbalizer = try Verbalizer(["a": ["great"], "b": ["terrible film"]])
        let task = PromptTask(
            name: "same", template: try Template("Sentiment: {answer}"), verbalizer: verbalizer)
        let prompt = try Prompt.hard(task, tiny, rule: .domainMutualInformation)
        let answer = try Predictor([prompt], tiny).predict([Example(fields: [:])], with: "same")[0]
        expectClose(answer.probabilities, [0.5, 0.5], absolute: 1e-5)
    }

    @Test func `a row's examples show its own right choices`() throws {
        var prompt = try chosen(.perToken)
        let pool = try golden.choices.rows.map { try example($0, label: "1") }
        prompt.manifest.demonstrations = try Demonstrations(
            DemonstrationSettings(shots: 1, seed: 0), from: pool, labels: ["0", "1", "2"],
            fields: ["text", "question"])
        let answer = try Predictor([prompt], tiny).predict(
            [example(golden.choices.rows[0])], with: "choices")[0]
        #expect(answer.examplesShown == 1)
        let bare = try Predictor([chosen(.perToken)], tiny).predict(
            [example(golden.choices.rows[0])], with: "choices")[0]
        #expect(difference(answer.probabilities, bare.probabilities, absolute: 1e-6, relative: 0) != nil)
    }

    // MARK: Errors

    static let badChoices: [(String, ChoiceError)] = [
        (#"["good", " good "]"#, .equalChoices(places: [0, 1], text: " good ", row: "row 1")),
        (#"["good", "  "]"#, .emptyChoice(place: 1, row: "row 1")),
        (#"["good", ""]"#, .emptyChoice(place: 1, row: "row 1")),
        (#"["good"]"#, .tooFewChoices(1, row: "row 1")),
    ]

    @Test(arguments: badChoices)
    func `choices that cannot be parted are an error that names the row`(
        _ list: String, _ expected: ChoiceError
    ) throws {
        let predictor = try Predictor([chosen(.sum)], tiny)
        let example = Example(fields: ["text": "x", "question": "effect", "choices": list], id: "row 1")
        let error = #expect(throws: ChoiceError.self) { try predictor.predict([example], with: "choices") }
        #expect(error == expected && error?.description.contains("row 1") == true)
    }

    @Test func `a row without choices, a label that is no place and a rule of one position are errors`()
        throws
    {
        let predictor = try Predictor([chosen(.sum)], tiny)
        #expect(throws: ChoiceError.noChoices(field: "choices", row: nil)) {
            try predictor.predict([Example(fields: ["text": "x", "question": "y"])], with: "choices")
        }
        #expect(throws: VerbalizerError.self) { try Predictor([chosen(.meanLogit)], tiny) }
        var prompt = try chosen(.sum)
        prompt.manifest.demonstrations = try Demonstrations(
            DemonstrationSettings(shots: 1), from: [example(golden.choices.rows[0], label: "2")],
            labels: ["0", "1", "2"], fields: ["text", "question"])
        #expect(throws: ChoiceError.badLabel("2", choices: 2, row: "row 1")) { try Predictor([prompt], tiny) }
    }

    @Test func `calibration and abstention of the manifest are applied`() throws {
        let verbalizer = try Verbalizer(["a": ["great"], "b": ["terrible film"]])
        let task = PromptTask(name: "c", template: try Template("{text} {answer}"), verbalizer: verbalizer)
        var prompt = try Prompt.hard(task, tiny)
        let row = [Example(fields: ["text": "a gem"])]
        let before = try Predictor([prompt], tiny).predict(row, with: "c")[0]
        let calibration = LabelCalibration.batch([before.probabilities])
        prompt.manifest.calibration = calibration
        let after = try Predictor([prompt], tiny).predict(row, with: "c")[0]
        expectClose(after.probabilities, [0.5, 0.5], absolute: 1e-5)
        #expect(!before.isWithheld && !after.isWithheld)
        let confidences = [Float](repeating: 0.9, count: 30) + [Float](repeating: 0.6, count: 30)
        prompt.manifest.abstention = try Abstention(
            precision: 0.9, confidences: confidences, right: (0..<60).map { $0 < 29 })
        #expect(try Predictor([prompt], tiny).predict(row, with: "c")[0].isWithheld)
    }
}
