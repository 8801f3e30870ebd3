/// How the columns of a file become the fields and the label of an ``Example``.
///
/// Without settings every column is a field of the same name, except `label` and `id`, and the labels are those of the
/// file in the order in which they first appear.
public struct RowMapping: Hashable, Codable, Sendable {
    /// The column a field is read from, by field name; `label` and `id` may be named too.
    ///
    /// A column that is mapped stands under its field name only.
    public var columns: [String: String]
    /// The labels that rows may carry, in order; nil for those of the file (or those of `labelNames`, in their order).
    public var labels: [String]?
    /// What the file's labels mean, in order, such as 0 for negative and 1 for positive.
    ///
    /// A label that already is one of the names is accepted too.
    public var labelNames: [LabelName]
    /// The fields that the task reads: each must be there in each row.
    ///
    /// When empty, every field is read, so that a list or an object anywhere in a row is an error; otherwise
    /// fields that are not read may hold anything.
    public var reads: [String]
    /// The fields in which a list is read (``Example/list(_:)``): tokens, tags, choices, references.
    public var lists: Set<String>
    /// Whether a row without a label is an error.
    public var needsLabel: Bool
    /// The column names of a CSV or TSV file that has no header line.
    public var header: [String]?

    /// What one label of the file means.
    public struct LabelName: Hashable, Codable, Sendable {
        /// As the file writes it.
        public let value: String
        /// As Cloze should call it.
        public let name: String

        /// Pairs a value with its name.
        public init(value: String, name: String) {
            self.value = value
            self.name = name
        }
    }

    /// Makes a mapping; each default reads the file as it stands.
    public init(
        columns: [String: String] = [:], labels: [String]? = nil, labelNames: [LabelName] = [],
        reads: [String] = [],
        lists: Set<String> = [], needsLabel: Bool = true, header: [String]? = nil,
    ) {
        self.columns = columns
        self.labels = labels
        self.labelNames = labelNames
        self.reads = reads
        self.lists = lists
        self.needsLabel = needsLabel
        self.header = header
    }

    /// Reads a mapping as a command line writes it: `text=review,label=sentiment` and `0=negative,1=positive`.
    ///
    /// - Throws: ``DatasetError/badMapping(_:reason:)``.
    public init(columns: String, labelNames: String = "") throws(DatasetError) {
        self.init()
        for (field, column) in try Self.pairs(columns) { self.columns[field] = column }
        for (value, name) in try Self.pairs(labelNames) {
            self.labelNames.append(LabelName(value: value, name: name))
        }
    }

    /// The labels that are known before any row is read.
    var knownLabels: [String]? {
        if let labels { return labels }
        guard !labelNames.isEmpty else { return nil }
        var seen: Set<String> = []
        return labelNames.map(\.name).filter { seen.insert($0).inserted }
    }

    private static func pairs(_ text: String) throws(DatasetError) -> [(String, String)] {
        var pairs: [(String, String)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: !text.contains("=")) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let names = sides.map { String($0).trimmed }
            guard names.count == 2 else { throw .badMapping(text, reason: "'\(part)' has no =") }
            guard !names[0].isEmpty, !names[1].isEmpty else {
                throw .badMapping(text, reason: "'\(part)' has an empty side")
            }
            guard !pairs.contains(where: { $0.0 == names[0] }) else {
                throw .badMapping(text, reason: "'\(names[0])' is mapped twice")
            }
            pairs.append((names[0], names[1]))
        }
        return pairs
    }
}

extension String {
    /// Without the white space around it.
    var trimmed: String {
        let scalars = unicodeScalars.drop { $0.properties.isWhitespace }
        let kept = scalars.reversed().drop { $0.properties.isWhitespace }.reversed()
        return String(String.UnicodeScalarView(kept))
    }
}
