extension Metric {
    /// What each row adds to this metric.
    func judge(_ outcomes: [Outcome], labels: [String]) throws(DatasetError) -> Judged {
        try checkReferences(outcomes)
        return switch self {
        case .accuracy: .mean(outcomes.map { $0.expected.contains($0.predicted) ? 1 : 0 })
        case .macroF1: try confusion(outcomes, labels) { $0.macroF1 }
        case .matthews: try confusion(outcomes, labels) { $0.matthews }
        case .f1(let positive): .f1(outcomes.map { Self.hits($0, positive) })
        case .groupExactMatch: .mean(Self.groups(outcomes))
        case .exactMatch: .mean(outcomes.map { AnswerText.exactMatch($0.predicted, $0.expected) })
        case .squadF1: .mean(outcomes.map { AnswerText.f1($0.predicted, $0.expected) })
        case .korquadExactMatch: .mean(outcomes.map { KoreanAnswer.exactMatch($0.predicted, $0.expected) })
        case .korquadF1: .mean(outcomes.map { KoreanAnswer.f1($0.predicted, $0.expected) })
        case .entityF1: try entities(outcomes)
        case .bleu: BLEU.judge(outcomes)
        case .nist: NIST.judge(outcomes)
        case .rougeL: .mean(outcomes.map { ROUGEL.score($0) })
        case .ciderD: CIDErD.judge(outcomes)
        case .chrF: ChrF.judge(outcomes)
        }
    }

    /// Metrics that take a mean or a maximum over references need at least one.
    private func checkReferences(_ outcomes: [Outcome]) throws(DatasetError) {
        let needsOne: [Metric] = [.bleu, .nist, .rougeL, .ciderD, .chrF, .entityF1]
        guard needsOne.contains(self), let row = outcomes.firstIndex(where: { $0.expected.isEmpty }) else {
            return
        }
        throw .unscorable(metric: name, row: row, reason: "it has no reference")
    }

    private func confusion(
        _ outcomes: [Outcome], _ labels: [String], _ value: @escaping @Sendable (ConfusionMatrix) -> Double,
    ) throws(DatasetError) -> Judged {
        let right = outcomes.map { $0.expected.first ?? "" }
        var seen: Set<String> = []
        let labels = labels.isEmpty ? right.filter { seen.insert($0).inserted } : labels
        let places = LabelPlaces(labels)
        let width = labels.count + 1
        var sums = RowSums(width: labels.count * width)
        for (row, outcome) in outcomes.enumerated() {
            guard outcome.expected.count == 1, let place = places[right[row]] else {
                throw .unscorable(metric: name, row: row, reason: "its right answer is not one of the labels")
            }
            sums.append([(cell: place * width + (places[outcome.predicted] ?? labels.count), value: 1)])
        }
        return Judged(sums: sums) { value(ConfusionMatrix(cells: $0, labels: labels)) }
    }

    private static func hits(_ outcome: Outcome, _ positive: String) -> [Double] {
        let (answered, right) = (outcome.predicted == positive, outcome.expected.first == positive)
        return [answered && right ? 1 : 0, answered ? 1 : 0, right ? 1 : 0]
    }

    /// 1 for each group of which every row is right, in order of first appearance.
    ///
    /// A row without a group is one.
    private static func groups(_ outcomes: [Outcome]) -> [Double] {
        var places: [String: Int] = [:]
        var right: [Double] = []
        for outcome in outcomes {
            let place = outcome.group.flatMap { places[$0] } ?? right.count
            if place == right.count { right.append(1) }
            if let group = outcome.group { places[group] = place }
            if !outcome.expected.contains(outcome.predicted) { right[place] = 0 }
        }
        return right
    }

    private func entities(_ outcomes: [Outcome]) throws(DatasetError) -> Judged {
        var rows: [[Double]] = []
        for (row, outcome) in outcomes.enumerated() {
            let (found, wanted) = try EntitySpan.sets(outcome, row: row)
            rows.append([found.intersection(wanted).count, found.count, wanted.count].map(Double.init))
        }
        return .f1(rows)
    }
}
