/// Texts that occur more than once, exactly or nearly, and equal texts with different labels.
struct DuplicateCheck {
    private(set) var findings: [Finding] = []
    private let splits: [String]

    init(_ rows: [CheckedRow], splits: [String], likeness: Double) {
        self.splits = splits
        let full = rows.filter { !$0.text.allSatisfy(\.isWhitespace) }
        let groups = Self.groups(full)
        addConflicts(groups)
        addRepeats(groups, kind: .exactDuplicates)
        // One row of each text stands for its copies, or every copy would be reported as a near duplicate again.
        let different = groups.map { $0[0] }
        let clusters = NearDuplicates.clusters(different.map(\.text), likeness: likeness)
        addRepeats(clusters.map { $0.map { different[$0] } }, kind: .nearDuplicates)
    }

    /// Rows of the same text together, texts and rows in order of appearance.
    private static func groups(_ rows: [CheckedRow]) -> [[CheckedRow]] {
        var places: [String: Int] = [:]
        var groups: [[CheckedRow]] = []
        for row in rows {
            if let place = places[row.key] {
                groups[place].append(row)
            } else {
                places[row.key] = groups.count
                groups.append([row])
            }
        }
        return groups
    }

    private mutating func addConflicts(_ groups: [[CheckedRow]]) {
        let conflicts = groups.filter { Set($0.compactMap(\.label)).count > 1 }
        guard !conflicts.isEmpty else { return }
        let rows = conflicts.flatMap(\.self)
        findings.append(
            Finding(
                .warning, .conflictingLabels,
                "\(NumberOf.things(conflicts.count, "text")) with several labels, in \(NumberOf.rows(rows.count))",
                count: rows.count,
                rows: rows.map(\.name), advice: "Decide on one label for each; no prompt can answer both"))
    }

    private mutating func addRepeats(_ groups: [[CheckedRow]], kind: Finding.Kind) {
        var within = [[CheckedRow]](repeating: [], count: splits.count)
        var across: [[Int]: [CheckedRow]] = [:]
        for group in groups where group.count > 1 {
            for split in splits.indices {
                let own = group.filter { $0.split == split }
                within[split] += own.dropFirst()
                for earlier in 0..<split where group.contains(where: { $0.split == earlier }) {
                    across[[earlier, split], default: []] += own
                }
            }
        }
        for pair in across.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            if let rows = across[pair], !rows.isEmpty { addLeak(rows, from: pair[0], into: pair[1], kind) }
        }
        for (split, rows) in within.enumerated() where !rows.isEmpty { addCopies(rows, in: split, kind) }
    }

    private mutating func addLeak(
        _ rows: [CheckedRow], from earlier: Int, into later: Int, _ kind: Finding.Kind
    ) {
        let same = kind == .exactDuplicates ? "with the text" : "with nearly the text"
        findings.append(
            Finding(
                kind == .exactDuplicates ? .error : .warning, kind,
                "\(splits[later]): \(NumberOf.rows(rows.count)) \(same) of a row of \(splits[earlier])",
                count: rows.count,
                rows: rows.map(\.name),
                advice: "Remove them from \(splits[earlier]), or \(splits[later]) measures memory"))
    }

    private mutating func addCopies(_ rows: [CheckedRow], in split: Int, _ kind: Finding.Kind) {
        let same = kind == .exactDuplicates ? "with the text" : "with nearly the text"
        let message = "\(splits[split]): \(NumberOf.rows(rows.count)) \(same) of an earlier row"
        findings.append(
            Finding(
                .note, kind, message, count: rows.count, rows: rows.map(\.name),
                advice: "Remove copies, so that each text weighs once"))
    }
}
