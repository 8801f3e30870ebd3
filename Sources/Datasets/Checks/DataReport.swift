/// What should be known about data before a prompt is trained on it.
///
/// Exact checks compare texts in lower case, with white space and Unicode forms made equal; near duplicates share at
/// least ``Options/likeness`` of their five-letter pieces. All checks together take seconds for 10,000 rows.
/// - Complexity: near-linear in the total length of the texts.
public struct DataReport: Codable, Sendable {
    /// What to look at.
    public struct Options: Sendable {
        /// The fields that the task reads; nil for all.
        ///
        /// Two rows are the same if these are.
        public var fields: [String]?
        /// The template's source, in which a label's name would tell every row the same.
        public var template: String?
        /// The words that stand for labels, by label; a label's own name is always looked for.
        public var words: [String: [String]]
        /// The rows that are shown in each prompt.
        public var demonstrations: [Example]
        /// From which share of common five-letter pieces on two texts are nearly the same.
        public var likeness: Double
        /// How many tokens a row takes; nil to count characters only.
        public var tokenCount: (@Sendable (Example) -> Int)?
        /// How many tokens a row may take.
        public var tokenLimit: Int?

        /// Options that look at everything that needs no more than the rows.
        public init(
            fields: [String]? = nil, template: String? = nil, words: [String: [String]] = [:],
            demonstrations: [Example] = [], likeness: Double = 0.8,
            tokenCount: (@Sendable (Example) -> Int)? = nil, tokenLimit: Int? = nil,
        ) {
            self.fields = fields
            self.template = template
            self.words = words
            self.demonstrations = demonstrations
            self.likeness = likeness
            self.tokenCount = tokenCount
            self.tokenLimit = tokenLimit
        }
    }

    /// What is said of one split.
    public struct Summary: Hashable, Codable, Sendable {
        /// The split: train, dev, test.
        public let split: String
        /// How many rows it has.
        public let rows: Int
        /// How many rows each label has, in label order.
        public let labels: [Count]
        /// Rows without a label.
        public let unlabelled: Int
        /// The lengths of the texts.
        public let characters: Lengths
        /// The same in tokens, where they were counted.
        public let tokens: Lengths?

        /// How many rows a label has.
        public struct Count: Hashable, Codable, Sendable {
            /// The label's name.
            public let label: String
            /// Its rows.
            public let rows: Int
        }

        /// The label with the most rows, the first of equals; nil without labels.
        public var majority: Count? {
            labels.reduce(nil) { best, next in (best?.rows ?? 0) >= next.rows ? best : next }
        }

        /// The accuracy of always answering the majority label; 0 without labels.
        public var majorityShare: Double { Double(majority?.rows ?? 0) / Double(max(1, rows - unlabelled)) }
    }

    /// The most rows that a finding names.
    static let shownRows = 5

    /// Each split in numbers.
    public let summaries: [Summary]
    /// What was found, the gravest first.
    public let findings: [Finding]

    /// Looks at the splits of one task.
    ///
    /// - Parameters:
    ///   - splits: in the order of training, such as train, dev. A row of a later split that is in an earlier one
    ///     counts as a leak.
    ///   - test: the locked test rows, whose texts are compared; this is no reading of them.
    ///   - options: what to look at.
    public init(
        _ splits: [(name: String, dataset: Dataset)], test: LockedTest? = nil, options: Options = Options(),
    ) {
        let all = splits + (test.map { [(name: "test", dataset: $0.rowsForChecks)] } ?? [])
        let rows = CheckedRow.all(all, options: options)
        summaries = all.indices.map { split in
            Summary(all[split].name, all[split].dataset, rows.filter { $0.split == split })
        }
        let found =
            DuplicateCheck(rows, splits: all.map(\.name), likeness: options.likeness).findings
            + SimilarLabelCheck(all.map(\.dataset)).findings
            + BalanceCheck(summaries).findings
            + LengthCheck(rows, splits: all.map(\.name), limit: options.tokenLimit).findings
            + LabelNameCheck(rows, labels: all.first?.dataset.labels ?? [], options: options).findings
            + DemonstrationCheck(rows, splits: all.map(\.name), options: options).findings
        findings = found.enumerated()
            .sorted { ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset) }
            .map(\.element)
    }

    /// The gravest severity found; nil if nothing was.
    public var worst: Finding.Severity? { findings.map(\.severity).max() }
}

/// A row with what the checks read of it.
struct CheckedRow: Sendable {
    let split: Int
    /// As findings name it.
    let name: String
    let label: String?
    let key: String
    let text: String
    let characters: Int
    let tokens: Int?

    static func all(
        _ splits: [(name: String, dataset: Dataset)], options: DataReport.Options,
    ) -> [CheckedRow] {
        splits.enumerated().flatMap { split, part in
            part.dataset.examples.enumerated().map { index, example in
                let text = TextKey.text(example, fields: options.fields)
                return CheckedRow(
                    split: split, name: "\(part.name)/\(part.dataset.rowName(index))", label: example.label,
                    key: TextKey.of(example, fields: options.fields), text: text, characters: text.count,
                    tokens: options.tokenCount?(example))
            }
        }
    }
}

extension DataReport.Summary {
    init(_ split: String, _ dataset: Dataset, _ checked: [CheckedRow]) {
        let counts = Dictionary(checked.compactMap { $0.label.map { ($0, 1) } }, uniquingKeysWith: +)
        self.init(
            split: split, rows: checked.count,
            labels: dataset.labels.map { Count(label: $0, rows: counts[$0] ?? 0) },
            unlabelled: checked.count { $0.label == nil },
            characters: Lengths(checked.map(\.characters)),
            tokens: checked.contains { $0.tokens != nil } ? Lengths(checked.compactMap(\.tokens)) : nil)
    }
}
