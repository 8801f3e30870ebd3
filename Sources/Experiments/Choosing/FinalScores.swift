internal import Datasets

/// The finals of one candidate, each seed judged on the same test rows.
struct FinalScores {
    let candidate: Int
    let scores: RepeatedEvaluation
    /// The answers of each seed.
    let answers: [[PredictionRecord]]

    /// - Throws: `DatasetError` where the answers are not those of these rows.
    init(_ candidate: Int, _ answers: [[PredictionRecord]], _ test: Dataset) throws {
        self.candidate = candidate
        self.answers = answers
        scores = try RepeatedEvaluation(answers.map { try Evaluation($0.map(\.label), to: test) })
    }
}

/// What finals say about each other.
struct FinalComparison {
    /// The finals, the simplest first.
    let finals: [FinalScores]
    /// Each final's difference from the simplest, nil for the simplest itself.
    let differences: [PairedDifference?]
    /// The differences' probabilities of chance, corrected for their number.
    let probabilities: [Double?]

    /// A probability below it is called a difference.
    static let level = 0.05

    init(_ finals: [FinalScores]) throws {
        self.finals = finals
        differences = try finals.indices.map { index in
            try index == 0 ? nil : finals[index].scores.difference(from: finals[0].scores)
        }
        let adjusted = HolmCorrection.adjusted(differences.dropFirst().map { $0?.probability ?? 1 })
        probabilities = [nil] + adjusted.map(Optional.some)
    }

    func verdict(_ index: Int) -> ComparisonReport.Line.Verdict {
        guard let difference = differences[index], let probability = probabilities[index] else {
            return .reference
        }
        guard probability < Self.level else { return .none }
        return difference.value > 0 ? .better : .worse
    }

    /// Which final to ship: of those that the best one is not shown to be better than, the simplest.
    func recommended() throws -> (index: Int, best: Int, difference: PairedDifference?) {
        guard let best = finals.indices.max(by: { finals[$0].scores.value < finals[$1].scores.value }) else {
            return (0, 0, nil)
        }
        for index in finals.indices where index < best {
            let difference = try finals[best].scores.difference(from: finals[index].scores)
            if difference.probability >= Self.level { return (index, best, difference) }
        }
        return (best, best, nil)
    }
}
