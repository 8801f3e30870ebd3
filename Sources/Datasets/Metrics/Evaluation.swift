/// A metric over answers, with its uncertainty.
public struct Evaluation: Sendable {
    /// How the answers were judged.
    public let metric: Metric
    /// The metric over all rows.
    public let value: Double
    /// How many rows were judged, or groups for ``Metric/groupExactMatch``.
    public let units: Int
    let judged: Judged

    /// Judges answers.
    ///
    /// - Parameters:
    ///   - outcomes: the answers and what would have been right.
    ///   - metric: how to judge them.
    ///   - labels: the label order; needed by ``Metric/macroF1``, which counts labels that never occur.
    /// - Throws: ``DatasetError/nothingToScore(metric:)``, ``DatasetError/unscorable(metric:row:reason:)``.
    public init(_ outcomes: [Outcome], metric: Metric, labels: [String] = []) throws(DatasetError) {
        guard !outcomes.isEmpty else { throw .nothingToScore(metric: metric.name) }
        judged = try metric.judge(outcomes, labels: labels)
        self.metric = metric
        units = judged.sums.count
        value = judged.value(judged.sums.totals(0..<judged.sums.count))
    }

    /// Judges answers to the rows of a dataset, by its own metric unless another is given.
    public init(_ answers: [String], to dataset: Dataset, metric: Metric? = nil) throws(DatasetError) {
        try self.init(dataset.outcomes(of: answers), metric: metric ?? dataset.metric, labels: dataset.labels)
    }

    /// Where the metric would probably lie for other rows of the same kind: rows are drawn anew, with replacement, and
    /// the middle `level` of the values is kept (the percentile bootstrap; Efron & Tibshirani 1993, §13.3).
    ///
    /// The same seed gives the same interval on every machine. BLEU's and CIDEr-D's statistics over all references
    /// stay those of the whole data.
    /// - Complexity: O(resamples · units).
    public func interval(level: Double = 0.95, resamples: Int = 1_000, seed: UInt64 = 0) -> Interval {
        let values = resampled(resamples, seed: seed) { judged.value(judged.sums.totals($0)) }
        return Interval(middle: level, of: values)
    }

    /// Whether these answers are better than `other`'s to the same rows: both are judged on the same draws.
    ///
    /// - Throws: ``DatasetError/lengthsDiffer(what:first:second:)`` if the two were not judged on the same rows.
    /// - Reference: Koehn 2004 (paired bootstrap), with two sides.
    public func difference(
        from other: Evaluation, level: Double = 0.95, resamples: Int = 1_000, seed: UInt64 = 0,
    ) throws(DatasetError) -> PairedDifference {
        guard units == other.units, metric == other.metric else {
            throw .lengthsDiffer(
                what: "two lists of answers to be compared", first: units, second: other.units)
        }
        let differences = resampled(resamples, seed: seed) { draw in
            judged.value(judged.sums.totals(draw)) - other.judged.value(other.judged.sums.totals(draw))
        }
        let below = differences.count { $0 <= 0 }
        let above = differences.count { $0 >= 0 }
        // One is added to both parts, so that no finite number of draws claims to have proved anything.
        let oneSided = Double(min(below, above) + 1) / Double(resamples + 1)
        return PairedDifference(
            value: value - other.value, interval: Interval(middle: level, of: differences),
            probability: min(1, 2 * oneSided))
    }

    /// The 95 % Wilson interval; nil for metrics that are not a share of rows that are right.
    public var wilson: Interval? {
        guard [.accuracy, .exactMatch, .korquadExactMatch, .groupExactMatch].contains(metric) else {
            return nil
        }
        return .wilson(right: Int((value * Double(units)).rounded()), of: units)
    }

    private func resampled(_ resamples: Int, seed: UInt64, _ measure: ([Int]) -> Double) -> [Double] {
        var random = SeededRandom(seed: seed)
        var draw = [Int](repeating: 0, count: units)
        return (0..<resamples).map { _ in
            for place in draw.indices { draw[place] = random.below(units) }
            return measure(draw)
        }
    }
}

/// How much better one list of answers is than another, on the same rows.
public struct PairedDifference: Hashable, Codable, Sendable {
    /// The first metric minus the second.
    public let value: Double
    /// Where the difference probably lies.
    public let interval: Interval
    /// How often chance alone would make a difference as large, to either side; small means that it is real.
    public let probability: Double
}
