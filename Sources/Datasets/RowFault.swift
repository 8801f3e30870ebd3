/// A row that cannot be read: where it stands, and why.
public struct RowFault: Hashable, Sendable, CustomStringConvertible {
    /// The file, as the user named it.
    public let file: String
    /// The line on which the row begins, counted from 1.
    public let line: Int
    /// What is wrong with it.
    public let reason: Reason

    /// Says what is wrong with a row.
    public init(file: String, line: Int, reason: Reason) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    /// Why a row cannot be read: a case a rule.
    public enum Reason: Hashable, Sendable {
        /// A byte that no UTF-8 text has, at this offset in the file, counted from 0.
        case notUTF8(byte: Int)
        /// The file begins with the mark of UTF-16.
        case utf16
        /// A row of more bytes than any row of data has.
        case tooLong(limit: Int)
        /// Not JSON: what was expected, and the byte of the line (from 1) where it was not found.
        case notJSON(expected: String, column: Int)
        /// JSON, but not an object.
        case notAnObject
        /// A name that occurs twice in one object.
        case duplicateName(String)
        /// A field that the task needs.
        case missingField(String, column: String, present: [String])
        /// A row without a label.
        case missingLabel(column: String, present: [String])
        /// A label that is not one of those known; `nearest` is the closest of them, if one is close.
        case unknownLabel(String, known: [String], nearest: String?)
        /// A list or an object where text is read.
        case nested(field: String)
        /// A CSV or TSV row with the wrong number of cells.
        case cellCount(found: Int, expected: Int)
        /// A quote that is opened and never closed.
        case unclosedQuote
        /// Text between a closing quote and the next comma.
        case textAfterQuote(cell: Int)
        /// A header that names a column twice.
        case duplicateColumn(String)
        /// A column that the mapping names and the header does not.
        case missingColumn(String, present: [String])
    }

    /// `file:line: reason`, as compilers write it, so that editors jump to the place.
    public var description: String { "\(file):\(line): \(reason.sentence)" }
}

extension RowFault.Reason {
    /// What is wrong and what to do, in one sentence.
    var sentence: String {
        switch self {
        case .notUTF8(let byte):
            "byte \(byte) of the file is not UTF-8; save the file as UTF-8 (Korean Excel often writes CP949)"
        case .utf16: "the file is UTF-16; save it as UTF-8"
        case .tooLong(let limit): "the row is longer than \(limit) bytes; is a quote left open?"
        case .notJSON(let expected, let column):
            "not JSON: \(expected) expected at byte \(column) of the line"
        case .notAnObject: "the line is not a JSON object; write {\"text\": …, \"label\": …}"
        case .duplicateName(let name): "the name '\(name)' occurs twice in the object; keep one"
        case .missingField(let field, let column, let present):
            "the field '\(field)' is missing" + (field == column ? "" : " (column '\(column)')")
                + "; the row has \(listed(present))"
        case .missingLabel(let column, let present):
            "the row has no label: '\(column)' is not among \(listed(present))"
        case .unknownLabel(let label, let known, let nearest):
            "the label '\(label)' is not one of \(listed(known))"
                + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .nested(let field):
            "the field '\(field)' holds a list or an object, and the task reads text there"
        case .cellCount(let found, let expected): "the row has \(found) cells and the header has \(expected)"
        case .unclosedQuote: "a quote is opened here and never closed"
        case .textAfterQuote(let cell):
            "text follows the closing quote of cell \(cell); double the quotes inside a quoted cell"
        case .duplicateColumn(let name): "the header names the column '\(name)' twice; rename one"
        case .missingColumn(let name, let present):
            "the header has no column '\(name)'; it has \(listed(present))"
        }
    }

    private func listed(_ names: [String]) -> String {
        guard names.count > 12 else { return names.isEmpty ? "nothing" : names.joined(separator: ", ") }
        return names.prefix(12).joined(separator: ", ") + " and \(names.count - 12) more"
    }
}
