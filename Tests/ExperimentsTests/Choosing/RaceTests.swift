import Experiments
import Prompts
import Testing

@Suite struct RaceTests {
    /// Three methods: one without steps, one with three rates, one with one.
    private static let candidates = [
        Candidate(.zeroShot, .template),
        Candidate(.promptTuning, .training(.promptTuning(PromptTuning.Settings())), variant: "rate 1"),
        Candidate(.promptTuning, .training(.promptTuning(PromptTuning.Settings())), variant: "rate 3"),
        Candidate(.promptTuning, .training(.promptTuning(PromptTuning.Settings())), variant: "rate 9"),
        Candidate(.lora, .training(.lora(LoRA.Settings()))),
    ]

    /// What a candidate scores on dev, and what all of its steps take, in seconds.
    private struct Fact {
        var score: Double
        var seconds: Double
        var outcome = HeatResult.Outcome.finished
    }

    private static let facts = [
        Fact(score: 0.5, seconds: 0), Fact(score: 0.6, seconds: 100), Fact(score: 0.8, seconds: 100),
        Fact(score: 0.7, seconds: 100), Fact(score: 0.9, seconds: 50),
    ]

    private func race(_ change: (inout Race) -> Void = { _ in }) -> Race {
        var race = Race(Self.candidates)
        (race.budget, race.seeds, race.rehearsals) = (10_000, [0, 1, 2], [0.1, 0.3])
        change(&race)
        return race
    }

    /// Runs a race to its end; an answer to rows takes two seconds.
    private func run(
        _ race: Race, _ facts: [Fact] = Self.facts, from start: [Heat: HeatResult] = [:],
        steps limit: Int = .max
    ) -> (heats: [Heat], done: [Heat: HeatResult], standing: Race.Standing) {
        var (done, heats) = (start, [Heat]())
        while heats.count < limit, case .run(let heat, _) = race.standing(done).step {
            heats.append(heat)
            var result = HeatResult(heat: heat, candidate: race.candidates[heat.candidate])
            let fact = facts[heat.candidate]
            result.learningSeconds = fact.seconds * heat.share
            result.seconds = result.learningSeconds + (heat.isFinal ? 4 : 2)
            (result.score, result.outcome) = (fact.score, fact.outcome)
            done[heat] = result
        }
        return (heats, done, race.standing(done))
    }

    @Test func `with time enough every method's best rate runs on all seeds, the simplest once`() {
        let (heats, _, standing) = run(race())
        #expect(standing.finalists == [0, 2, 4])
        #expect(standing.seeds == [0, 1, 2])
        let finals = heats.filter(\.isFinal)
        #expect(finals.map(\.candidate) == [0, 2, 4, 2, 4, 2, 4])
        #expect(finals.map(\.seed) == [0, 0, 0, 1, 1, 2, 2])
        #expect(finals.allSatisfy { $0.share == 1 })
    }

    @Test func `plain variants of all methods come before second variants, and rehearsals before finals`() {
        let (heats, _, _) = run(race())
        #expect(heats.prefix(5).map(\.candidate) == [0, 1, 4, 2, 3])
        #expect(heats.prefix(5).map(\.share) == [1, 0.1, 0.1, 0.1, 0.1])
        // A third of five is two: the winners of three methods go on, and nobody beside them.
        #expect(heats.dropFirst(5).prefix(2).map(\.candidate) == [4, 2])
        #expect(heats.dropFirst(5).prefix(2).map(\.share) == [0.3, 0.3])
        #expect(heats.firstIndex(where: \.isFinal) == 7)
        #expect(heats.prefix(7).allSatisfy { !$0.isFinal && $0.seed == 0 })
    }

    @Test func `more are kept where that is asked for`() {
        let (heats, _, _) = run(race { $0.keep = 0.8 })
        #expect(heats.filter { $0.share == 0.3 }.map(\.candidate) == [4, 2, 3])
    }

    @Test
    func
        `a budget that does not pay for all seeds gives up seeds, then methods, but never the simplest and the best`()
    {
        // Full runs take 100 s and 50 s: three seeds are 450 s, one is 150 s.
        let fewer = run(race { $0.budget = 420 }).standing
        #expect(fewer.finalists == [0, 2, 4] && fewer.seeds.count == 2)
        let least = run(race { $0.budget = 100 }).standing
        #expect(least.finalists.contains(0) && least.finalists.contains(4) && least.seeds == [0])
    }

