public import Foundation

/// What can be wrong with data that a user brings, with the evidence.
public enum DatasetError: Error, Hashable, Sendable, CustomStringConvertible, LocalizedError {
    /// The file could not be opened or read.
    case unreadable(file: String, reason: String)
    /// The file's name ends in nothing that says JSONL, CSV or TSV, and no format was stated.
    case unknownFormat(file: String)
    /// The file holds no rows.
    case empty(file: String)
    /// Rows that cannot be read: the first few, and how many there are in all.
    case rows([RowFault], total: Int)
    /// A mapping such as `text=review` that cannot be read.
    case badMapping(String, reason: String)
    /// A label that is listed twice.
    case duplicateLabel(String)
    /// A row in memory whose label is not in the list.
    case foreignLabel(String, row: String, known: [String])
    /// A field that should hold a list and does not.
    case notAList(field: String, row: String?)
    /// A dataset without labels, where labels are needed.
    case noLabels(dataset: String)
    /// A label with too few different rows for the split that was asked for.
    case tooFewRows(label: String, found: Int, needed: Int)
    /// A number of rows a label that makes no split.
    case badCount(Int)
    /// The test rows were already handed out in this run.
    case testAlreadyRead(test: String, run: String)
    /// The stored record of a locked test belongs to other rows.
    case testChanged(test: String, expected: String, found: String)
    /// Two lists that should go row by row differ in length.
    case lengthsDiffer(what: String, first: Int, second: Int)
    /// Nothing to judge.
    case nothingToScore(metric: String)
    /// An answer or reference that the metric cannot read.
    case unscorable(metric: String, row: Int, reason: String)
    /// A metric name that is not known.
    case unknownMetric(String, known: [String])

    /// One sentence for the user; for bad rows one line a row.
    public var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "\(file) could not be read: \(reason)"
        case .unknownFormat(let file):
            "\(file) does not say what it holds: name it .jsonl, .csv or .tsv, or state the format"
        case .empty(let file):
            "\(file) holds no rows"
        case .rows(let faults, let total):
            Self.lines(faults, total)
        case .badMapping(let text, let reason):
            "'\(text)' is not a mapping: \(reason); write name=value pairs with commas between, as in text=review,label=sentiment"
        case .duplicateLabel(let label):
            "the label '\(label)' is listed twice; list each label once"
        case .foreignLabel(let label, let row, let known):
            "\(row) has the label '\(label)', which is not one of \(known.joined(separator: ", "))"
        case .notAList(let field, let row):
            "\(row ?? "a row") has no list in the field '\(field)'; write a list of texts there, such as [\"a\", \"b\"]"
        case .noLabels(let dataset):
            "\(dataset) has no labels, so no rows can be drawn a label; give each row a label"
        default:
            evaluationDescription
        }
    }

    /// The same sentence, where Foundation asks for it.
    public var errorDescription: String? { description }

    private var evaluationDescription: String {
        switch self {
        case .tooFewRows(let label, let found, let needed):
            "the label '\(label)' has \(found) different rows and \(needed) are needed (train and dev take the same number); "
                + (found < 2 ? "add rows" : "add rows or ask for \(found / 2) a label")
        case .badCount(let count):
            "\(count) rows a label make no split; ask for 1 or more"
        case .testAlreadyRead(let test, let run):
            "the test rows of \(test) were already read in run \(run); choose on dev, and start a new run to test again"
        case .testChanged(let test, let expected, let found):
            "the test rows of \(test) changed since they were locked (\(expected) then, \(found) now); "
                + "restore the file or lock it anew"
        case .lengthsDiffer(let what, let first, let second):
            "\(what) go row by row, but there are \(first) and \(second) of them"
        case .nothingToScore(let metric):
            "\(metric) needs at least one row to judge"
        case .unscorable(let metric, let row, let reason):
            "\(metric) cannot judge row \(row + 1): \(reason)"
        case .unknownMetric(let name, let known):
            "there is no metric '\(name)'; there are \(known.joined(separator: ", "))"
        default:
            "the data cannot be used"
        }
    }

    private static func lines(_ faults: [RowFault], _ total: Int) -> String {
        let shown = faults.map(\.description).joined(separator: "\n")
        return total > faults.count ? shown + "\n… and \(total - faults.count) more bad rows" : shown
    }
}
