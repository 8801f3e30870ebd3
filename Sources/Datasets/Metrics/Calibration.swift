/// Whether answers given with 80 % confidence are right 80 % of the time.
public struct Calibration: Hashable, Codable, Sendable {
    /// The answers whose confidence lies in one range.
    public struct Bin: Hashable, Codable, Sendable {
        /// How many answers there are.
        public let count: Int
        /// Their mean confidence; 0 without answers.
        public let confidence: Double
        /// The share of them that is right; 0 without answers.
        public let accuracy: Double
    }

    /// Ranges of equal width from 0 to 1; each holds its upper end, and the first holds 0 too.
    public let bins: [Bin]
    /// The expected calibration error: the gap between confidence and accuracy, averaged over answers.
    public let error: Double

    /// Sorts answers into bins.
    ///
    /// - Parameters:
    ///   - confidences: the probability that was given to each answer, 0 to 1.
    ///   - right: whether each answer was right.
    ///   - count: how many bins.
    /// - Throws: ``DatasetError/lengthsDiffer(what:first:second:)``, ``DatasetError/nothingToScore(metric:)``,
    ///   ``DatasetError/unscorable(metric:row:reason:)`` for a confidence that is no probability.
    /// - Reference: Guo et al. 2017, equation 3, with their 15 bins.
    public init(confidences: [Double], right: [Bool], bins count: Int = 15) throws(DatasetError) {
        let metric = "calibration"
        guard confidences.count == right.count else {
            throw .lengthsDiffer(
                what: "confidences and answers", first: confidences.count, second: right.count)
        }
        guard !confidences.isEmpty, count > 0 else { throw .nothingToScore(metric: metric) }
        var sums = [(count: Int, confidence: Double, right: Int)](repeating: (0, 0, 0), count: count)
        for (row, confidence) in confidences.enumerated() {
            guard confidence >= 0, confidence <= 1 else {
                throw .unscorable(metric: metric, row: row, reason: "\(confidence) is no probability")
            }
            let bin = max(0, Int((confidence * Double(count)).rounded(.up)) - 1)
            sums[bin] = (
                sums[bin].count + 1, sums[bin].confidence + confidence, sums[bin].right + (right[row] ? 1 : 0)
            )
        }
        bins = sums.map { sum in
            let size = Double(max(1, sum.count))
            return Bin(
                count: sum.count, confidence: sum.confidence / size, accuracy: Double(sum.right) / size)
        }
        error =
            bins.reduce(0) { $0 + Double($1.count) * abs($1.confidence - $1.accuracy) }
            / Double(confidences.count)
    }
}
