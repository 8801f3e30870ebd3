/// How well each kind of entity was found, as seqeval's report has it.
public struct EntityReport: Hashable, Codable, Sendable {
    /// One kind.
    public struct Kind: Hashable, Codable, Sendable {
        /// Its name.
        public let kind: String
        /// How many there are.
        public let wanted: Int
        /// How many were answered.
        public let found: Int
        /// How many of those are right: the same words and the same kind.
        public let right: Int

        /// The share of answered ones that are right; 0 where none was answered.
        public var precision: Double { found == 0 ? 0 : Double(right) / Double(found) }
        /// The share of those there are that were answered; 0 where there are none.
        public var recall: Double { wanted == 0 ? 0 : Double(right) / Double(wanted) }
        /// The harmonic mean of the two.
        public var f1: Double { found + wanted == 0 ? 0 : 2 * Double(right) / Double(found + wanted) }
    }

    /// The kinds that there are or that were answered, in alphabetical order.
    public let kinds: [Kind]

    /// Counts over rows of tags.
    ///
    /// - Throws: ``DatasetError/unscorable(metric:row:reason:)`` for a row with more or fewer tags than were answered.
    public init(_ outcomes: [Outcome]) throws(DatasetError) {
        var counts: [String: (wanted: Int, found: Int, right: Int)] = [:]
        for (row, outcome) in outcomes.enumerated() {
            let (found, wanted) = try EntitySpan.sets(outcome, row: row)
            for span in found {
                counts[span.kind, default: (0, 0, 0)].found += 1
                if wanted.contains(span) { counts[span.kind, default: (0, 0, 0)].right += 1 }
            }
            for span in wanted { counts[span.kind, default: (0, 0, 0)].wanted += 1 }
        }
        kinds = counts.sorted { $0.key < $1.key }.map {
            Kind(kind: $0.key, wanted: $0.value.wanted, found: $0.value.found, right: $0.value.right)
        }
    }
}

extension EntitySpan {
    /// The entities of a row that were answered and those that there are.
    ///
    /// - Throws: ``DatasetError/unscorable(metric:row:reason:)`` where there are more or fewer tags than were answered.
    static func sets(_ outcome: Outcome, row: Int) throws(DatasetError) -> (
        found: Set<EntitySpan>, wanted: Set<EntitySpan>
    ) {
        let answered = outcome.predicted.split(separator: " ").map(String.init)
        let right = (outcome.expected.first ?? "").split(separator: " ").map(String.init)
        guard answered.count == right.count else {
            let reason = "it has \(right.count) tags and \(answered.count) were answered"
            throw .unscorable(metric: Metric.entityF1.name, row: row, reason: reason)
        }
        return (Set(spans(answered)), Set(spans(right)))
    }
}
