import Datasets
import Experiments
import Foundation

extension ComparisonReport {
    /// The finalists' table, the others, what to ship, and how sure that is.
    ///
    /// - Parameter isKept: whether a store keeps the run.
    func text(output: URL?, isKept: Bool) -> String {
        let parts = [
            heading, table, seedNote, others, "Recommended: " + recommendation.sentence, warnings,
            use(output, isKept),
        ]
        return parts.compactMap(\.self).joined(separator: "\n\n")
    }

    private var heading: String {
        let time =
            budget.map { "\(TimeText.written(spent)) of \(TimeText.written($0))" } ?? TimeText.written(spent)
        let asked = seeds.count < seedsAsked ? " of \(seedsAsked) (the budget paid for no more)" : ""
        let count = "\(seeds.count) seed\(seeds.count == 1 ? "" : "s")"
        return
            "'\(task)' on \(model): \(trainRows) train and \(devRows) dev rows, \(count)\(asked), \(testRows) test rows; "
            + "\(time). Always answering the most frequent label gives \(Figures.decimal(majority, 3))."
    }

    private var table: String {
        var table = Table(
            [
                "method", metric, "95 % interval", "against the first", "training", "stored", "a request",
                "memory",
            ], [.left, .right, .right, .left])
        for line in finalists {
            table.add([
                line.name, Figures.decimal(line.value ?? 0, 3),
                line.interval.map { "\(Figures.decimal($0.low, 3)) to \(Figures.decimal($0.high, 3))" }
                    ?? "–",
                comparison(line),
                line.trainedParameters == 0 ? "–" : TimeText.written(line.trainingSeconds ?? 0),
                line.bytes.map(Figures.bytes) ?? "–",
                line.millisecondsARequest.map { Figures.decimal($0, 1) + " ms" } ?? "–",
                line.peakBytes.map(Figures.bytes) ?? "–",
            ])
        }
        return table.lines(Terminal(STDOUT_FILENO))
    }

    private func comparison(_ line: Line) -> String {
        guard let difference = line.difference, let verdict = line.verdict else { return "–" }
        let sign = difference.value < 0 ? "−" : "+"
        let value = sign + Figures.decimal(abs(difference.value), 3)
        return "\(value), \(verdict.rawValue) (\(Figures.probability(line.probability ?? 1)))"
    }

    private var others: String? {
        let rest = lines.filter { $0.standing != .finalist }
        guard !rest.isEmpty else { return nil }
        var table = Table(["not run in full", "dev", "why"], [.left, .right, .left])
        for line in rest {
            table.add([
                line.name, line.dev.map { Figures.decimal($0, 3) } ?? "–",
                [line.standing.rawValue, line.reason].compactMap(\.self).joined(separator: ": "),
            ])
        }
        return table.lines(Terminal(STDOUT_FILENO))
    }

    private var warnings: String? {
        let said = lines.flatMap { line in line.warnings.map { "warning: \(line.name): \($0)" } }
        return said.isEmpty ? nil : said.joined(separator: "\n")
    }

    private func use(_ output: URL?, _ isKept: Bool) -> String {
        let kept = isKept ? "Kept as run \(run)" : "This run is not kept"
        guard let output else { return "\(kept); --output FOLDER leaves a report and the prompts." }
        let prompt = recommendation.prompt.map { "\n  the prompt     \($0.shellQuoted)" } ?? ""
        return
            "\(kept).\n  the report     \(output.appendingPathComponent("report.html").path)\(prompt)"
    }
}
