import Datasets
import Testing

@Suite struct RepeatedEvaluationTests {
    /// Answers of which the first `right` are right, over rows of two labels.
    private func run(right: Int, of count: Int) throws -> Evaluation {
        try Evaluation(
            (0..<count).map { Outcome(predicted: $0 < right ? "a" : "b", expected: "a") }, metric: .accuracy)
    }

    @Test func `the value is the mean of the runs and the deviation has n minus 1`() throws {
        let runs = try RepeatedEvaluation([run(right: 6, of: 10), run(right: 8, of: 10)])
        #expect(abs(runs.value - 0.7) < 1e-12)
        #expect(abs((runs.deviation ?? 0) - 0.1414213562373095) < 1e-12)
        #expect(try RepeatedEvaluation([run(right: 6, of: 10)]).deviation == nil)
    }

    @Test func `a single run has the interval over rows alone`() throws {
        let single = try run(right: 30, of: 40)
        #expect(try RepeatedEvaluation([single]).interval() == single.interval())
    }

    @Test func `runs that lie apart widen the interval`() throws {
        let close = try RepeatedEvaluation([run(right: 30, of: 40), run(right: 30, of: 40)]).interval()
        let apart = try RepeatedEvaluation([run(right: 20, of: 40), run(right: 40, of: 40)]).interval()
        #expect(apart.high - apart.low > close.high - close.low)
        #expect(apart.low <= 0.75 && apart.high >= 0.75)
    }

    @Test func `a difference is taken on the same rows, so what is equal has none`() throws {
        let runs = try RepeatedEvaluation([run(right: 30, of: 40)])
        let difference = try runs.difference(from: runs)
        #expect(difference.value == 0 && difference.interval == Interval(low: 0, high: 0))
        #expect(difference.probability == 1)
    }

    @Test func `a large difference is hardly chance, a small one is`() throws {
        let (few, many) = (
            try RepeatedEvaluation([run(right: 10, of: 40)]), try RepeatedEvaluation([run(right: 38, of: 40)])
        )
        #expect(try many.difference(from: few).probability < 0.01)
        #expect(try few.difference(from: many).value == -0.7)
        let more = try RepeatedEvaluation([run(right: 11, of: 40)])
        #expect(try more.difference(from: few).probability > 0.05)
    }

    @Test func `runs over other rows are refused`() throws {
        #expect(throws: DatasetError.self) {
            try RepeatedEvaluation([run(right: 1, of: 2), run(right: 1, of: 3)])
        }
        #expect(throws: DatasetError.self) { try RepeatedEvaluation([]) }
    }

    @Test func `Holm's correction is that of his paper's rule`() {
        // Worked by hand: 4 x 0.01, 3 x 0.02 = 0.06, then not below 0.06, then not below.
        let adjusted = HolmCorrection.adjusted([0.04, 0.01, 0.02, 0.03])
        for (value, expected) in zip(adjusted, [0.06, 0.04, 0.06, 0.06]) {
            #expect(abs(value - expected) < 1e-12)
        }
        #expect(HolmCorrection.adjusted([0.9, 0.8]) == [1, 1])
        #expect(HolmCorrection.adjusted([]).isEmpty)
    }
}
