/// Demonstrations that are rows of a split on which the prompt is judged.
struct DemonstrationCheck {
    private(set) var findings: [Finding] = []

    /// Only the first split, which is learnt from, may hold demonstrations.
    init(_ rows: [CheckedRow], splits: [String], options: DataReport.Options) {
        guard !options.demonstrations.isEmpty else { return }
        let keys = Set(options.demonstrations.map { TextKey.of($0, fields: options.fields) })
        let texts = options.demonstrations.map { TextKey.text($0, fields: options.fields) }
        for (split, name) in splits.enumerated().dropFirst() {
            let part = rows.filter { $0.split == split }
            let (exact, others) = (
                part.filter { keys.contains($0.key) }, part.filter { !keys.contains($0.key) }
            )
            add(exact, "that the prompt shows as demonstrations", .error, name)
            let near = NearDuplicates.near(others.map(\.text), to: texts, likeness: options.likeness)
            add(near.map { others[$0] }, "with nearly the text of a demonstration", .warning, name)
        }
    }

    private mutating func add(
        _ rows: [CheckedRow], _ what: String, _ severity: Finding.Severity, _ split: String
    ) {
        guard !rows.isEmpty else { return }
        findings.append(
            Finding(
                severity, .demonstrationInTest, "\(split): \(NumberOf.rows(rows.count)) \(what)",
                count: rows.count,
                rows: rows.map(\.name), advice: "Show rows of the first split instead"))
    }
}
