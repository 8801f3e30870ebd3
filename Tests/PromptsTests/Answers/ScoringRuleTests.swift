import Foundation
import Prompts
import Testing

@Suite struct ScoringRuleTests {
    /// Words that are chosen letter by letter: "b" is token 98 and so on.
    private func words(_ words: KeyValuePairs<String, [String]>) throws -> EncodedVerbalizer {
        try EncodedVerbalizer(
            Verbalizer(words), behind: Template("-{answer}"), WordTokenizer([]), kind: .causal)
    }

    private func agree(_ found: [Float], _ expected: [Float], within tolerance: Float = 1e-5) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance }
    }

    /// OpenPrompt's ManualVerbalizer run on the logits [0, 2, 1, -1, 0.5, 3], with the classes {[1], [2]},
    /// {[3]} and {[5, 4]}.
    private let openPrompt = AnswerScores(
        steps: [[2], [1], [-1], [3, 0.5]], atSlot: [[2], [1], [-1], [3, 0.5]])

    private func openPromptWords() throws -> EncodedVerbalizer {
        try words(["0": ["b", "c"], "1": ["d"], "2": ["fe"]])
    }

    @Test(
        arguments: [
            (ScoringRule.jointSoftmaxFirst, [-1.919717, -4.419717, -0.419717]),
            (.jointSoftmaxMax, [-1.919717, -4.419717, -0.419717]),
            (.jointSoftmaxMean, [-1.286850, -3.786850, -1.036850]),
        ] as [(ScoringRule, [Float])])
    func `the joint softmax is OpenPrompt's`(rule: ScoringRule, expected: [Float]) throws {
        let scores = try rule.scores(openPrompt, openPromptWords())
        #expect(agree(scores.scores, expected), "\(scores.scores)")
        #expect(scores.best == 2)
    }

    @Test func `the calibrated joint softmax is OpenPrompt's`() throws {
        let calibration = AnswerScores(steps: [[1], [0], [1], [2, 0]], atSlot: [[1], [0], [1], [2, 0]])
        let scores = try ScoringRule.jointSoftmaxFirst.scores(
            openPrompt, openPromptWords(), calibration: calibration)
        #expect(agree(scores.scores, [-1.115072, -4.115072, -1.115072]), "\(scores.scores)")
        #expect(scores.best != 1)
    }

    @Test func `with one word of one token a label the rules that read the slot agree`() throws {
        let verbalizer = try words(["x": ["b"], "y": ["c"], "z": ["d"]])
        let answers = AnswerScores(steps: [[-1.5], [-0.25], [-4]])
        let first = try ScoringRule.singleWord.scores(answers, verbalizer)
        for rule in ScoringRule.allCases where !rule.needsNeutralText {
            let scores = try rule.scores(answers, verbalizer)
            #expect(scores.best == 1)
            #expect(agree(scores.probabilities, first.probabilities, within: 1e-6), "\(rule)")
        }
        #expect(agree([first.probabilities.reduce(0, +)], [1]))
    }

    @Test func `probabilities of a label's words are added, logits averaged`() throws {
        let verbalizer = try words(["x": ["b", "c"], "y": ["d"]])
        let answers = AnswerScores(steps: [[log(0.2)], [log(0.3)], [log(0.4)]])
        let sum = try ScoringRule.probabilitySum.scores(answers, verbalizer).scores
        #expect(agree(sum, [log(0.5), log(0.4)]))
        #expect(try ScoringRule.probabilitySum.scores(answers, verbalizer).best == 0)
        let mean = try ScoringRule.meanLogit.scores(answers, verbalizer)
        #expect(agree(mean.scores, [log(0.06) / 2, log(0.4)]))
        #expect(mean.best == 1)
    }

    @Test func `lengths are counted in tokens, bytes and characters without the space`() throws {
        let verbalizer = try EncodedVerbalizer(
            Verbalizer(["x": ["né"], "y": ["한"]]), behind: Template("- {answer}"),
            WordTokenizer(["né", " n", "é"]),
            kind: .causal)
        #expect(verbalizer.words.map(\.tokens.count) == [2, 4])
        let answers = AnswerScores(steps: [[-2, -4], [-1, -1, -2, -2]])
        #expect(try ScoringRule.sum.scores(answers, verbalizer).scores == [-6, -6])
        #expect(try ScoringRule.perToken.scores(answers, verbalizer).scores == [-3, -1.5])
        #expect(try ScoringRule.perByte.scores(answers, verbalizer).scores == [-2, -2])
        #expect(try ScoringRule.perCharacter.scores(answers, verbalizer).scores == [-3, -6])
        #expect(try ScoringRule.firstToken.scores(answers, verbalizer).scores == [-2, -1])
    }

    @Test func `mutual information behind the same text is nothing at all`() throws {
        let verbalizer = try words(["x": ["bc"], "y": ["d"]])
        let steps: [[Float]] = [[-1.7, -0.3], [-2.9]]
        let same = AnswerScores(steps: steps, neutralSteps: steps)
        #expect(try ScoringRule.mutualInformation.scores(same, verbalizer).scores == [0, 0])
        let other = AnswerScores(steps: steps, neutralSteps: [[-1, -1], [-4]])
        #expect(agree(try ScoringRule.mutualInformation.scores(other, verbalizer).scores, [0, 1.1]))
    }

    @Test func `a rule refuses what it cannot score`() throws {
        let several = AnswerScores(steps: [[-1, -1], [-1]])
        let verbalizer = try words(["x": ["bc"], "y": ["d"]])
        let rules: [ScoringRule] = [
            .singleWord, .meanLogit, .probabilitySum, .jointSoftmaxMean, .jointSoftmaxMax, .mutualInformation,
        ]
        for rule in rules {
            #expect(throws: VerbalizerError.self) { try rule.scores(several, verbalizer) }
        }
        let wordy = try words(["x": ["b", "c"], "y": ["d"]])
        let single = AnswerScores(steps: [[-1], [-1], [-1]])
        #expect(throws: VerbalizerError.ruleCannotScore(.singleWord, reason: "a label has several words")) {
            try ScoringRule.singleWord.scores(single, wordy)
        }
        #expect(throws: VerbalizerError.self) { try ScoringRule.sum.scores(several, wordy) }
        #expect(throws: VerbalizerError.self) {
            try ScoringRule.sum.scores(single, wordy, calibration: single)
        }
    }

    @Test func `of equal labels the first is the best`() {
        #expect(LabelScores([-2, -1, -1]).best == 1)
        #expect(LabelScores([-.infinity, -.infinity]).best == 0)
    }

    @Test func `scores far from nought do not overflow`() {
        #expect(agree(LabelScores([1000, 999]).probabilities, [0.731059, 0.268941]))
        #expect(LabelScores([-1000, -.infinity]).probabilities == [1, 0])
        #expect(LabelScores([-.infinity, -.infinity]).probabilities == [0.5, 0.5])
    }
}

