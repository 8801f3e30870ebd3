import Foundation

/// NIST with several references (Doddington 2002): BLEU's hits, weighed by how much they tell.
enum NIST {
    private static let longest = 5

    static func judge(_ outcomes: [Outcome]) -> Judged {
        let references = outcomes.map { $0.expected.map(NGrams.mteval) }
        let information = Information(references.flatMap(\.self), longest: longest)
        var sums = RowSums(width: 2 * longest + 2)
        for (outcome, references) in zip(outcomes, references) {
            let candidate = NGrams.mteval(outcome.predicted)
            var row: [Double] = []
            for length in 1...longest {
                let most = NGrams.most(references, length: length)
                let hits = NGrams.counts(candidate, length: length).map { words, count in
                    Double(min(count, most[words] ?? 0)) * information[words]
                }
                row.append(hits.orderedSum)
                row.append(NGrams.number(candidate.count, length: length))
            }
            let lengths = references.reduce(0) { $0 + $1.count }
            sums.append(row + [Double(candidate.count), Double(lengths) / Double(references.count)])
        }
        return Judged(sums: sums, value: value)
    }

    private static func value(_ totals: [Double]) -> Double {
        let (candidate, reference) = (totals[2 * longest], totals[2 * longest + 1])
        guard candidate > 0, reference > 0 else { return 0 }
        let score = (0..<longest).reduce(0.0) { $0 + totals[2 * $1] / max(totals[2 * $1 + 1], 1) }
        // A candidate of two thirds of the references' length loses half.
        let steepness = -log(0.5) / (log(1.5) * log(1.5))
        let shortness = log(min(1, candidate / reference))
        return score * exp(-steepness * shortness * shortness)
    }

    /// How much more an n-gram tells than the n-gram before its last word, in bits, by all references.
    private struct Information {
        private var counts: [ArraySlice<String>: Int] = [:]
        private let words: Int

        init(_ references: [[String]], longest: Int) {
            words = references.reduce(0) { $0 + $1.count }
            for reference in references {
                for length in 1...longest {
                    counts.merge(NGrams.counts(reference, length: length), uniquingKeysWith: +)
                }
            }
        }

        subscript(_ ngram: ArraySlice<String>) -> Double {
            guard let count = counts[ngram] else { return 0 }
            let shorter = ngram.count == 1 ? words : counts[ngram.dropLast()] ?? count
            return log2(Double(shorter) / Double(count))
        }
    }
}
