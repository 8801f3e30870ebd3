/// Labels with far more or far fewer rows than others.
struct BalanceCheck {
    /// From this share on, always answering one label looks like a good score.
    static let lopsided = 0.8
    /// Below this part of the majority's rows a label is rare.
    static let rare = 0.1
    private(set) var findings: [Finding] = []

    init(_ summaries: [DataReport.Summary]) {
        for summary in summaries where !summary.labels.isEmpty && summary.rows > summary.unlabelled {
            addMissing(summary)
            addRare(summary)
            addMajority(summary)
        }
    }

    private mutating func addMissing(_ summary: DataReport.Summary) {
        let missing = summary.labels.filter { $0.rows == 0 }.map(\.label)
        guard !missing.isEmpty else { return }
        findings.append(
            Finding(
                summary.split == "train" ? .error : .warning, .classBalance,
                "\(summary.split): no row of \(missing.joined(separator: ", "))", count: missing.count,
                rows: [],
                advice: "Add rows, or take the label out of the task"))
    }

    private mutating func addRare(_ summary: DataReport.Summary) {
        let most = Double(summary.majority?.rows ?? 0)
        let rare = summary.labels.filter { $0.rows > 0 && Double($0.rows) < Self.rare * most }
        guard !rare.isEmpty else { return }
        let listed = rare.map { "\($0.label) (\($0.rows))" }.joined(separator: ", ")
        findings.append(
            Finding(
                .warning, .classBalance,
                "\(summary.split): few rows of \(listed), where the largest label has \(Int(most))",
                count: rare.reduce(0) { $0 + $1.rows }, rows: [],
                advice: "Draw the same number of each label, and judge by macro-F1"))
    }

    private mutating func addMajority(_ summary: DataReport.Summary) {
        guard let majority = summary.majority, summary.labels.count > 1 else { return }
        let share = Digits.of(100 * summary.majorityShare, 1)
        let isLopsided = summary.majorityShare >= Self.lopsided
        findings.append(
            Finding(
                isLopsided ? .warning : .note, .classBalance,
                "\(summary.split): always answering '\(majority.label)' would be right in \(share) %",
                count: majority.rows, rows: [],
                advice: isLopsided
                    ? "Judge by macro-F1 or Matthews, not by accuracy" : "A prompt must beat this"))
    }
}
