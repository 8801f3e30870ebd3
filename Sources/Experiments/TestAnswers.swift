internal import Datasets
internal import Foundation
internal import Models
internal import Prompts
internal import Tensors

/// What one prompt answers on the test rows, and how it does.
struct TestAnswers {
    let labels: [String]
    let evaluation: Evaluation
    private let test: Dataset
    private let parameters: Int
    private let bytes: Int
    private let milliseconds: Double

    /// Answers the rows.
    init(_ prompt: Prompt, _ pretrained: PretrainedModel, _ test: Dataset) throws {
        let start = Date()
        labels = try Predictor([prompt], pretrained).predict(test.examples, with: prompt.id).map(\.label)
        milliseconds = Date().timeIntervalSince(start) * 1000 / Double(max(1, test.examples.count))
        evaluation = try Evaluation(labels, to: test)
        self.test = test
        parameters = prompt.parameterCount
        bytes = prompt.tensors.byteCount + prompt.manifest.template.source.utf8.count
    }

    /// A row of a report's table.
    func row(_ name: String, seconds: Double = 0) -> TeachingRow {
        TeachingRow(
            name: name, value: evaluation.value, interval: evaluation.interval95, rows: test.examples.count,
            trainedParameters: parameters, bytes: bytes, trainingSeconds: seconds,
            millisecondsARow: milliseconds)
    }

    /// How likely chance alone would make these answers differ so from others (exact McNemar).
    func chance(against other: TestAnswers) throws -> Double {
        func right(_ labels: [String]) -> [Bool] { zip(labels, test.examples).map { $0 == $1.label } }
        return try McNemar(first: right(labels), second: right(other.labels)).probability
    }

    /// The test rows' most frequent label for every row.
    static func majority(_ test: Dataset) throws -> TeachingRow {
        let evaluation = try Evaluation(test.examples.map { _ in test.mostFrequentLabel }, to: test)
        return TeachingRow(
            name: "majority class", value: evaluation.value, interval: evaluation.interval95,
            rows: test.examples.count, trainedParameters: 0, bytes: 0, trainingSeconds: 0, millisecondsARow: 0
        )
    }
}
