/// chrF2 (Popović 2015) over a corpus, with sacreBLEU's choices: up to six characters, white space left out, β = 2, the
/// best reference of each row, and the mean over those lengths that both sides have.
enum ChrF {
    private static let longest = 6
    private static let betaSquare = 4.0

    static func judge(_ outcomes: [Outcome]) -> Judged {
        var sums = RowSums(width: 3 * longest)
        for outcome in outcomes {
            let candidate = counts(outcome.predicted)
            let rows = outcome.expected.map { row(candidate, counts($0)) }
            // The first of equally good references, as in sacreBLEU.
            let best = rows.dropFirst().reduce(rows[0]) { value($1) > value($0) ? $1 : $0 }
            sums.append(best)
        }
        return Judged(sums: sums, value: value)
    }

    private static func counts(_ text: String) -> [[ArraySlice<Unicode.Scalar>: Int]] {
        let scalars = text.unicodeScalars.filter { !$0.properties.isWhitespace }
        return (1...longest).map { NGrams.counts(Array(scalars), length: $0) }
    }

    /// By length: n-grams of the candidate, of the reference, of both.
    private static func row(
        _ candidate: [[ArraySlice<Unicode.Scalar>: Int]], _ reference: [[ArraySlice<Unicode.Scalar>: Int]],
    ) -> [Double] {
        zip(candidate, reference).flatMap { candidate, reference in
            let shared = candidate.reduce(0) { $0 + min($1.value, reference[$1.key] ?? 0) }
            let own = reference.isEmpty ? 0 : candidate.values.reduce(0, +)
            return [own, reference.values.reduce(0, +), shared].map(Double.init)
        }
    }

    private static func value(_ totals: [Double]) -> Double {
        var (precision, recall, lengths) = (0.0, 0.0, 0.0)
        for start in stride(from: 0, to: 3 * longest, by: 3) where totals[start] > 0 && totals[start + 1] > 0
        {
            precision += totals[start + 2] / totals[start]
            recall += totals[start + 2] / totals[start + 1]
            lengths += 1
        }
        guard precision > 0, recall > 0 else { return 0 }
        (precision, recall) = (precision / lengths, recall / lengths)
        return 100 * (1 + betaSquare) * precision * recall / (betaSquare * precision + recall)
    }
}