@Suite struct ContextualCalibrationTests {
    private let calibration = ContextualCalibration(averaging: [
        [0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.6, 0.3, 0.1],
    ])

    @Test func `the paper's correction turns the ranking`() {
        #expect(zip(calibration.contentFree, [0.6, 0.266667, 0.133333]).allSatisfy { abs($0 - $1) < 1e-6 })
        let ratios = calibration.ratios([0.6, 0.3, 0.1])
        #expect(zip(ratios, [1, 1.125, 0.75]).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(abs(calibration.calibrated([0.6, 0.3, 0.1]).reduce(0, +) - 1) < 1e-6)
    }

    @Test func `an even bias changes nothing`() {
        let even = ContextualCalibration(averaging: [[0.25, 0.25, 0.25, 0.25]])
        #expect(even.calibrated([0.5, 0.25, 0.125, 0.125]) == [0.5, 0.25, 0.125, 0.125])
    }

    @Test func `labels in another order give the results in that order`() {
        let turned = ContextualCalibration(averaging: [[0.1, 0.7, 0.2], [0.2, 0.5, 0.3], [0.1, 0.6, 0.3]])
        let (here, there) = (calibration.calibrated([0.6, 0.3, 0.1]), turned.calibrated([0.1, 0.6, 0.3]))
        #expect(zip([here[2], here[0], here[1]], there).allSatisfy { abs($0 - $1) < 1e-6 })
    }
}
