import Datasets
import Experiments
import Foundation
import Models
import Prompts

/// A teaching report with the command that uses the prompt.
struct TrainDocument: Encodable {
    let report: TeachingReport
    let predict: String

    private enum Key: String, CodingKey {
        case predict
    }

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(predict, forKey: .predict)
    }
}

extension TeachingReport {
    /// The table, the costs, what was learned, and how to use it.
    func text(predict: String) -> String {
        let terminal = Terminal(STDOUT_FILENO)
        var table = Table([
            "on \(rows.first?.rows ?? 0) test rows", metric, "95 % interval", "trained", "stored", "a row",
        ])
        for row in rows {
            table.add([
                row.name, Figures.decimal(row.value, 3),
                "\(Figures.decimal(row.interval.low, 3)) to \(Figures.decimal(row.interval.high, 3))",
                row.trainedParameters == 0 ? "–" : Figures.count(row.trainedParameters),
                row.bytes == 0 ? "–" : Figures.bytes(row.bytes),
                row.millisecondsARow == 0 ? "–" : Figures.decimal(row.millisecondsARow, 1) + " ms",
            ])
        }
        return """
            \(table.lines(terminal))

            \(costs)
            \(lesson)\(warnings.map { "\nwarning: " + $0 }.joined())

            Use it:
              \(predict)
            """
    }

    private var costs: String {
        let trained = rows.last?.trainedParameters ?? 0
        let share = Double(trained) / Double(max(1, modelParameters))
        return """
            Trained \(Figures.count(trained)) numbers beside the model's \(Figures.count(modelParameters)) \
            (\(Figures.decimal(share * 100, 4)) %) in \(Figures.seconds(rows.last?.trainingSeconds ?? 0)); \
            peak memory \(Figures.bytes(peakProcessBytes)). A step took \(Figures.seconds(stepSeconds)) and held up to \
            \(Figures.bytes(peakTrainingBytes)) beside the model's file; a gigabyte holds \(Figures.count(tasksAGigabyte)) \
            such prompts.
            """
    }

    /// By how many rows the step was chosen.
    private var choosing: String {
        switch devRows {
        case 0: "none to choose by"
        case trainRows: "as many to choose by"
        default: "\(devRows) to choose by"
        }
    }

    private var lesson: String {
        guard rows.count >= 3 else { return "" }
        let (before, after) = (Figures.percent(rows[1].value), Figures.percent(rows[2].value))
        let said =
            "With \(trainRows) labelled rows of '\(task)' to learn from (\(perLabel) a label) and \(choosing), "
        return said + "\(metric) went from \(before) without training to \(after) "
            + "(\(Figures.probability(probabilityOfChance)) if nothing but chance were at work). "
            + "The prompt is in \(output); read back, it answers the same (largest difference \(reloadDifference))."
    }
}

extension String {
    /// As a shell takes it for one word.
    var shellQuoted: String {
        let plain = allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:@%+,".contains($0)) }
        return plain && !isEmpty ? self : "'" + replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
