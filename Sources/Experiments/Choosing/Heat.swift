internal import Checkpoints
internal import Foundation

/// One piece of a comparison: a candidate, made of so many rows with a seed, rehearsed or run in full.
package struct Heat: Hashable, Codable, Sendable {
    /// Which candidate, by its place.
    package var candidate: Int
    /// Which share of the steps is made: below 1 it is a rehearsal, whose test rows stay locked.
    package var share: Double
    /// Whether the test rows are answered.
    package var isFinal: Bool
    /// How many train rows a label has.
    package var shots: Int
    package var seed: UInt64

    package init(candidate: Int, share: Double, isFinal: Bool, shots: Int, seed: UInt64) {
        (self.candidate, self.share, self.isFinal) = (candidate, share, isFinal)
        (self.shots, self.seed) = (shots, seed)
    }

    /// What a record of it is found by again.
    func identity(_ candidates: [Candidate]) -> String {
        let recipe = (try? RunRecorder.encoder.encode(candidates[candidate])) ?? Data()
        var hash = ContentHash()
        hash.update(Array(recipe))
        hash.update(Array("\(share) \(isFinal) \(shots) \(seed)".utf8))
        return hash.digest()
    }
}

/// What a heat has shown, as it is kept.
package struct HeatResult: Codable, Sendable {
    /// How it ended.
    package enum Outcome: String, Codable, Sendable {
        case finished
        /// It was ended because it took more than the budget had left.
        case tooSlow
        /// The method cannot work here; ``HeatResult/reason`` says why.
        case failed
    }

    package var heat: Heat
    package var candidate: Candidate
    package var outcome = Outcome.finished
    package var reason: String?
    /// The metric on the dev rows, and the same with a millionth of the mean log-probability of the right labels, which
    /// orders equals; nil without dev rows.
    package var dev: Double?
    package var score: Double?
    /// How long all of it took, and how long learning alone.
    package var seconds = 0.0
    package var learningSeconds = 0.0
    /// How long an answer to one row took, where rows are answered together.
    var secondsARow = 0.0
    /// The metric on the test rows.
    var test: Double?
    /// What was learned, and how.
    var rate: Float?
    var steps: Int?
    var trainedParameters = 0
    /// The text of a prompt that was searched or written by hand.
    var template: String?
    /// The size of the saved prompt, and where it lies.
    var bytes: Int?
    var prompt: String?
    /// How long one request alone takes, the median of a few.
    var millisecondsARequest: Double?
    /// The most bytes that arithmetic held at once, beside the model's file.
    var peakBytes = 0
    /// Test inputs that were shortened, and the tokens that they lost.
    var shortenedRows = 0
    var tokensCut = 0
    var warnings: [String] = []

    package init(heat: Heat, candidate: Candidate) { (self.heat, self.candidate) = (heat, candidate) }
}
