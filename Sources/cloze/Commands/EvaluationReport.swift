import Datasets
import Experiments
import Prompts

/// What an evaluation found, for people and as JSON.
struct EvaluationReport: Encodable {
    struct Value: Encodable {
        let metric: String
        let value: Double
        /// The ends of the 95 % interval.
        let low: Double
        let high: Double
    }

    struct Label: Encodable {
        let label: String
        let rows: Int
        let answered: Int
        let precision: Double
        let recall: Double
        let f1: Double
    }

    let prompt: String
    let data: String
    let rule: String
    let rows: Int
    let metrics: [Value]
    let labels: [Label]
    /// A row a right label, a column an answer, both in the order of ``labels``.
    let confusion: [[Int]]
    let shortenedRows: Int
    let tokensCut: Int
    /// How many examples a row was shown, on average, and how many were left out so that rows fit.
    let examplesShown: Double
    let examplesDropped: Int
    let rowsWithoutAllExamples: Int
    /// The gap between stated and true confidence; see `Calibration`.
    let calibrationError: Double
    /// Where the prompt abstains: the share of rows that were answered, and the share of those that were right.
    let coverage: Double?
    let precision: Double?
    /// How long a row took, without loading the model.
    let secondsARow: Double
    let gates: [GateResult]

    struct GateResult: Encodable {
        let gate: String
        let isMet: Bool
    }

    init(
        _ dataset: Dataset, _ answers: [Prediction], _ made: Prompt, gates: [Gate], seconds: Double
    ) throws {
        let predicted = answers.map(\.label)
        let values = try Self.values(predicted, dataset, gates)
        let matrix = try ConfusionMatrix(
            predicted: predicted, expected: dataset.examples.map { $0.label ?? "" }, labels: dataset.labels)
        prompt = made.id
        data = dataset.name
        rule = made.manifest.rule.rawValue
        rows = dataset.examples.count
        metrics = values
        labels = matrix.labels.indices.map { label in
            Label(
                label: matrix.labels[label], rows: matrix.support(label), answered: matrix.answered(label),
                precision: matrix.precision(label), recall: matrix.recall(label), f1: matrix.f1(label))
        }
        confusion = matrix.counts.map { Array($0.dropLast()) }
        shortenedRows = answers.count { $0.tokensCut > 0 }
        tokensCut = answers.reduce(0) { $0 + $1.tokensCut }
        examplesShown = answers.reduce(0) { $0 + Double($1.examplesShown) } / Double(max(1, answers.count))
        examplesDropped = answers.reduce(0) { $0 + $1.examplesDropped }
        rowsWithoutAllExamples = answers.count { $0.examplesDropped > 0 }
        let right = zip(predicted, dataset.examples).map { $0 == $1.label }
        calibrationError = try Calibration(
            confidences: answers.map { Double(min(1, $0.confidence)) }, right: right
        ).error
        let given = zip(answers, right).filter { !$0.0.isWithheld }
        let abstains = made.manifest.abstention != nil
        coverage = abstains ? Double(given.count) / Double(max(1, answers.count)) : nil
        precision = abstains && !given.isEmpty ? Double(given.count { $0.1 }) / Double(given.count) : nil
        secondsARow = seconds / Double(max(1, answers.count))
        self.gates = gates.map { gate in
            let value = values.first { $0.metric == gate.metric.name }?.value ?? 0
            return GateResult(gate: gate.text, isMet: gate.admits(value))
        }
    }

    /// The dataset's own metric first, then what everybody wants to see, then what gates ask for.
    private static func values(_ predicted: [String], _ dataset: Dataset, _ gates: [Gate]) throws -> [Value] {
        var wanted: [Metric] = []
        for metric in [dataset.metric, .accuracy, .macroF1] + gates.map(\.metric)
        where !wanted.contains(metric) {
            wanted.append(metric)
        }
        return try wanted.map { metric in
            let evaluation = try Evaluation(predicted, to: dataset, metric: metric)
            let interval = evaluation.wilson ?? evaluation.interval()
            return Value(metric: metric.name, value: evaluation.value, low: interval.low, high: interval.high)
        }
    }

    /// The first gate that is not met.
    func firstUnmet(_ gates: [Gate]) -> GateNotMet? {
        for gate in gates {
            let value = metrics.first { $0.metric == gate.metric.name }?.value ?? 0
            if !gate.admits(value) { return GateNotMet(gate: gate.text, value: value) }
        }
        return nil
    }

    /// Tables: the metrics, the labels, the confusions.
    var text: String {
        let terminal = Terminal(1)
        var values = Table(["metric", "value", "95 % interval"])
        for value in metrics {
            values.add([
                value.metric, Figures.decimal(value.value, 4),
                "\(Figures.decimal(value.low, 3)) to \(Figures.decimal(value.high, 3))",
            ])
        }
        var each = Table(["label", "rows", "answered", "precision", "recall", "F1"])
        for label in labels {
            each.add([
                label.label, "\(label.rows)", "\(label.answered)", Figures.decimal(label.precision, 3),
                Figures.decimal(label.recall, 3), Figures.decimal(label.f1, 3),
            ])
        }
        var wrong = Table(["right \\ answered"] + labels.map(\.label))
        for (label, counts) in zip(labels, confusion) { wrong.add([label.label] + counts.map(String.init)) }
        let parts = [
            "\(data): \(rows) rows, prompt '\(prompt)', rule \(rule)", values.lines(terminal),
            each.lines(terminal),
            wrong.lines(terminal),
        ]
        let cut =
            shortenedRows > 0 ? ["\(shortenedRows) inputs were shortened, by \(tokensCut) tokens in all"] : []
        return (parts + cut + examples + withheld).joined(separator: "\n\n")
    }

    private var examples: [String] {
        guard examplesShown > 0 || examplesDropped > 0 else { return [] }
        let left =
            examplesDropped > 0
            ? "; \(examplesDropped) were left out of \(rowsWithoutAllExamples) rows so that these fit" : ""
        return ["\(Figures.decimal(examplesShown, 1)) examples a row\(left)"]
    }

    private var withheld: [String] {
        guard let coverage else { return [] }
        let right = precision.map { ", \(Figures.percent($0)) of them rightly" } ?? ""
        return ["\(Figures.percent(coverage)) of the rows were answered\(right)"]
    }
}
