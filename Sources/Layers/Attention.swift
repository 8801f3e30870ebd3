package import Tensors

/// What attention must know about the packed rows beside the rows themselves.
package struct PackedRows: Sendable {
    /// The rows of each sequence, end to end.
    package var lengths: [Int]
    /// Blocks of earlier keys and values of this layer, `[P, G * W]` each.
    package var pasts: [(keys: Tensor, values: Tensor)]
    /// For each sequence the blocks it reads, earliest first.
    package var pastsOf: [[Int]]
    /// For each sequence the earlier sequences of the batch that it reads, after its blocks.
    package var ancestorsOf: [[Int]]
    /// The rotation of each row; nil where positions are added to the embeddings.
    package var angles: RotaryAngles?

    package init(
        lengths: [Int], pasts: [(keys: Tensor, values: Tensor)] = [], pastsOf: [[Int]] = [],
        ancestorsOf: [[Int]] = [], angles: RotaryAngles? = nil
    ) {
        self.lengths = lengths
        self.pasts = pasts
        self.pastsOf = pastsOf
        self.ancestorsOf = ancestorsOf
        self.angles = angles
    }
}

/// The heads of an attention layer, without its linear maps.
package struct AttentionHeads: Hashable, Sendable {
    /// `H`, the heads of the queries.
    package var count: Int
    /// `G`, the heads of keys and values; `H` is a multiple of it (Ainslie et al. 2023).
    package var keyValueCount: Int
    /// `W`.
    package var width: Int
    package var isCausal: Bool
    /// How many positions back a row sees, itself included; nil for all.
    package var window: Int?
    /// What the dot products are multiplied by.
    package var scale: Float

    /// Heads whose dot products are divided by the root of their width, unless `scale` says otherwise.
    package init(
        count: Int, keyValueCount: Int, width: Int, isCausal: Bool, window: Int? = nil, scale: Float? = nil
    ) {
        self.count = count
        self.keyValueCount = keyValueCount
        self.width = width
        self.isCausal = isCausal
        self.window = window
        self.scale = scale ?? 1 / Float(width).squareRoot()
    }

    /// - Returns: the mixed values, `[N, H * W]`.
    package func callAsFunction(queries: Tensor, keys: Tensor, values: Tensor, _ rows: PackedRows) -> Tensor {
        Tensor.attention(
            AttentionInput(
                queries: queries, keys: keys, values: values, lengths: rows.lengths, pasts: rows.pasts,
                pastsOf: rows.pastsOf, ancestorsOf: rows.ancestorsOf, heads: count,
                keyValueHeads: keyValueCount, isCausal: isCausal,
                window: window, scale: scale))
    }
}

/// Attention with its maps: queries, keys and values, norms of each head, rotary positions, and the output
/// map.
package struct Attention: Sendable {
    private let heads: AttentionHeads
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let output: Linear
    private let queryNorm: RMSNorm?
    private let keyNorm: RMSNorm?

    /// A layer whose maps are `path.q_proj`, `path.k_proj`, `path.v_proj` and `path.o_proj`.
    ///
    /// - Parameters:
    ///   - headNorm: makes the norms `path.q_norm` and `path.k_norm`, where the family has them.
    ///   - hasBias: whether queries, keys and values have biases; `hasOutputBias` says it of the output.
    package init(
        _ path: ParameterPath, width: Int, heads: AttentionHeads, hasBias: Bool = false,
        hasOutputBias: Bool = false, headNorm: ((ParameterPath) -> RMSNorm)? = nil
    ) {
        self.heads = heads
        let (wide, narrow) = (heads.count * heads.width, heads.keyValueCount * heads.width)
        query = Linear(path / "q_proj", inputs: width, outputs: wide, hasBias: hasBias)
        key = Linear(path / "k_proj", inputs: width, outputs: narrow, hasBias: hasBias)
        value = Linear(path / "v_proj", inputs: width, outputs: narrow, hasBias: hasBias)
        output = Linear(path / "o_proj", inputs: wide, outputs: width, hasBias: hasOutputBias)
        queryNorm = headNorm?(path / "q_norm")
        keyNorm = headNorm?(path / "k_norm")
    }

    package var parameters: [Parameter] {
        [query, key, value, output].flatMap(\.parameters)
            + [queryNorm, keyNorm].flatMap { $0?.parameters ?? [] }
    }

    /// - Parameters:
    ///   - x: `[N, D]`.
    ///   - readouts: the rows whose output is wanted; nil for all. Keys and values are made of every row.
    /// - Returns: the output, `[readouts, D]`, and the keys and values as later rows will read them (keys
    ///   normed and rotated), `[N, G * W]` each.
    package func callAsFunction(_ x: Tensor, _ rows: PackedRows, readouts: [Int32]? = nil, _ pass: Pass)
        -> (output: Tensor, keys: Tensor, values: Tensor)
    {
        let queries = rotated(queryNorm, query(x, pass), rows, pass)
        let keys = rotated(keyNorm, key(x, pass), rows, pass)
        let values = value(x, pass)
        let mixed = heads(queries: queries, keys: keys, values: values, rows)
        return (output(readouts.map { mixed.rows($0) } ?? mixed, pass), keys, values)
    }

    private func rotated(_ norm: RMSNorm?, _ x: Tensor, _ rows: PackedRows, _ pass: Pass) -> Tensor {
        let normed = norm?.eachHead(x, pass) ?? x
        return rows.angles.map { normed.rotated($0) } ?? normed
    }
}
