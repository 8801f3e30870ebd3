internal import Datasets

/// The tables of a comparison as cells, which HTML, Markdown and CSV lay out.
struct ComparisonCells {
    let report: ComparisonReport

    /// The head of the finalists' table.
    var head: [String] {
        [
            "method", report.metric, "95 % interval", "seeds", "against the first", "chance", "verdict",
            "dev", "training",
            "trained numbers", "stored", "a request", "memory",
        ]
    }

    /// A row a finalist.
    var finalists: [[String]] {
        report.finalists.map { line in
            let difference = line.difference.map { difference in
                (difference.value < 0 ? "−" : "+") + abs(difference.value).rounded(3)
            }
            let chance = line.probability.map { $0 < 0.0001 ? "< 0.0001" : $0.rounded(4) }
            return [
                line.name, line.value?.rounded(3) ?? "–",
                line.interval.map { "\($0.low.rounded(3)) to \($0.high.rounded(3))" } ?? "–",
                line.values.count == 1 ? "1" : line.values.map { $0.rounded(3) }.joined(separator: " "),
                difference ?? "–", chance ?? "–", line.verdict?.rawValue ?? "–", line.dev?.rounded(3) ?? "–",
                line.trainedParameters == 0 && line.rate == nil
                    ? "–" : line.trainingSeconds.map(TimeText.written) ?? "–",
                "\(line.trainedParameters)", line.bytes.map(Self.bytes) ?? "–",
                line.millisecondsARequest.map { "\($0.rounded(1)) ms" } ?? "–",
                line.peakBytes.map(Self.bytes) ?? "–",
            ]
        }
    }

    /// A row a candidate that was not run in full.
    var others: [[String]] {
        report.lines.filter { $0.standing != .finalist }.map { line in
            [line.name, line.dev?.rounded(3) ?? "–", line.standing.rawValue, line.reason ?? ""]
        }
    }

    static let othersHead = ["method", "dev", "how far", "why"]

    static func bytes(_ count: Int) -> String {
        count < 1 << 10
            ? "\(count) B"
            : count < 1 << 20
                ? "\((Double(count) / 1024).rounded(1)) KiB"
                : count < 1 << 30
                    ? "\((Double(count) / Double(1 << 20)).rounded(1)) MiB"
                    : "\((Double(count) / Double(1 << 30)).rounded(2)) GiB"
    }

    /// What was compared, in one sentence.
    var heading: String {
        let time =
            report.budget.map { "\(TimeText.written(report.spent)) of a budget of \(TimeText.written($0))" }
            ?? "\(TimeText.written(report.spent)), without a budget"
        let asked =
            report.seeds.count < report.seedsAsked
            ? " of \(report.seedsAsked) (the budget paid for no more)" : ""
        let seeds = "\(report.seeds.count) seed\(report.seeds.count == 1 ? "" : "s")\(asked)"
        return
            "'\(report.task)' on \(report.model): \(report.trainRows) train and \(report.devRows) dev rows, \(seeds), "
            + "\(report.testRows) test rows; \(time)."
    }

    /// What a reader must know to believe the table.
    var notes: [String] {
        var notes = [
            "Always answering the most frequent label gives \(report.majority.rounded(3)).",
            "Intervals are over rows and seeds (two-way bootstrap). 'Against the first' is the difference from the simplest "
                + "method on the same rows, 'chance' its probability by the paired bootstrap, corrected for the number of "
                + "methods (Holm); below 0.05 it is called a difference.",
            "Training is the median over seeds; a request is one row alone, the median of seven; memory is what arithmetic "
                + "held at most, beside the model's file.",
        ]
        if report.testReadings > 1 {
            notes.append(
                "These test rows were read by \(report.testReadings) runs of this store, with this one; choices made by earlier "
                    + "scores make this one look better than it is.")
        } else {
            notes.append("The test rows were read once, by the finalists.")
        }
        if let note = report.seedNote { notes.append(note) }
        if report.skippedPoints > 0 {
            notes.append(
                "\(report.skippedPoints) runs on fewer rows were left out, since the budget was spent.")
        }
        return notes
    }
}
