/// Corrects label probabilities by those of inputs without content.
///
/// Zhao et al. 2021, §5.
/// A prompt favours some labels whatever the input: the labels of its demonstrations, the last of them, and
/// common words. What the model says to "N/A", "[MASK]" and "" shows by how much. It belongs to
/// one prompt with one set and order of demonstrations, and must be computed again for another.
public struct ContextualCalibration: Hashable, Codable, Sendable {
    /// The inputs without content that the paper uses.
    public static let contentFreeTexts = ["N/A", "[MASK]", ""]

    /// The probabilities of the labels where the input has no content; they sum to 1.
    public let contentFree: [Float]

    /// Averages the label probabilities of several inputs without content.
    ///
    /// - Parameter probabilities: `[inputs][labels]`, of the same length each.
    public init(averaging probabilities: [[Float]]) {
        let count = probabilities.map(\.count).min() ?? 0
        let sums = (0..<count).map { label in probabilities.reduce(0) { $0 + $1[label] } }
        let total = sums.reduce(0, +)
        contentFree = sums.map { total > 0 ? $0 / total : 0 }
    }

    /// The paper's `W p` with `W = diag(contentFree)⁻¹`: 1 where the input changes nothing.
    public func ratios(_ probabilities: [Float]) -> [Float] {
        // A label that is impossible without content would divide by nothing.
        zip(probabilities, contentFree).map { $0 / max($1, .leastNormalMagnitude) }
    }

    /// The ratios scaled to sum to 1, whose order is the same.
    public func calibrated(_ probabilities: [Float]) -> [Float] {
        let ratios = ratios(probabilities)
        let total = ratios.reduce(0, +)
        return ratios.map { $0 / total }
    }
}
