/// How much each model of an ensemble counts.
public enum EnsembleWeighting: String, Codable, Sendable, CaseIterable {
    /// Each as much as the others.
    case uniform
    /// By its accuracy on the train rows before it was trained on them.
    case weighted
}

/// What one trained model says of the unlabelled and the test rows.
package struct EnsembleMember: Sendable, Hashable, Codable {
    /// Which pattern it was trained with.
    package var pattern: Int
    package var seed: UInt64
    /// The accuracy of the pattern on the train rows before training.
    package var accuracyBefore: Double
    /// For each unlabelled row the scores of the labels.
    package var unlabelled: [[Float]]
    /// For each test row the scores of the labels.
    package var test: [[Float]]

    package init(
        pattern: Int, seed: UInt64, accuracyBefore: Double, unlabelled: [[Float]], test: [[Float]]
    ) {
        self.pattern = pattern
        self.seed = seed
        self.accuracyBefore = accuracyBefore
        self.unlabelled = unlabelled
        self.test = test
    }
}

extension EnsembleWeighting {
    /// The averaged scores of rows: scores are averaged and not probabilities (PET's code).
    ///
    /// Members that were all wrong before training count the same, since their weights say nothing.
    package func average(_ members: [EnsembleMember], _ rows: (EnsembleMember) -> [[Float]]) -> [[Float]] {
        guard let first = members.first else { return [] }
        var weights = members.map { self == .uniform ? 1 : Float($0.accuracyBefore) }
        if weights.allSatisfy({ $0 == 0 }) { weights = weights.map { _ in 1 } }
        let total = weights.reduce(0, +)
        var sums = rows(first).map { $0.map { _ in Float(0) } }
        for (member, weight) in zip(members, weights) {
            for (row, scores) in rows(member).enumerated() {
                for (label, score) in scores.enumerated() { sums[row][label] += weight * score / total }
            }
        }
        return sums
    }
}
