/// When a prompt would rather not answer: below a confidence that was chosen on rows with labels.
public struct Abstention: Hashable, Codable, Sendable {
    /// The least probability of an answer that is given.
    public let threshold: Float
    /// The precision that was asked for.
    public let wanted: Double
    /// The share of given answers that were right, on the held-out rows.
    public let precision: Double
    /// The share of rows that were answered, of the held-out rows.
    public let coverage: Double
    /// How many rows it was chosen on.
    public let rows: Int

    /// How many held-out rows a threshold needs: with fewer, it would be chosen by chance.
    public static let smallestCount = 50
    /// How many of them must be answered.
    public static let smallestAnswered = 20

    /// Chooses the lowest threshold above which the share of right answers is large enough.
    ///
    /// - Parameters:
    ///   - precision: the share of given answers that should be right, above 0 and at most 1.
    ///   - confidences: the probability of each row's answer.
    ///   - right: whether each answer was right.
    /// - Throws: ``CalibrationError`` where there are too few rows, or no threshold is good enough on
    ///   ``smallestAnswered`` of them.
    public init(precision: Double, confidences: [Float], right: [Bool]) throws(CalibrationError) {
        guard precision > 0, precision <= 1 else { throw .badPrecision(precision) }
        guard confidences.count >= Self.smallestCount else {
            throw .tooFewRows(
                what: "choosing when to abstain", found: confidences.count, needed: Self.smallestCount)
        }
        let order = confidences.indices.sorted { confidences[$0] > confidences[$1] }
        var (rightSoFar, best) = (0, 0.0)
        var chosen: (threshold: Float, precision: Double, answered: Int)?
        for (place, row) in order.enumerated() {
            rightSoFar += right[row] ? 1 : 0
            let answered = place + 1
            // Rows of equal confidence are answered together or not at all.
            let isLastOfEquals = answered == order.count || confidences[order[answered]] < confidences[row]
            guard isLastOfEquals, answered >= Self.smallestAnswered else { continue }
            let reached = Double(rightSoFar) / Double(answered)
            best = max(best, reached)
            if reached >= precision { chosen = (confidences[row], reached, answered) }
        }
        guard let chosen else { throw .precisionOutOfReach(wanted: precision, best: best) }
        threshold = chosen.threshold
        wanted = precision
        self.precision = chosen.precision
        coverage = Double(chosen.answered) / Double(confidences.count)
        rows = confidences.count
    }

    /// Whether an answer of this probability is withheld.
    public func withholds(_ probability: Float) -> Bool { probability < threshold }
}
