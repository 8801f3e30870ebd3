import Foundation

/// Corpus BLEU with several references (Papineni, Roukos, Ward & Zhu 2002).
enum BLEU {
    private static let longest = 4
    /// What takes the place of no hits at all, so that the logarithm exists; the value of the E2E script.
    private static let floor = 1e-15

    static func judge(_ outcomes: [Outcome]) -> Judged {
        var sums = RowSums(width: 2 * longest + 2)
        for outcome in outcomes { sums.append(row(outcome)) }
        return Judged(sums: sums, value: value)
    }

    /// Hits and candidates of 1 to 4 words, the candidate's length, the length of the closest reference.
    private static func row(_ outcome: Outcome) -> [Double] {
        let candidate = NGrams.mteval(outcome.predicted)
        let references = outcome.expected.map(NGrams.mteval)
        var row: [Double] = []
        for length in 1...longest {
            let most = NGrams.most(references, length: length)
            let counts = NGrams.counts(candidate, length: length)
            row.append(Double(counts.reduce(0) { $0 + min($1.value, most[$1.key] ?? 0) }))
            row.append(NGrams.number(candidate.count, length: length))
        }
        let closest = references.map(\.count).min { first, second in
            (abs(first - candidate.count), first) < (abs(second - candidate.count), second)
        }
        return row + [Double(candidate.count), Double(closest ?? 0)]
    }

    private static func value(_ totals: [Double]) -> Double {
        let (candidate, reference) = (totals[2 * longest], totals[2 * longest + 1])
        guard candidate > 0 else { return 0 }
        let logarithms = (0..<longest).map { log(max(totals[2 * $0], floor) / max(totals[2 * $0 + 1], 1)) }
        let brevity = candidate <= reference ? exp(1 - reference / candidate) : 1
        return brevity * exp(logarithms.reduce(0, +) / Double(longest))
    }
}
