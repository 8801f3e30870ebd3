import Foundation

/// The exact test of McNemar: whether two lists of answers to the same rows differ in how often they are right.
public struct McNemar: Hashable, Codable, Sendable {
    /// Rows that only the first list has right.
    public let onlyFirst: Int
    /// Rows that only the second list has right.
    public let onlySecond: Int

    /// Compares two lists that go row by row.
    ///
    /// - Throws: ``DatasetError/lengthsDiffer(what:first:second:)``.
    public init(first: [Bool], second: [Bool]) throws(DatasetError) {
        guard first.count == second.count else {
            throw .lengthsDiffer(what: "two lists of answers", first: first.count, second: second.count)
        }
        onlyFirst = zip(first, second).count { $0 && !$1 }
        onlySecond = zip(first, second).count { !$0 && $1 }
    }

    /// How often a fair coin would split these rows as unevenly, to either side: the binomial test, not its
    /// chi-square approximation, which is wrong for the few rows on which two prompts differ.
    public var probability: Double {
        let (fewer, count) = (min(onlyFirst, onlySecond), onlyFirst + onlySecond)
        guard count > 0 else { return 1 }
        let tail = (0...fewer).reduce(0.0) { sum, hits in
            sum + exp(logChoose(count, hits) - Double(count) * log(2.0))
        }
        return min(1, 2 * tail)
    }

    private func logChoose(_ count: Int, _ hits: Int) -> Double {
        lgamma(Double(count + 1)) - lgamma(Double(hits + 1)) - lgamma(Double(count - hits + 1))
    }
}
