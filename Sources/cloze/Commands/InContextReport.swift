import Datasets
import Experiments
import Foundation
import Prompts

/// What several draws of examples, or several corrections, have given: each by itself, and their mean and spread.
struct InContextReport: Encodable {
    struct Run: Encodable {
        let seed: UInt64
        let calibration: String
        /// The dataset's own metric, accuracy and macro F1.
        let metrics: [EvaluationReport.Value]
        let calibrationError: Double
        let examplesShown: Double
        let examplesDropped: Int
        let rowsWithoutAllExamples: Int
        let coverage: Double?
        let precision: Double?
        let secondsARow: Double
    }

    struct Summary: Encodable {
        let calibration: String
        let metric: String
        let runs: Int
        let mean: Double
        /// The standard deviation over the draws (divided by one less than there are); 0 for one draw.
        let deviation: Double
        let low: Double
        let high: Double
        let calibrationError: Double
    }

    let prompt: String
    let data: String
    let rule: String
    let rows: Int
    let shots: Int
    let selection: String
    let order: String
    let runs: [Run]
    let summary: [Summary]

    init(
        _ dataset: Dataset, _ runs: [InContextRun], _ reports: [EvaluationReport], _ plan: InContextPlan
    ) throws {
        prompt = reports.first?.prompt ?? ""
        data = dataset.name
        rule = reports.first?.rule ?? ""
        rows = dataset.examples.count
        shots = plan.settings.shots
        selection = plan.settings.selection.rawValue
        order = plan.settings.order.rawValue
        self.runs = zip(runs, reports).map { run, report in
            Run(
                seed: run.seed, calibration: run.name, metrics: report.metrics,
                calibrationError: report.calibrationError, examplesShown: report.examplesShown,
                examplesDropped: report.examplesDropped,
                rowsWithoutAllExamples: report.rowsWithoutAllExamples, coverage: report.coverage,
                precision: report.precision, secondsARow: report.secondsARow)
        }
        var names: [String] = []
        for run in runs where !names.contains(run.name) { names.append(run.name) }
        let all = self.runs
        summary = names.map { name in Self.summary(name, all.filter { $0.calibration == name }) }
    }

    private static func summary(_ name: String, _ runs: [Run]) -> Summary {
        let values = runs.map { $0.metrics.first?.value ?? 0 }
        let count = Double(max(1, values.count))
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return Summary(
            calibration: name, metric: runs.first?.metrics.first?.metric ?? "", runs: values.count,
            mean: mean,
            deviation: values.count > 1 ? (squares / (count - 1)).squareRoot() : 0, low: values.min() ?? 0,
            high: values.max() ?? 0, calibrationError: runs.reduce(0) { $0 + $1.calibrationError } / count)
    }

    /// A table of the runs and one of their means.
    var text: String {
        let terminal = Terminal(1)
        let metric = summary.first?.metric ?? ""
        var each = Table(
            ["seed", "correction", metric, "95 % interval", "calibration error", "examples", "left out"]
                + (runs.contains { $0.coverage != nil } ? ["answered", "rightly"] : []),
            [.right, .left])
        for run in runs {
            let value = run.metrics.first
            each.add(
                [
                    "\(run.seed)", run.calibration, Figures.decimal(value?.value ?? 0, 4),
                    "\(Figures.decimal(value?.low ?? 0, 3)) to \(Figures.decimal(value?.high ?? 0, 3))",
                    Figures.decimal(run.calibrationError, 3), Figures.decimal(run.examplesShown, 1),
                    "\(run.examplesDropped)",
                ]
                    + (run.coverage.map {
                        [Figures.percent($0), run.precision.map(Figures.percent) ?? "-"]
                    } ?? []))
        }
        var means = Table([
            "correction", "draws", "mean \(metric)", "spread", "lowest", "highest", "calibration error",
        ])
        for line in summary {
            means.add([
                line.calibration, "\(line.runs)", Figures.decimal(line.mean, 4),
                Figures.decimal(line.deviation, 4), Figures.decimal(line.low, 4),
                Figures.decimal(line.high, 4),
                Figures.decimal(line.calibrationError, 3),
            ])
        }
        let head =
            "\(data): \(rows) rows, prompt '\(prompt)', rule \(rule), \(shots) shots, \(selection), \(order)"
        return [head, each.lines(terminal), means.lines(terminal)].joined(separator: "\n\n")
    }
}
