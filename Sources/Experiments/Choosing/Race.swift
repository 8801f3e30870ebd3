/// Which candidate runs next: successive halving (Jamieson & Talwalkar 2016) over methods, under a budget.
///
/// Every candidate is rehearsed with a small share of its steps, on one seed, and scored on dev. The best of each method
/// go on, and of the others the best share; they are rehearsed with more steps. Then as many methods as the rest of the
/// budget pays for, the simplest one always among them, are run in full on all seeds and answer the test rows; what is
/// left goes to the next best, on as many seeds as it pays for.
///
/// The rules see nothing but what was measured before, in the order in which it was measured. A race that was killed
/// therefore goes on as it would have gone. Where we differ from the paper: a rehearsal is a whole training of its own,
/// since the learning rate falls to nothing in each, and not the beginning of a longer one.
package struct Race: Sendable {
    /// What races, the simplest method first, the first variant of each method its plainest.
    package let candidates: [Candidate]
    /// The shares of the steps that rehearsals take, rising.
    package var rehearsals: [Double] = [0.1, 0.3]
    /// Which share of the candidates goes on after a rehearsal.
    package var keep = 0.34
    /// How long everything may take, in seconds; nil for as long as it takes, and then there is no rehearsal.
    package var budget: Double?
    /// One final each.
    package var seeds: [UInt64] = [0]
    /// How many train rows a label has, rising; the race is run with the last.
    package var shots: [Int] = [16]
    /// How many rows are answered in a final, for each that is answered in a rehearsal.
    package var rowsAFinal = 2

    package init(_ candidates: [Candidate]) { self.candidates = candidates }

    /// The part of the budget that rehearsals may take together.
    package static let rehearsalShare = 0.5
    /// The part of the budget that a first rehearsal may take in any case before it is called too slow.
    package static let leastLimit = 0.025
    /// How many methods a race ends with at least before it gives up seeds for more of them.
    package static let leastFinalists = 3

    /// What is to be done.
    package enum Step: Equatable {
        /// Run this, and no longer than so many seconds.
        case run(Heat, limit: Double?)
        /// Everything is done.
        case finished
    }

    /// How the race stands.
    package struct Standing {
        /// The next thing to do.
        package var step = Step.finished
        /// How far each candidate has come: the largest share that was tried; 0 for none.
        package var shares: [Double]
        /// The latest dev score of each candidate; nil where there is none.
        package var scores: [Double?]
        /// Who runs in full, the simplest first; empty before that is decided.
        package var finalists: [Int] = []
        /// The seeds of the finals.
        package var seeds: [UInt64] = []
        /// Finalists that run on fewer seeds, with what the others leave of the budget, and on how many.
        package var fewerSeeds: [Int: Int] = [:]
        /// Finals on fewer rows that the budget did not pay for.
        package var skipped: [Heat] = []
        /// The seconds that were spent.
        package var spent = 0.0
    }

    /// Replays a race from the start.
    ///
    /// - Parameter done: what was measured.
    package func standing(_ done: [Heat: HeatResult]) -> Standing {
        var state = Standing(shares: candidates.map { _ in 0 }, scores: candidates.map { _ in nil })
        let isRehearsed = budget != nil && (shots.last ?? 0) > 0
        if isRehearsed, let step = rehearse(done, &state) {
            state.step = step
            return state
        }
        choose(done, isRehearsed, &state)
        if let step = finals(done, &state) { state.step = step }
        return state
    }

    // MARK: Rehearsals

    /// The rehearsals, one after another.
    ///
    /// - Returns: what is to be run; nil when they are over.
    private func rehearse(_ done: [Heat: HeatResult], _ state: inout Standing) -> Step? {
        var entrants = firstEntrants
        for (round, share) in rehearsals.enumerated() {
            let part = Self.rehearsalShare * Double(round + 1) / Double(rehearsals.count)
            let allowance = (budget ?? .infinity) * part
            for entrant in entrants {
                // A candidate without steps is the same in every rehearsal.
                if round > 0, !candidates[entrant].hasSteps { continue }
                guard state.spent < allowance || (round == 0 && entrant == entrants.first) else { break }
                let heat = Heat(
                    candidate: entrant, share: candidates[entrant].hasSteps ? share : 1, isFinal: false,
                    shots: shots.last ?? 0, seed: seeds[0])
                guard let result = done[heat] else {
                    return .run(heat, limit: limit(entrant, of: entrants, round, allowance - state.spent))
                }
                state.spent += result.seconds
                state.shares[entrant] = heat.share
                state.scores[entrant] = result.outcome == .finished ? result.score : nil
            }
            entrants = survivors(of: entrants, state)
        }
        return nil
    }

    /// How long a rehearsal may take: in the first round, while methods wait for their first turn, twice its part of what
    /// is left for them, so that a slow one cannot eat what is theirs; later all that is left.
    private func limit(_ entrant: Int, of entrants: [Int], _ round: Int, _ rest: Double) -> Double {
        let ways = Set(candidates.map(\.way)).count
        let place = entrants.firstIndex(of: entrant) ?? 0
        let part = round == 0 && place < ways ? 2 * rest / Double(ways - place) : 1.25 * rest
        return max(part, Self.leastLimit * (budget ?? 0))
    }

    /// The plainest variant of every method, the simplest method first; then their second variants, and so on.
    private var firstEntrants: [Int] {
        var turns: [WayOfPrompting: Int] = [:]
        let turn = candidates.map { candidate in
            defer { turns[candidate.way, default: 0] += 1 }
            return turns[candidate.way, default: 0]
        }
        return candidates.indices.sorted { (turn[$0], $0) < (turn[$1], $1) }
    }

    /// The best of each method by score, then the best of the others until the share that is kept is full.
    private func survivors(of entrants: [Int], _ state: Standing) -> [Int] {
        let ranked = ranked(entrants.filter { state.scores[$0] != nil }, state)
        var ways: Set<WayOfPrompting> = []
        let winners = ranked.filter { ways.insert(candidates[$0].way).inserted }
        let count = Int((keep * Double(ranked.count)).rounded(.up))
        let others = ranked.filter { !winners.contains($0) }.prefix(max(0, count - winners.count))
        return winners + others
    }

    /// By score, the best first; of equals the simpler, which comes earlier.
    private func ranked(_ places: [Int], _ state: Standing) -> [Int] {
        places.sorted { left, right in
            let (first, second) = (state.scores[left] ?? -.infinity, state.scores[right] ?? -.infinity)
            return first == second ? left < right : first > second
        }
    }

    // MARK: Finals

    /// Decides who runs in full and on how many seeds.
    private func choose(_ done: [Heat: HeatResult], _ isRehearsed: Bool, _ state: inout Standing) {
        guard isRehearsed else {
            (state.finalists, state.seeds) = (Array(candidates.indices), seeds)
            return
        }
        // Who came furthest stands for a method, and of those the best.
        let rehearsed = candidates.indices.filter { state.scores[$0] != nil }
        let furthest = Dictionary(grouping: rehearsed) { candidates[$0].way }.compactMapValues { own in
            own.map { state.shares[$0] }.max()
        }
        let serious = rehearsed.filter { state.shares[$0] == furthest[candidates[$0].way] }
        var ways: Set<WayOfPrompting> = []
        let winners = ranked(serious, state).filter { ways.insert(candidates[$0].way).inserted }
        guard let simplest = winners.min() else { return }
        let order = [simplest] + winners.filter { $0 != simplest }
        for count in (1...seeds.count).reversed() {
            var (rest, chosen) = ((budget ?? .infinity) - state.spent, [Int]())
            for (place, candidate) in order.enumerated() {
                let cost = cost(candidate, count, done, state)
                // The simplest and the best are run in any case, in the end with a single seed.
                guard cost <= rest || (count == 1 && place < 2) else { continue }
                rest -= cost
                chosen.append(candidate)
            }
            // A seed less is better than a race without the one that was ahead.
            let hasBest = order.prefix(2).allSatisfy(chosen.contains)
            let isEnough = hasBest && chosen.count >= min(Self.leastFinalists, order.count)
            guard isEnough || count == 1 else { continue }
            for candidate in order where !chosen.contains(candidate) {
                let costs = (1..<count).map { ($0, cost(candidate, $0, done, state)) }
                guard let (fewer, cost) = costs.last(where: { $0.1 <= rest }) else { continue }
                rest -= cost
                chosen.append(candidate)
                state.fewerSeeds[candidate] = fewer
            }
            (state.finalists, state.seeds) = (chosen.sorted(), Array(seeds.prefix(count)))
            return
        }
    }

    /// What finals of a candidate will take, by its last rehearsal.
    private func cost(
        _ candidate: Int, _ seeds: Int, _ done: [Heat: HeatResult], _ state: Standing
    ) -> Double {
        let heat = Heat(
            candidate: candidate, share: state.shares[candidate], isFinal: false, shots: shots.last ?? 0,
            seed: self.seeds[0])
        guard let result = done[heat] else { return 0 }
        let answers = max(0, result.seconds - result.learningSeconds)
        let one = result.learningSeconds / max(heat.share, 1e-3) + answers * Double(rowsAFinal)
        return one * Double(candidates[candidate].dependsOnRows ? seeds : 1)
    }

    /// The finals: all seeds of all finalists with the most rows, then with fewer rows where the budget allows.
    private func finals(_ done: [Heat: HeatResult], _ state: inout Standing) -> Step? {
        for heat in heats(shots.last ?? 0, state) {
            guard let result = done[heat] else {
                return .run(heat, limit: budget.map { max(1, 1.25 * $0 - state.spent) })
            }
            state.spent += result.seconds
        }
        for shots in shots.dropLast().reversed() where shots > 0 {
            for heat in heats(shots, state) where candidates[heat.candidate].dependsOnRows {
                var full = heat
                full.shots = self.shots.last ?? 0
                let cost = done[full]?.seconds ?? 0
                if let budget, state.spent + cost > budget, done[heat] == nil {
                    state.skipped.append(heat)
                    continue
                }
                guard let result = done[heat] else { return .run(heat, limit: nil) }
                state.spent += result.seconds
            }
        }
        return nil
    }

    private func heats(_ shots: Int, _ state: Standing) -> [Heat] {
        state.seeds.enumerated().flatMap { turn, seed in
            state.finalists.filter { candidate in
                turn == 0
                    || candidates[candidate].dependsOnRows
                        && turn < state.fewerSeeds[candidate] ?? state.seeds.count
            }.map { candidate in
                Heat(candidate: candidate, share: 1, isFinal: true, shots: shots, seed: seed)
            }
        }
    }
}
