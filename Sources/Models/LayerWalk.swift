internal import Layers
internal import Tensors

/// One layer: packed rows in, rows out, and the keys and values that later rows will read.
///
/// Where readouts are given, only those rows come out; keys and values are made of every row.
typealias LayerStep = (_ x: Tensor, _ rows: PackedRows, _ readouts: [Int32]?) -> (
    output: Tensor, keys: Tensor, values: Tensor
)

extension ModelInput {
    /// Takes rows through the layers that the input names, all of them where it names none.
    ///
    /// - Parameters:
    ///   - start: `[N, D]`, what the first layer reads; not asked for where the walk begins at a later one.
    ///   - steps: all layers of the model.
    ///   - angles: the rotation of each row; nil where positions are added to the embeddings.
    ///   - norm: what is done to the last layer's rows.
    ///   - keepsKeyValues: whether the keys and values of all rows are wanted.
    func walk(
        from start: @autoclosure () -> Tensor, through steps: [LayerStep], angles: RotaryAngles?,
        norm: (Tensor) -> Tensor, keepsKeyValues: Bool
    ) -> Encoding {
        let range = layers ?? 0..<steps.count
        precondition(range.upperBound <= steps.count, "ModelInput: layers \(range) of \(steps.count)")
        var x = range.lowerBound == 0 ? start() : embeddings
        var kept: [(keys: Tensor, values: Tensor)] = []
        for index in range {
            let rows = PackedRows(
                lengths: lengths, pasts: pasts(ofLayer: index), pastsOf: pastsOf, ancestorsOf: ancestorsOf,
                angles: angles)
            // Beyond the last layer's keys and values, only the rows that are read matter.
            let step = steps[index](x, rows, index == steps.count - 1 ? pickedReadouts : nil)
            x = step.output
            if keepsKeyValues { kept.append((step.keys, step.values)) }
        }
        let keyValues = keepsKeyValues ? KeyValues(layers: kept) : nil
        // Rows that have been through all layers are normed already.
        if range.isEmpty {
            return Encoding(hidden: pickedReadouts.map { x.rows($0) } ?? x, keyValues: keyValues)
        }
        return Encoding(hidden: range.upperBound == steps.count ? norm(x) : x, keyValues: keyValues)
    }
}