    @Test func `what is left of the budget goes to the next best, on fewer seeds`() {
        let candidates =
            [Candidate(.zeroShot, .template)]
            + [1, 2, 4].map { Candidate(.fewShot, .examples(.init(shots: $0)), variant: "\($0)") } + [
                Candidate(.linearProbe, .training(.modelTuning(.probe))),
                Candidate(.promptTuning, .training(.promptTuning(PromptTuning.Settings()))),
                Candidate(.lora, .training(.lora(LoRA.Settings()))),
            ]
        var race = Race(candidates)
        (race.budget, race.seeds, race.rehearsals) = (500, [0, 1, 2], [0.1, 0.3])
        let facts = [0.5, 0.6, 0.5, 0.5, 0.9, 0.8, 0.7].enumerated().map { place, score in
            Fact(score: score, seconds: [0, 0, 0, 0, 30, 100, 150][place])
        }
        let (heats, done, standing) = run(race, facts)
        // Three seeds of prompt tuning are not to be had; two are, and then none of LoRA.
        #expect(standing.finalists == [0, 1, 4, 5] && standing.seeds == [0, 1, 2])
        #expect(standing.fewerSeeds == [5: 2])
        #expect(heats.filter { $0.isFinal && $0.candidate == 5 }.map(\.seed) == [0, 1])
        #expect(done.values.map(\.seconds).reduce(0, +) <= 500)
    }

    @Test func `who was ahead on dev runs in full even where many cheaper ones could run on more seeds`() {
        let candidates =
            [Candidate(.zeroShot, .template)]
            + ["a", "b", "c"].map { Candidate(.patterns, .pattern($0), variant: $0) }
            + [
                Candidate(.calibrated, .corrected(.contextual)),
                Candidate(.fewShot, .examples(.init(shots: 4))),
                Candidate(.promptTuning, .training(.promptTuning(PromptTuning.Settings()))),
            ]
        var race = Race(candidates)
        (race.budget, race.seeds, race.rehearsals) = (300, [0, 1, 2], [0.1, 0.3])
        let facts = candidates.map {
            Fact(score: $0.way == .promptTuning ? 0.9 : 0.5, seconds: $0.hasSteps ? 150 : 0)
        }
        let standing = run(race, facts).standing
        #expect(standing.finalists.contains(6) && standing.seeds == [0])
    }

    @Test func `a budget that is spent leaves candidates untried`() {
        let (heats, _, standing) = run(race { $0.budget = 30 })
        #expect(heats.contains { !$0.isFinal } && standing.shares.contains(0))
        #expect(standing.finalists.contains(0))
    }

    @Test func `without a budget everything runs in full, and nothing is rehearsed`() {
        let (heats, _, standing) = run(race { $0.budget = nil })
        #expect(heats.allSatisfy(\.isFinal) && standing.finalists == [0, 1, 2, 3, 4])
        #expect(heats.count == 1 + 4 * 3)
    }

    @Test func `numbers of rows below the largest come last, and are skipped where the budget is spent`() {
        let curve = run(race { $0.shots = [0, 4, 16] })
        let finals = curve.heats.filter(\.isFinal)
        #expect(finals.prefix(7).allSatisfy { $0.shots == 16 })
        #expect(finals.dropFirst(7).allSatisfy { $0.shots == 4 } && finals.count == 7 + 6)
        #expect(curve.standing.skipped.isEmpty)
        let short = run(race { ($0.shots, $0.budget) = ([4, 16], 620) })
        #expect(short.standing.finalists == [0, 2, 4] && !short.standing.skipped.isEmpty)
    }

    @Test func `what failed or was too slow is out`() {
        var facts = Self.facts
        facts[4].outcome = .failed
        let (_, _, standing) = run(race(), facts)
        #expect(standing.finalists == [0, 2])
    }

    @Test func `of equals the simpler wins`() {
        let facts = Self.facts.map { Fact(score: 0.5, seconds: $0.seconds) }
        let (heats, _, standing) = run(race(), facts)
        #expect(standing.finalists == [0, 1, 4])
        #expect(heats.filter { $0.share == 0.3 }.map(\.candidate) == [1, 4])
    }

    @Test(arguments: [10_000.0, 420, 100, 30])
    func `a race that is broken off anywhere goes on as if it had not been`(budget: Double) {
        let race = race { ($0.budget, $0.shots) = (budget, [4, 16]) }
        let whole = run(race)
        for count in 0...whole.heats.count {
            let first = run(race, steps: count)
            let second = run(race, from: first.done)
            #expect(first.heats + second.heats == whole.heats)
            #expect(second.standing.finalists == whole.standing.finalists)
        }
    }
}
