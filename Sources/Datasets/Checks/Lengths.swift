/// How long texts are.
public struct Lengths: Hashable, Codable, Sendable {
    /// The shortest; 0 for no texts.
    public let shortest: Int
    /// A quarter is at most this long.
    public let lowerQuarter: Int
    /// Half is at most this long.
    public let median: Int
    /// Three quarters are at most this long.
    public let upperQuarter: Int
    /// The longest; 0 for no texts.
    public let longest: Int

    init(_ lengths: [Int]) {
        let ordered = lengths.sorted()
        func quantile(_ quarters: Int) -> Int {
            ordered.isEmpty ? 0 : ordered[(ordered.count - 1) * quarters / 4]
        }
        shortest = quantile(0)
        lowerQuarter = quantile(1)
        median = quantile(2)
        upperQuarter = quantile(3)
        longest = quantile(4)
    }

    /// Above this a text is far longer than the others: three quartile ranges over the upper quartile (Tukey's outer
    /// fence), and at least four times the median, because the lengths of short texts spread widely.
    var fence: Int { max(upperQuarter + 3 * (upperQuarter - lowerQuarter), 4 * median) }
}

/// Texts that are empty, far longer than the others, or too long for the model.
struct LengthCheck {
    private(set) var findings: [Finding] = []

    init(_ rows: [CheckedRow], splits: [String], limit: Int?) {
        for (split, name) in splits.enumerated() {
            let part = rows.filter { $0.split == split }
            addEmpty(part, name)
            addLong(part, name)
            if let limit { addOverLimit(part, name, limit) }
        }
    }

    private mutating func addEmpty(_ rows: [CheckedRow], _ split: String) {
        let empty = rows.filter { $0.text.allSatisfy(\.isWhitespace) }
        guard !empty.isEmpty else { return }
        findings.append(
            Finding(
                .warning, .emptyTexts, "\(split): \(NumberOf.rows(empty.count)) without text",
                count: empty.count,
                rows: empty.map(\.name), advice: "Remove them, or check which column holds the text"))
    }

    private mutating func addLong(_ rows: [CheckedRow], _ split: String) {
        let lengths = Lengths(rows.map(\.characters))
        let long = rows.filter { $0.characters > lengths.fence }.sorted { $0.characters > $1.characters }
        guard let longest = long.first else { return }
        let message =
            "\(split): \(NumberOf.rows(long.count)) far longer than the others, up to "
            + "\(longest.characters) characters with a median of \(lengths.median)"
        findings.append(
            Finding(
                .note, .longTexts, message, count: long.count, rows: long.map(\.name),
                advice: "Look at them: a quote left open or a page pasted whole looks like this"))
    }

    private mutating func addOverLimit(_ rows: [CheckedRow], _ split: String, _ limit: Int) {
        let over = rows.filter { ($0.tokens ?? 0) > limit }
        guard !over.isEmpty else { return }
        findings.append(
            Finding(
                .warning, .tooManyTokens,
                "\(split): \(over.count) of \(NumberOf.rows(rows.count)) with more than \(limit) tokens",
                count: over.count, rows: over.map(\.name),
                advice: "They will be shortened; raise the limit or shorten the demonstrations"))
    }
}
