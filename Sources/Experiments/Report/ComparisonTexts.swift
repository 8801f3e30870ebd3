internal import Datasets

/// A comparison's report as Markdown and as CSV.
package struct ComparisonTexts {
    private let report: ComparisonReport
    private let cells: ComparisonCells

    package init(_ report: ComparisonReport) {
        self.report = report
        cells = ComparisonCells(report: report)
    }

    /// Markdown: the recommendation, the tables, the notes.
    package var markdown: String {
        var parts = ["# \(report.name)", cells.heading, "**Recommended:** \(report.recommendation.sentence)"]
        parts.append(Self.table(cells.head, cells.finalists))
        parts.append(cells.notes.map { "- \($0)" }.joined(separator: "\n"))
        if !cells.others.isEmpty {
            parts += ["## Not run in full", Self.table(ComparisonCells.othersHead, cells.others)]
        }
        let texts = report.lines.compactMap { line in
            line.template.map { "- \(line.name): `\($0.escapedForMarkdown)`" }
        }
        if !texts.isEmpty {
            parts += ["## Texts that were searched or tried", texts.joined(separator: "\n")]
        }
        let figures = ComparisonFigures(report).all.map { "![\($0.caption)](figures/\($0.name).svg)" }
        parts += ["## Figures", figures.joined(separator: "\n\n")]
        if !report.findings.isEmpty {
            parts += ["## The data", report.findings.map { "- \($0)" }.joined(separator: "\n")]
        }
        parts += ["## The experiment", "```yaml\n\(report.experiment)```"]
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        let lines = [head, head.map { _ in "---" }] + rows
        return lines.map { "| " + $0.map(\.escapedForMarkdown).joined(separator: " | ") + " |" }.joined(
            separator: "\n")
    }

    /// CSV: a row a candidate, numbers in full.
    package var csv: String {
        let head = [
            "method", "variant", "standing", "metric", "value", "low", "high", "difference", "probability",
            "verdict", "dev",
            "training_seconds", "trained_parameters", "bytes", "milliseconds_a_request", "peak_bytes", "rate",
            "reason",
        ]
        func number(_ value: (some CustomStringConvertible)?) -> String { value.map { "\($0)" } ?? "" }
        let rows = report.lines.map { line in
            [
                line.way.rawValue, line.name, line.standing.rawValue, report.metric, number(line.value),
                number(line.interval?.low),
                number(line.interval?.high), number(line.difference?.value), number(line.probability),
                line.verdict?.rawValue ?? "", number(line.dev), number(line.trainingSeconds),
                number(line.trainedParameters),
                number(line.bytes), number(line.millisecondsARequest), number(line.peakBytes),
                number(line.rate),
                line.reason ?? "",
            ]
        }
        return ([head] + rows).map { $0.map(Self.cell).joined(separator: ",") }.joined(separator: "\r\n")
            + "\r\n"
    }

    /// Quoted where it must be (RFC 4180); what a spreadsheet would take for a formula gets a quotation mark in front.
    private static func cell(_ text: String) -> String {
        let isFormula = text.first.map { "=+@".contains($0) } ?? false
        let plain = isFormula ? "'" + text : text
        guard plain.contains(where: { ",\"\r\n".contains($0) }) else { return plain }
        return "\"" + plain.replacing("\"", with: "\"\"") + "\""
    }
}

extension String {
    /// On one line, and without what would end a cell.
    fileprivate var escapedForMarkdown: String { replacing("\n", with: " ").replacing("|", with: "\\|") }
}
