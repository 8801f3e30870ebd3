/// What attention reads: queries, keys and values of packed sequences, and the blocks each sequence has before it.
///
/// `N` rows in all; `H` query heads and `G` key/value heads of width `W`, `H` a multiple of `G`.
public struct AttentionInput: Sendable {
    /// `[N, H * W]`.
    public var queries: Tensor
    /// `[N, G * W]`.
    public var keys: Tensor
    /// `[N, G * W]`.
    public var values: Tensor
    /// The rows of each sequence, end to end.
    public var lengths: [Int]
    /// Blocks of earlier keys and values, `[P, G * W]` each; any number of sequences may read one.
    public var pasts: [(keys: Tensor, values: Tensor)]
    /// For each sequence the blocks it reads, earliest first.
    public var pastsOf: [[Int]]
    /// For each sequence the earlier sequences of this same batch that it reads in full, after its blocks.
    public var ancestorsOf: [[Int]]
    /// How many heads the queries have.
    public var heads: Int
    /// How many heads the keys and values have.
    public var keyValueHeads: Int
    /// Whether a row sees only its own sequence's earlier rows (and itself).
    public var isCausal: Bool
    /// How many positions back a row sees, itself included; nil for all.
    public var window: Int?
    /// What the dot products are multiplied by.
    public var scale: Float

    /// The width of one head.
    public var headWidth: Int { queries.shape.width / heads }

    /// An input of packed rows; without chains no sequence reads anything but itself.
    public init(
        queries: Tensor, keys: Tensor, values: Tensor, lengths: [Int],
        pasts: [(keys: Tensor, values: Tensor)] = [],
        pastsOf: [[Int]] = [], ancestorsOf: [[Int]] = [], heads: Int, keyValueHeads: Int, isCausal: Bool,
        window: Int? = nil, scale: Float
    ) {
        self.queries = queries
        self.keys = keys
        self.values = values
        self.lengths = lengths
        self.pasts = pasts
        self.pastsOf = pastsOf.isEmpty ? Array(repeating: [], count: lengths.count) : pastsOf
        self.ancestorsOf = ancestorsOf.isEmpty ? Array(repeating: [], count: lengths.count) : ancestorsOf
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.isCausal = isCausal
        self.window = window
        self.scale = scale
        check()
    }

    private func check() {
        let rows = lengths.reduce(0, +)
        precondition(
            heads > 0 && keyValueHeads > 0 && heads % keyValueHeads == 0 && queries.shape.width % heads == 0,
            "attention: \(heads) heads over \(keyValueHeads) do not fit queries of \(queries.shape)")
        let narrow: Shape = [rows, headWidth * keyValueHeads]
        precondition(
            queries.shape.rows == rows && keys.shape == narrow && values.shape == narrow,
            "attention: \(queries.shape), \(keys.shape), \(values.shape) for \(rows) rows")
        precondition(
            pastsOf.count == lengths.count, "attention: \(pastsOf.count) chains, \(lengths.count) sequences")
        precondition(
            ancestorsOf.count == lengths.count
                && ancestorsOf.enumerated().allSatisfy { place, chain in
                    chain.allSatisfy { (0..<place).contains($0) }
                },
            "attention: a sequence reads one that does not come before it")
        precondition(pastsOf.allSatisfy { $0.allSatisfy(pasts.indices.contains) }, "attention: unknown past")
        precondition(
            pasts.allSatisfy { $0.keys.shape == $0.values.shape && $0.keys.shape.width == narrow.width },
            "attention: a past's width is not \(narrow.width)")
    }
}

/// The gradients of attention.
public struct AttentionGradients: Sendable {
    /// `[N, H * W]`.
    public var queries: Tensor
    /// `[N, G * W]`.
    public var keys: Tensor
    /// `[N, G * W]`.
    public var values: Tensor
    /// One a block; empty where none was asked for.
    public var pasts: [(keys: Tensor, values: Tensor)]
}
