public import Datasets
internal import Foundation

/// What a comparison found.
public struct ComparisonReport: Codable, Sendable {
    /// One candidate.
    public struct Line: Codable, Sendable {
        /// How far it came.
        public enum Standing: String, Codable, Sendable {
            /// It answered the test rows.
            case finalist
            /// It was rehearsed and others were better on dev.
            case rehearsed
            /// The budget was spent before it.
            case untried
            /// It took more than the budget had.
            case tooSlow = "too slow"
            /// It cannot work on this model or these rows.
            case failed
        }

        /// What the comparison with the simplest finalist shows.
        public enum Verdict: String, Codable, Sendable {
            case reference = "the reference"
            case better
            case worse
            case none = "no difference shown"
        }

        /// Which way of prompting.
        public var way: WayOfPrompting
        /// The candidate's name.
        public var name: String
        /// How far it came.
        public var standing: Standing
        /// Why it came no further.
        public var reason: String?
        /// The metric on dev, at the last rehearsal or final.
        public var dev: Double?
        /// The mean metric on the test rows, and each seed's; nil without a final.
        public var value: Double?
        /// Each seed's value on the test rows.
        public var values: [Double]
        /// Where the mean probably lies, over rows and seeds, 95 %.
        public var interval: Interval?
        /// The difference from the simplest finalist on the same rows.
        public var difference: PairedDifference?
        /// The probability of chance, corrected for the number of methods (Holm).
        public var probability: Double?
        /// What the difference shows.
        public var verdict: Verdict?
        /// The median time of learning, in seconds.
        public var trainingSeconds: Double?
        /// The size of the saved prompt.
        public var bytes: Int?
        /// One request alone.
        public var millisecondsARequest: Double?
        /// The most bytes that arithmetic held at once, beside the model's file.
        public var peakBytes: Int?
        /// How many numbers were trained.
        public var trainedParameters: Int
        /// The learning rate that was used.
        public var rate: Float?
        /// How many soft rows, or keys and values, or examples it has; nil where it has none.
        public var length: Int?
        /// The layers that get keys and values, where they were named; nil in old reports too.
        public var layers: [Int]?
        /// Test inputs that were shortened, of one seed, and the tokens that they lost.
        public var shortenedRows: Int
        /// How many tokens test inputs have lost.
        public var tokensCut: Int
        /// The text of a prompt that was searched or written by hand.
        public var template: String?
        /// Where the prompt of the first seed lies.
        public var prompt: String?
        /// What the user should know.
        public var warnings: [String]
    }

    /// A value on a learning curve.
    public struct Point: Codable, Hashable, Sendable {
        /// The candidate's name.
        public var name: String
        /// Which way of prompting.
        public var way: WayOfPrompting
        /// How many train rows a label had.
        public var shots: Int
        /// Which seed.
        public var seed: UInt64
        /// The metric on the test rows.
        public var value: Double
    }

    /// A rehearsal.
    public struct Rehearsal: Codable, Hashable, Sendable {
        /// The candidate's name.
        public var name: String
        /// Which share of the steps was made.
        public var share: Double
        /// The metric on dev.
        public var dev: Double?
        /// How long it took.
        public var seconds: Double
    }

    /// Which to ship.
    public struct Recommendation: Codable, Sendable {
        /// Which way of prompting.
        public var way: WayOfPrompting
        /// The candidate's name.
        public var name: String
        /// The metric on the test rows.
        public var value: Double
        /// Why, in one or two sentences.
        public var sentence: String
        /// Where its prompt lies.
        public var prompt: String?
    }

    /// A finalist's answers in numbers, of the first seed.
    public struct Details: Codable, Sendable {
        /// The candidate's name.
        public var name: String
        /// `[right label][answer]`.
        public var confusion: [[Int]]
        /// How confidence and accuracy go together.
        public var calibration: Calibration
        /// Step, loss and dev score of the learning.
        public var losses: [CurvePoint]
    }

    /// A step of a learning curve.
    public struct CurvePoint: Codable, Hashable, Sendable {
        /// Counted from 1.
        public var step: Int
        /// The loss before the step.
        public var loss: Double?
        /// The metric on dev.
        public var dev: Double?
    }

    /// A row that most finalists answer wrongly.
    public struct HardRow: Codable, Hashable, Sendable {
        /// The row's name.
        public var row: String
        /// The beginning of its text.
        public var text: String
        /// The right label.
        public var expected: String
        /// How many finals were right, of how many.
        public var right: Int
        /// Of how many finals.
        public var of: Int
        /// The most frequent answer, and the mean probability of the right label.
        public var answer: String
        /// The mean probability of the right label.
        public var probability: Double
    }

    /// The version of this layout.
    public var schema = 1
    /// The run in the store.
    public var run: String
    /// The candidate's name.
    public var name: String
    /// The task's name.
    public var task: String
    /// The model's file.
    public var model: String
    /// The metric's name.
    public var metric: String
    /// In seconds; nil for none.
    public var budget: Double?
    /// How long all pieces took together, in seconds.
    public var spent: Double
    /// How many train rows a label had.
    public var shots: [Int]
    /// The seeds that the finals were run with, of those that were asked for.
    public var seeds: [UInt64]
    /// How many seeds were asked for.
    public var seedsAsked: Int
    /// The finalists that were run on fewer seeds, with what the others had left of the budget; nil in old reports.
    public var fewerSeeds: [String]?
    /// The labels, in the order of the confusion matrices.
    public var labels: [String]
    /// How many rows were learned from, at most.
    public var trainRows: Int
    /// How many rows were chosen by.
    public var devRows: Int
    /// How many test rows were answered.
    public var testRows: Int
    /// How many runs of this store have read these test rows, with this one.
    public var testReadings: Int
    /// What always answering the most frequent label gives.
    public var majority: Double
    /// The candidates: finalists by simplicity, then the others.
    public var lines: [Line]
    /// Every final, for curves over the number of rows.
    public var points: [Point]
    /// Points of learning curves that the budget did not pay for.
    public var skippedPoints: Int
    /// What was rehearsed.
    public var rehearsals: [Rehearsal]
    /// Which to ship.
    public var recommendation: Recommendation
    /// The finalists' answers in numbers.
    public var details: [Details]
    /// The rows that most finals answer wrongly.
    public var hardest: [HardRow]
    /// How the label words are tokenized, and what was found in the data.
    public var words: String
    /// What was found in the data.
    public var findings: [String]
    /// The experiment as it was resolved.
    public var experiment: String

    /// What is to be known of finalists with fewer seeds; nil where there are none.
    public var seedNote: String? {
        guard let fewerSeeds, !fewerSeeds.isEmpty else { return nil }
        return "On fewer seeds, with what the budget had left: \(fewerSeeds.joined(separator: ", "))."
    }

    /// The lines that answered the test rows.
    public var finalists: [Line] { lines.filter { $0.standing == .finalist } }
}

extension ComparisonReport {
    /// The same without the texts of rows, for whoever may not see them; their names stay.
    var withoutTexts: Self {
        var copy = self
        for index in hardest.indices { copy.hardest[index].text = "" }
        return copy
    }
}
