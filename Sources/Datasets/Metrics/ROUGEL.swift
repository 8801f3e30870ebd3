/// ROUGE-L (Lin 2004) as the MS-COCO captions evaluation has it.
enum ROUGEL {
    private static let beta = 1.2

    /// F of the longest common subsequence.
    ///
    /// Precision and recall are each the best over references, which need not be the same one.
    static func score(_ outcome: Outcome) -> Double {
        let candidate = NGrams.caption(outcome.predicted)
        var (precision, recall) = (0.0, 0.0)
        for reference in outcome.expected.map(NGrams.caption) where !reference.isEmpty && !candidate.isEmpty {
            let common = Double(commonLength(candidate, reference))
            precision = max(precision, common / Double(candidate.count))
            recall = max(recall, common / Double(reference.count))
        }
        guard precision > 0, recall > 0 else { return 0 }
        return (1 + beta * beta) * precision * recall / (recall + beta * beta * precision)
    }

    /// The length of the longest common subsequence, in O(first · second).
    private static func commonLength(_ first: [String], _ second: [String]) -> Int {
        var previous = [Int](repeating: 0, count: second.count + 1)
        for word in first {
            var current = [0]
            for (place, other) in second.enumerated() {
                current.append(word == other ? previous[place] + 1 : max(previous[place + 1], current[place]))
            }
            previous = current
        }
        return previous[second.count]
    }
}
