internal import Layers
internal import Tensors

/// One layer: packed rows in, rows out, and the keys and values that later rows will read.
///
/// Where readouts are given, only those rows come out; keys and values are made of every row.
typealias LayerStep = (_ x: Tensor, _ rows: PackedRows, _ readouts: [Int32]?) -> (
    output: Tensor, keys: Tensor, values: Tensor
)

extension ModelInput {
    /// Takes rows through all layers of a decoder.
    ///
    /// - Parameters:
    ///   - start: `[N, D]`, what the first layer reads.
    ///   - angles: the rotation of each row; nil where positions are added to the embeddings.
    /// - Returns: the readout rows before the last norm, and the keys and values of all rows where they are wanted.
    func walk(
        from start: Tensor, through layers: [LayerStep], angles: RotaryAngles?, keepsKeyValues: Bool
    ) -> (rows: Tensor, keyValues: KeyValues?) {
        var x = start
        var kept: [(keys: Tensor, values: Tensor)] = []
        for (index, layer) in layers.enumerated() {
            let rows = PackedRows(
                lengths: lengths, pasts: pasts(ofLayer: index), pastsOf: pastsOf, ancestorsOf: ancestorsOf,
                angles: angles)
            // Beyond the last layer's keys and values, only the rows that are read matter.
            let step = layer(x, rows, index == layers.count - 1 ? pickedReadouts : nil)
            x = step.output
            if keepsKeyValues { kept.append((step.keys, step.values)) }
        }
        return (x, keepsKeyValues ? KeyValues(layers: kept) : nil)
    }
}
