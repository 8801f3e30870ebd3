/// Labels that were probably meant to be one, such as `Positive` and `positive`.
struct SimilarLabelCheck {
    private(set) var findings: [Finding] = []

    init(_ datasets: [Dataset]) {
        var seen: Set<String> = []
        let labels = datasets.flatMap(\.labels).filter { seen.insert($0).inserted }
        let groups = Dictionary(grouping: labels, by: TextKey.of).values.filter { $0.count > 1 }
        for group in groups.sorted(by: { $0[0] < $1[0] }) {
            let listed = group.map { "'\($0)'" }.joined(separator: " and ")
            let count = datasets.reduce(0) { $0 + $1.examples.count { group.contains($0.label ?? "") } }
            findings.append(
                Finding(
                    .warning, .similarLabels, "\(listed) are different labels, of \(NumberOf.rows(count))",
                    count: count,
                    rows: [], advice: "Write them alike, or map one to the other by label names"))
        }
    }
}
