import Foundation

/// CIDEr-D (Vedantam, Zitnick & Parikh 2015): likeness to the references in the n-grams that few rows share.
///
/// How rare an n-gram is comes from the references of all rows judged, so a part of the data gives other values.
enum CIDErD {
    private static let longest = 4
    private static let spread = 6.0

    static func judge(_ outcomes: [Outcome]) -> Judged {
        let references = outcomes.map { $0.expected.map { counts($0) } }
        var sets: [ArraySlice<String>: Int] = [:]
        for set in references {
            for ngram in Set(set.flatMap { $0.flatMap(\.keys) }) { sets[ngram, default: 0] += 1 }
        }
        let rows = zip(outcomes, references).map { outcome, references in
            let candidate = Vector(counts(outcome.predicted), sets: sets, rows: outcomes.count)
            let likenesses = references.map {
                candidate.likeness(to: Vector($0, sets: sets, rows: outcomes.count), spread: spread)
            }
            return 10 * likenesses.reduce(0, +) / Double(likenesses.count)
        }
        return .mean(rows)
    }

    private static func counts(_ text: String) -> [[ArraySlice<String>: Int]] {
        let words = NGrams.caption(text)
        return (1...longest).map { NGrams.counts(words, length: $0) }
    }

    /// The n-grams of a text, each weighed by how few rows have it.
    private struct Vector {
        /// By n: the weight of each n-gram.
        let weights: [[ArraySlice<String>: Double]]
        let norms: [Double]
        /// The number of bigrams, which is what the original takes as the length.
        let length: Double

        init(_ counts: [[ArraySlice<String>: Int]], sets: [ArraySlice<String>: Int], rows: Int) {
            weights = counts.map { counts in
                var weights: [ArraySlice<String>: Double] = [:]
                for (ngram, count) in counts {
                    weights[ngram] =
                        Double(count) * (log(Double(rows)) - log(Double(max(1, sets[ngram] ?? 0))))
                }
                return weights
            }
            norms = weights.map { $0.values.map { $0 * $0 }.orderedSum.squareRoot() }
            length = Double(counts[1].values.reduce(0, +))
        }

        func likeness(to reference: Vector, spread: Double) -> Double {
            var sum = 0.0
            for (n, weights) in weights.enumerated() {
                let norm = norms[n] * reference.norms[n]
                let shared = weights.map { ngram, weight in
                    let other = reference.weights[n][ngram] ?? 0
                    return min(weight, other) * other
                }.orderedSum
                sum += norm == 0 ? shared : shared / norm
            }
            let gap = length - reference.length
            return sum / Double(weights.count) * exp(-gap * gap / (2 * spread * spread))
        }
    }
}
