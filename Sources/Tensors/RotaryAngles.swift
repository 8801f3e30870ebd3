internal import CKernels

/// The rotation of each packed row: the angle of pair `i` is the row's position times `frequencies[i]`.
///
/// Cosines and sines are made once here and read by every layer of a pass.
public struct RotaryAngles: Sendable {
    /// The position of each row.
    public let positions: [Int32]
    /// The width of one head. Pairs are coordinate `i` and `i + headWidth / 2`, as Hugging Face has them.
    public let headWidth: Int
    /// How many pairs turn; coordinates past them stay as they are.
    public let pairs: Int
    /// `[N, pairs]`, times the magnitude.
    package let cosines: [Float]
    package let sines: [Float]

    /// - Parameters:
    ///   - positions: one a packed row.
    ///   - frequencies: radians a position, one a pair of coordinates (Su et al. 2021, §3.4).
    ///   - magnitude: what cosine and sine are multiplied by (YaRN's attention factor); 1 in plain rotary positions.
    ///   - headWidth: the width of one head.
    public init(positions: [Int32], frequencies: [Float], magnitude: Float = 1, headWidth: Int) {
        precondition(
            frequencies.count * 2 <= headWidth, "rotary: \(frequencies.count) pairs, head \(headWidth)")
        self.positions = positions
        self.headWidth = headWidth
        let pairs = frequencies.count
        self.pairs = pairs
        var (cosines, sines) = (
            [Float](repeating: 0, count: positions.count * pairs),
            [Float](repeating: 0, count: positions.count * pairs)
        )
        ck_rotary_angles(&cosines, &sines, positions, frequencies, magnitude, positions.count, pairs)
        (self.cosines, self.sines) = (cosines, sines)
    }
}
