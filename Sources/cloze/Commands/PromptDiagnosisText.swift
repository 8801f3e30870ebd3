import Experiments
import Foundation

extension PromptDiagnosis {
    /// The tables of what a prompt does.
    var text: String {
        [priorTable, measured, dropTable, agreementTable].compactMap(\.self).joined(separator: "\n\n")
    }

    private var terminal: Terminal { Terminal(STDOUT_FILENO) }

    private var priorTable: String {
        let isSoft = priors.contains { $0.withoutRows != nil }
        var table = Table(
            ["label, where the input is empty", "probability"] + (isSoft ? ["without the rows"] : []))
        for prior in priors {
            table.add(
                [prior.label, Figures.decimal(prior.probability, 3)]
                    + (isSoft ? [prior.withoutRows.map { Figures.decimal($0, 3) } ?? "–"] : []))
        }
        return table.lines(terminal)
    }

    private var measured: String? {
        guard let value, let metric else { return nil }
        let words =
            snapped.map {
                "; with each row replaced by its nearest token \(Figures.decimal($0, 3))"
            } ?? ""
        return "\(metric) on \(rows) rows \(Figures.decimal(value, 3))\(words)"
    }

    private var dropTable: String? {
        guard !drops.isEmpty else { return nil }
        var table = Table(
            ["row left out", metric ?? "", "other answers", "mean shift"], [.right, .right, .right, .right])
        for drop in drops {
            table.add([
                "\(drop.row)", Figures.decimal(drop.value, 3), Figures.percent(drop.changedAnswers),
                Figures.decimal(drop.shift, 3),
            ])
        }
        return table.lines(terminal)
    }

    private var agreementTable: String? {
        guard !agreements.isEmpty else { return nil }
        var table = Table(["another prompt", "same answers", "mean cosine of rows"])
        for other in agreements {
            table.add([
                other.prompt, other.sameAnswers.map { Figures.percent($0) } ?? "–",
                other.cosine.map { Figures.decimal($0, 3) } ?? "–",
            ])
        }
        return table.lines(terminal)
    }
}
