public import Tensors

/// The keys and values of every layer for some positions: a block that sequences read as their past.
///
/// A decoding cache, a trained prefix, encoded demonstrations and a compiled prompt are all of this type.
/// Keys stand as attention reads them: normed and rotated to their positions.
public struct KeyValues: Sendable {
    /// `[P, G * W]` a layer, keys and values alike; `P` positions, `G` key/value heads of width `W`.
    public let layers: [(keys: Tensor, values: Tensor)]

    /// The blocks of every layer.
    ///
    /// A layer may have no rows where others have some (a prefix of some layers only): its attention then sees
    /// nothing of this block, and positions go on behind it all the same.
    /// - Precondition: all layers that have rows have the same number.
    public init(layers: [(keys: Tensor, values: Tensor)]) {
        let count = layers.map(\.keys.shape.rows).max() ?? 0
        precondition(
            layers.allSatisfy {
                $0.keys.shape.rows == $0.values.shape.rows && [0, count].contains($0.keys.shape.rows)
            },
            "KeyValues: layers of different length")
        self.layers = layers
        self.count = count
    }

    /// How many positions there are.
    public let count: Int

    /// The keys and values of some positions, in order.
    public func rows(_ range: Range<Int>) -> KeyValues {
        KeyValues(
            layers: layers.map { keys, values in
                keys.shape.rows == 0 ? (keys, values) : (keys.rows(range), values.rows(range))
            })
    }

    /// The same numbers as constants: no gradient flows through them.
    public var detached: KeyValues {
        KeyValues(layers: layers.map { ($0.keys.detached, $0.values.detached) })
    }

    /// How many bytes they take.
    public var byteCount: Int { layers.reduce(0) { $0 + $1.keys.byteCount + $1.values.byteCount } }
}
