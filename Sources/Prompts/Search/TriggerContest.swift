/// Which of several sets of triggers answers best: what scoring every set on every example would say, without reading
/// what cannot change it.
///
/// What an example costs a set, a wrong answer or minus its log-probability, is never negative. A set whose costs
/// have reached the total of a better one has therefore lost, whatever its other examples would be. Examples that are
/// hard for the triggers in place are read first, since costs gather there, and the set that leads after the first
/// of them is read to the end before the others go on, since a low total ends more of them. The paper scores all of
/// them (Shin et al. 2020, §2.2).
package struct TriggerContest: Sendable {
    private let objective: TriggerObjective
    private let measure: AutoPrompt.Measure
    /// The fewest examples that a set is read on at a time: fewer would make small matrix products.
    private static let fewest = 4

    /// What came of it.
    package struct Outcome: Sendable {
        /// The best of the challengers, where it is better than the triggers in place.
        package var winner: Int?
        /// The score of the triggers in place.
        package var current: Double
        /// The winner's, or of the triggers in place where they stay.
        package var reached: Double
        /// How many examples were answered, by all sets together.
        package var readings: Int
    }

    private struct Contender {
        /// -1 for the triggers in place: of equals the earlier one is taken.
        var number = -1
        var triggers: [Int32]
        var score = TriggerObjective.Score()
    }

    package init(_ objective: TriggerObjective, by measure: AutoPrompt.Measure) {
        self.objective = objective
        self.measure = measure
    }

    /// Holds challengers against the triggers in place, on the same examples.
    package func outcome(
        _ current: [Int32], against challengers: [[Int32]], on batch: [LabelledPrompt]
    ) throws -> Outcome {
        let answers = try objective.answers([current], on: batch)[0]
        var inPlace = Contender(triggers: current)
        inPlace.score.add(answers)
        var rest = batch.indices.sorted { answers[$0].logLikelihood < answers[$1].logLikelihood }[...]
        var readings = batch.count
        var (best, others) = (inPlace, challengers.enumerated().map { Contender(number: $0, triggers: $1) })
        while !rest.isEmpty, !others.isEmpty {
            let isFirst = rest.count == batch.count
            let part = rest.prefix(max(Self.fewest, rest.count / 3))
            rest = rest.dropFirst(part.count)
            readings += part.count * others.count
            others = try read(part.map { batch[$0] }, others).filter { leads($0, best) }
            guard isFirst || rest.isEmpty, let leader = others.min(by: leads) else { continue }
            others.removeAll { $0.number == leader.number }
            readings += rest.count
            let finished = try read(rest.map { batch[$0] }, [leader])[0]
            if leads(finished, best) { best = finished }
        }
        return Outcome(
            winner: best.number < 0 ? nil : best.number, current: value(inPlace.score),
            reached: value(best.score), readings: readings)
    }

    private func read(_ batch: [LabelledPrompt], _ contenders: [Contender]) throws -> [Contender] {
        guard !batch.isEmpty else { return contenders }
        let answers = try objective.answers(contenders.map(\.triggers), on: batch)
        return zip(contenders, answers).map { contender, answers in
            var contender = contender
            contender.score.add(answers)
            return contender
        }
    }

    private func leads(_ one: Contender, _ other: Contender) -> Bool {
        (cost(one.score), one.number) < (cost(other.score), other.number)
    }

    private func cost(_ score: TriggerObjective.Score) -> Double {
        switch measure {
        case .accuracy: Double(score.count - score.right)
        case .likelihood: -score.logLikelihood
        }
    }

    /// The share of right answers, or the mean log-probability of the right label.
    package func value(_ score: TriggerObjective.Score) -> Double {
        let count = Double(max(1, score.count))
        return switch measure {
        case .accuracy: Double(score.right) / count
        case .likelihood: score.logLikelihood / count
        }
    }
}
