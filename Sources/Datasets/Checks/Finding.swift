/// Something about the data that a score would not show.
public struct Finding: Hashable, Codable, Sendable, CustomStringConvertible {
    /// How much it matters.
    public enum Severity: String, Codable, Sendable, Comparable, CaseIterable {
        /// Good to know.
        case note
        /// Likely to cost quality, or to make a score look better than it is.
        case warning
        /// A score on this data would be wrong.
        case error

        /// From good to know to wrong.
        public static func < (first: Severity, second: Severity) -> Bool {
            allCases.firstIndex(of: first) ?? 0 < allCases.firstIndex(of: second) ?? 0
        }
    }

    /// What was looked for.
    public enum Kind: String, Codable, Sendable {
        /// The same text, within a split or across splits.
        case exactDuplicates
        /// Nearly the same text.
        case nearDuplicates
        /// One text with several labels.
        case conflictingLabels
        /// Labels with far more or fewer rows than others, or with none.
        case classBalance
        /// Labels that differ in case or white space only.
        case similarLabels
        /// Texts far longer than the others.
        case longTexts
        /// Rows without text.
        case emptyTexts
        /// Rows with more tokens than the model or the prompt has room for.
        case tooManyTokens
        /// A label's name or word that stands in texts or in the template.
        case labelInText
        /// Demonstrations that are rows of dev or test.
        case demonstrationInTest
    }

    /// How much it matters.
    public let severity: Severity
    /// What was looked for.
    public let kind: Kind
    /// What was found, with numbers, in one sentence.
    public let message: String
    /// How many rows it concerns.
    public let count: Int
    /// The first few of these rows, as `split/id`.
    public let rows: [String]
    /// What to do about it.
    public let advice: String

    init(_ severity: Severity, _ kind: Kind, _ message: String, count: Int, rows: [String], advice: String) {
        self.severity = severity
        self.kind = kind
        self.message = message
        self.count = count
        self.rows = Array(rows.prefix(DataReport.shownRows))
        self.advice = advice
    }

    /// One line: severity, message, rows, advice.
    public var description: String {
        let shown = rows.isEmpty ? "" : " (\(rows.joined(separator: ", "))\(count > rows.count ? ", …" : ""))"
        return "\(severity.rawValue): \(message)\(shown). \(advice)."
    }
}

/// Numbers of things, as findings say them.
enum NumberOf {
    static func rows(_ count: Int) -> String { things(count, "row") }

    static func things(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
