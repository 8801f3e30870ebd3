extension DataReport: CustomStringConvertible {
    /// A line for each split, then a line for each finding.
    public var description: String {
        (summaries.map(\.description) + findings.map(\.description)).joined(separator: "\n")
    }
}

extension DataReport.Summary: CustomStringConvertible {
    /// Rows, labels and lengths in one line.
    public var description: String {
        var parts = ["\(split): \(NumberOf.rows(rows))"]
        if !labels.isEmpty { parts.append(labels.map { "\($0.label) \($0.rows)" }.joined(separator: ", ")) }
        if unlabelled > 0 { parts.append("\(unlabelled) without a label") }
        parts.append("characters \(characters.range)")
        if let tokens { parts.append("tokens \(tokens.range)") }
        return parts.joined(separator: "; ")
    }
}

extension Lengths {
    fileprivate var range: String { "\(shortest) to \(longest), median \(median)" }
}
