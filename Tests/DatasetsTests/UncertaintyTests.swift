import Datasets
import Testing

@Suite struct UncertaintyTests {
    @Test func `Wilson's interval agrees with SciPy`() throws {
        for golden in try Golden.read("metrics.json", as: MetricGoldens.self).intervals.wilson {
            let found = Interval.wilson(right: golden.right, of: golden.count)
            #expect(
                agree(found.low, golden.low, tolerance: 1e-10)
                    && agree(found.high, golden.high, tolerance: 1e-10))
        }
        let share = try Evaluation([Outcome(predicted: "a", expected: "a")], metric: .accuracy)
        #expect(share.wilson == Interval.wilson(right: 1, of: 1))
        #expect(Interval.wilson(right: 0, of: 0) == Interval(low: 0, high: 1))
    }

    @Test func `McNemar's exact probability agrees with SciPy`() throws {
        for golden in try Golden.read("metrics.json", as: MetricGoldens.self).intervals.mcnemar {
            let first =
                Array(repeating: true, count: golden.only_first)
                + Array(repeating: false, count: golden.only_second) + [true, false]
            let second =
                Array(repeating: false, count: golden.only_first)
                + Array(repeating: true, count: golden.only_second) + [true, false]
            let found = try McNemar(first: first, second: second)
            #expect([found.onlyFirst, found.onlySecond] == [golden.only_first, golden.only_second])
            #expect(agree(found.probability, golden.probability, tolerance: 1e-9))
        }
        #expect(throws: DatasetError.self) { try McNemar(first: [true], second: []) }
    }

    @Test func `bootstrap intervals and paired differences agree with a second implementation`() throws {
        for golden in try Golden.read("metrics.json", as: MetricGoldens.self).classification {
            let expected = golden.bootstrap
            let score = { (answers: [String], metric: Metric) in
                let outcomes = zip(answers, golden.expected).map { Outcome(predicted: $0, expected: $1) }
                return try Evaluation(outcomes, metric: metric, labels: golden.labels)
            }
            let accuracy = try score(golden.predicted, .accuracy)
                .interval(resamples: expected.resamples, seed: expected.seed)
            #expect(agree(accuracy.low, expected.accuracy[0]) && agree(accuracy.high, expected.accuracy[1]))
            let macro = try score(golden.predicted, .macroF1)
            let interval = macro.interval(resamples: expected.resamples, seed: expected.seed)
            #expect(agree(interval.low, expected.macro_f1[0]) && agree(interval.high, expected.macro_f1[1]))
            let difference = try macro.difference(
                from: score(expected.other, .macroF1), resamples: expected.resamples, seed: expected.seed)
            #expect(agree(difference.value, expected.difference))
            #expect(agree(difference.interval.low, expected.difference_interval[0]))
            #expect(agree(difference.interval.high, expected.difference_interval[1]))
            #expect(agree(difference.probability, expected.probability))
        }
    }

    @Test func `equal answers differ by nothing, and chance explains it`() throws {
        let rows = (0..<50).map { Outcome(predicted: $0 % 3 == 0 ? "a" : "b", expected: "a") }
        let score = try Evaluation(rows, metric: .accuracy)
        let difference = try score.difference(from: score)
        #expect(difference.value == 0 && difference.probability == 1)
    }

    @Test func `groups are drawn whole`() throws {
        let rows = (0..<40).map {
            Outcome(predicted: "a", expected: $0 < 20 ? "a" : "b", group: "\($0 % 20)")
        }
        let score = try Evaluation(rows, metric: .groupExactMatch)
        #expect(score.units == 20 && score.value == 0)
        #expect(score.interval() == Interval(low: 0, high: 0))
    }

    @Test func `answers judged on other rows are not compared`() throws {
        let one = try Evaluation([Outcome(predicted: "a", expected: "a")], metric: .accuracy)
        let two = try Evaluation(
            Array(repeating: Outcome(predicted: "a", expected: "a"), count: 2), metric: .accuracy)
        #expect(throws: DatasetError.self) { try one.difference(from: two) }
    }

    @Test func `SplitMix64 gives its published first numbers`() throws {
        var random = SeededRandom(seed: 1_234_567)
        let golden = try Golden.read("metrics.json", as: MetricGoldens.self).splits.random
        #expect((0..<5).map { _ in String(random.next()) } == golden)
        #expect(golden.first == "6457827717110365317")
    }
}
