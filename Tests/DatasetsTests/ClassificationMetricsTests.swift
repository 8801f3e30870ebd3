import Datasets
import Testing

@Suite struct ClassificationMetricsTests {
    @Test func `accuracy, macro F1, Matthews and the confusion matrix agree with scikit-learn`() throws {
        for golden in try Golden.read("metrics.json", as: MetricGoldens.self).classification {
            let outcomes = outcomes(golden.predicted, golden.expected)
            let value = { (metric: Metric) in
                try Evaluation(outcomes, metric: metric, labels: golden.labels).value
            }
            #expect(try agree(value(.accuracy), golden.accuracy))
            #expect(try agree(value(.macroF1), golden.macro_f1))
            #expect(try agree(value(.matthews), golden.matthews))
            let matrix = try ConfusionMatrix(
                predicted: golden.predicted, expected: golden.expected, labels: golden.labels)
            #expect(matrix.counts.map { $0.dropLast() } == golden.confusion.map { $0[...] })
            for (label, f1) in golden.f1_by_label.enumerated() {
                #expect(agree(matrix.f1(label), f1))
                #expect(try agree(value(.f1(positive: golden.labels[label])), f1))
            }
        }
    }

    @Test func `a label that never occurs counts as F1 0, not as nothing`() throws {
        let outcomes = outcomes(["a", "b"], ["a", "b"])
        #expect(try Evaluation(outcomes, metric: .macroF1, labels: ["a", "b", "c", "d"]).value == 0.5)
        #expect(try Evaluation(outcomes, metric: .macroF1).value == 1)
    }

    @Test func `an answer that is no label is wrong and is counted apart`() throws {
        let matrix = try ConfusionMatrix(
            predicted: ["a", "junk", "b"], expected: ["a", "a", "b"], labels: ["a", "b"])
        #expect(matrix.counts == [[1, 0, 1], [0, 1, 0]])
        #expect(agree(matrix.accuracy, 2.0 / 3))
        #expect([matrix.precision(0), matrix.recall(0)] == [1, 0.5])
    }

    @Test func `Matthews is 0 where all answers are the same`() throws {
        #expect(try Evaluation(outcomes(["a", "a"], ["a", "b"]), metric: .matthews).value == 0)
    }

    @Test func `the MultiRC example of the specification gives F1a 0.8 and exact match 0.5`() throws {
        let golden = try Golden.read("metrics.json", as: MetricGoldens.self).multirc
        let outcomes = golden.groups.indices.map {
            Outcome(predicted: golden.predicted[$0], expected: golden.expected[$0], group: golden.groups[$0])
        }
        #expect(try agree(Evaluation(outcomes, metric: .f1(positive: "true")).value, golden.f1a))
        let grouped = try Evaluation(outcomes, metric: .groupExactMatch)
        #expect(agree(grouped.value, golden.group_exact_match))
        #expect(grouped.units == 2)
    }

    @Test func `a right answer outside the labels is refused with its row`() {
        #expect(throws: DatasetError.self) {
            try Evaluation(outcomes(["a", "a"], ["a", "z"]), metric: .macroF1, labels: ["a"])
        }
        #expect(throws: DatasetError.nothingToScore(metric: "accuracy")) {
            try Evaluation([], metric: .accuracy)
        }
        #expect(throws: DatasetError.lengthsDiffer(what: "answers and right labels", first: 1, second: 0)) {
            try ConfusionMatrix(predicted: ["a"], expected: [], labels: ["a"])
        }
    }

    @Test func `the calibration error agrees with NumPy, with values on the edges of bins`() throws {
        let golden = try Golden.read("metrics.json", as: MetricGoldens.self).calibration
        for (bins, error) in golden.error {
            let found = try Calibration(
                confidences: golden.confidences, right: golden.right, bins: #require(Int(bins)))
            #expect(agree(found.error, error))
            #expect(found.bins.reduce(0) { $0 + $1.count } == golden.confidences.count)
        }
    }

    @Test(arguments: [-0.1, 1.1, .nan]) func `a confidence that is no probability is refused`(_ value: Double)
    {
        #expect(throws: DatasetError.self) { try Calibration(confidences: [value], right: [true]) }
    }

    @Test(arguments: [
        "accuracy", "macro_f1", "matthews", "f1:true", "group_exact_match", "exact_match", "squad_f1",
        "korquad_exact_match", "korquad_f1",
        "entity_f1", "bleu", "nist", "rouge_l", "cider_d", "chrf",
    ])
    func `a metric is found by its name`(_ name: String) throws {
        #expect(try Metric(named: name).name == name)
    }

    @Test(arguments: ["f1", "f1:", "Accuracy", ""]) func `an unknown metric is refused`(_ name: String) {
        #expect(throws: DatasetError.self) { try Metric(named: name) }
    }

    private func outcomes(_ predicted: [String], _ expected: [String]) -> [Outcome] {
        zip(predicted, expected).map { Outcome(predicted: $0, expected: $1) }
    }
}
