/// Rows of one task, the labels they may carry in a fixed order, and how answers to them are judged.
public struct Dataset: Sendable {
    /// The name that reports print.
    public let name: String
    /// Every label, in the order that tables and ties follow; empty for tasks without labels.
    public let labels: [String]
    /// The rows, in file order.
    public let examples: [Example]
    /// How answers are judged.
    public let metric: Metric

    /// Makes a dataset from rows in memory.
    ///
    /// - Parameters:
    ///   - name: what reports call it.
    ///   - labels: the label order; nil takes the labels in the order in which they first appear.
    ///   - examples: the rows.
    ///   - metric: how answers will be judged.
    /// - Throws: ``DatasetError/duplicateLabel(_:)``, or ``DatasetError/foreignLabel(_:row:known:)`` for the first
    ///   row whose label is not in `labels`.
    public init(
        name: String, labels: [String]? = nil, examples: [Example], metric: Metric = .accuracy,
    ) throws(DatasetError) {
        self.name = name
        self.labels = labels ?? Self.firstAppearance(examples)
        self.examples = examples
        self.metric = metric
        try check()
    }

    /// A part of `other`, whose labels and rows are known to be sound.
    package init(name: String, of other: Dataset, examples: [Example]) {
        self.name = name
        self.labels = other.labels
        self.examples = examples
        self.metric = other.metric
    }

    /// What reports call row `index`: its id, or its place counted from 1.
    public func rowName(_ index: Int) -> String {
        examples[index].id ?? "row \(index + 1)"
    }

    /// The list in a field of a row.
    ///
    /// - Throws: ``DatasetError/notAList(field:row:)`` with the row's place.
    package func list(_ field: String, at index: Int) throws(DatasetError) -> [String] {
        do { return try examples[index].list(field) } catch {
            throw .notAList(field: field, row: place(of: index))
        }
    }

    private func check() throws(DatasetError) {
        var known: Set<String> = []
        for label in labels where !known.insert(label).inserted {
            throw .duplicateLabel(label)
        }
        for (index, example) in examples.enumerated() {
            guard let label = example.label, !known.contains(label) else { continue }
            throw .foreignLabel(label, row: rowName(index), known: labels)
        }
    }

    private static func firstAppearance(_ examples: [Example]) -> [String] {
        var seen: Set<String> = []
        return examples.compactMap(\.label).filter { seen.insert($0).inserted }
    }
}

extension Dataset {
    /// Where row `index` stands, counted from 1, and its id where it has one: for errors about rows.
    package func place(of index: Int) -> String {
        "row \(index + 1)" + (examples[index].id.map { " ('\($0)')" } ?? "") + " of '\(name)'"
    }
}
