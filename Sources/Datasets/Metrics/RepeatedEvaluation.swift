/// A metric over answers of several runs (seeds, draws of examples) to the same rows, with its uncertainty over both.
public struct RepeatedEvaluation: Sendable {
    /// The runs, each judged on the same rows.
    public let runs: [Evaluation]

    /// Puts runs together.
    ///
    /// - Throws: ``DatasetError/nothingToScore(metric:)`` for none,
    ///   ``DatasetError/lengthsDiffer(what:first:second:)`` for runs over other rows or another metric.
    public init(_ runs: [Evaluation]) throws(DatasetError) {
        guard let first = runs.first else { throw .nothingToScore(metric: "several runs") }
        for run in runs where run.units != first.units || run.metric != first.metric {
            throw .lengthsDiffer(what: "two runs to be averaged", first: first.units, second: run.units)
        }
        self.runs = runs
    }

    /// The mean of the runs' values.
    public var value: Double { runs.map(\.value).reduce(0, +) / Double(runs.count) }

    /// How far the runs' values lie apart: their standard deviation, with n − 1; nil for a single run.
    public var deviation: Double? {
        guard runs.count > 1 else { return nil }
        let mean = value
        let squares = runs.map { ($0.value - mean) * ($0.value - mean) }.reduce(0, +)
        return (squares / Double(runs.count - 1)).squareRoot()
    }

    /// Where the mean would probably lie for other rows and other runs of the same kind: runs and rows are both drawn
    /// anew with replacement (the two-way percentile bootstrap, as Owen 2007's pigeonhole bootstrap), the same rows for
    /// every run, since all answer the same ones.
    ///
    /// With few runs the spread between them is under-estimated, as by any bootstrap; a single run has the interval
    /// over rows alone.
    /// - Complexity: O(resamples · runs · units).
    public func interval(level: Double = 0.95, resamples: Int = 1_000, seed: UInt64 = 0) -> Interval {
        var random = SeededRandom(seed: seed)
        return Interval(
            middle: level,
            of: (0..<resamples).map { _ in
                let rows = Self.rows(runs[0].units, &random)
                return mean(of: rows, &random)
            })
    }

    /// Whether these runs are better than others on the same rows: both are judged on the same draws of rows, each with
    /// a draw of its own runs.
    ///
    /// - Throws: ``DatasetError/lengthsDiffer(what:first:second:)`` if the two were not judged on the same rows.
    public func difference(
        from other: RepeatedEvaluation, level: Double = 0.95, resamples: Int = 1_000, seed: UInt64 = 0
    ) throws(DatasetError) -> PairedDifference {
        guard runs[0].units == other.runs[0].units, runs[0].metric == other.runs[0].metric else {
            throw .lengthsDiffer(
                what: "two lists of answers to be compared", first: runs[0].units, second: other.runs[0].units
            )
        }
        var random = SeededRandom(seed: seed)
        let differences = (0..<resamples).map { _ in
            let rows = Self.rows(runs[0].units, &random)
            return mean(of: rows, &random) - other.mean(of: rows, &random)
        }
        let oneSided = min(differences.count { $0 <= 0 }, differences.count { $0 >= 0 }) + 1
        return PairedDifference(
            value: value - other.value, interval: Interval(middle: level, of: differences),
            probability: min(1, 2 * Double(oneSided) / Double(resamples + 1)))
    }

    private func mean(of rows: [Int], _ random: inout SeededRandom) -> Double {
        let total = runs.indices.reduce(0.0) { total, _ in
            let run = runs.count == 1 ? runs[0] : runs[random.below(runs.count)]
            return total + run.judged.value(run.judged.sums.totals(rows))
        }
        return total / Double(runs.count)
    }

    private static func rows(_ count: Int, _ random: inout SeededRandom) -> [Int] {
        (0..<count).map { _ in random.below(count) }
    }
}

/// The correction of Holm (1979) for several tests at once.
public enum HolmCorrection {
    /// Probabilities that may be compared with one level together: the k-th smallest of n times n − k + 1, never below
    /// the one before it, at most 1; in the order they came.
    public static func adjusted(_ probabilities: [Double]) -> [Double] {
        let order = probabilities.indices.sorted { probabilities[$0] < probabilities[$1] }
        var (adjusted, highest) = (probabilities, 0.0)
        for (rank, index) in order.enumerated() {
            highest = max(highest, min(1, probabilities[index] * Double(probabilities.count - rank)))
            adjusted[index] = highest
        }
        return adjusted
    }
}
