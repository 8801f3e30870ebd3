public import Tensors

/// What a model reads: packed rows of several sequences, and the blocks each sequence has before it.
///
/// Every prompt ends as such a value. `N` rows in all, width `D`.
public struct ModelInput: Sendable {
    /// `[N, D]`, all sequences end to end, as the first layer takes them: embedded tokens or soft rows.
    public var embeddings: Tensor
    /// The rows of each sequence.
    public var lengths: [Int]
    /// The position of each row.
    public var positions: [Int32]
    /// The segment of each row, for families that have segments.
    public var segments: [Int32]?
    /// Blocks of earlier keys and values; any number of sequences may read one.
    public var pasts: [KeyValues]
    /// For each sequence the blocks it reads, earliest first.
    public var pastsOf: [[Int]]
    /// For each sequence the earlier sequences of this input that it reads in full, after its blocks: what
    /// several sequences start with is then computed once, and candidates are branches of a tree. Causal
    /// models only.
    public var ancestorsOf: [[Int]]
    /// The rows whose final hidden state is wanted, counted through all packed rows.
    public var readouts: [Int32]
    /// The layers that are walked; nil for all. Where they do not begin with the first, ``embeddings`` are the rows as
    /// the first of them reads them; where they do not end with the last, all rows come out as the next would read them. An
    /// empty range takes them as final hidden states.
    package var layers: Range<Int>?

    /// Packed rows.
    ///
    /// - Parameters:
    ///   - embeddings: `[N, D]`, all sequences end to end.
    ///   - lengths: the rows of each sequence.
    ///   - positions: nil to count on from the end of each sequence's pasts.
    ///   - segments: for families that have them.
    ///   - pasts: blocks of earlier keys and values.
    ///   - pastsOf: empty for sequences without a past.
    ///   - ancestorsOf: empty for sequences that stand alone.
    ///   - readouts: nil for the last row of each sequence (those with rows).
    public init(
        embeddings: Tensor, lengths: [Int], positions: [Int32]? = nil, segments: [Int32]? = nil,
        pasts: [KeyValues] = [], pastsOf: [[Int]] = [], ancestorsOf: [[Int]] = [],
        readouts: [Int32]? = nil
    ) {
        self.embeddings = embeddings
        self.lengths = lengths
        self.segments = segments
        self.pasts = pasts
        self.pastsOf = pastsOf.isEmpty ? Array(repeating: [], count: lengths.count) : pastsOf
        precondition(
            self.pastsOf.count == lengths.count, "ModelInput: \(pastsOf.count) chains for \(lengths)")
        self.ancestorsOf = ancestorsOf.isEmpty ? Array(repeating: [], count: lengths.count) : ancestorsOf
        precondition(self.ancestorsOf.count == lengths.count, "ModelInput: \(ancestorsOf.count) ancestries")
        let before = zip(self.pastsOf, self.ancestorsOf).map { chain, ancestors in
            chain.reduce(0) { $0 + pasts[$1].count } + ancestors.reduce(0) { $0 + lengths[$1] }
        }
        self.positions = positions ?? Self.positions(lengths, after: before)
        self.readouts = readouts ?? Self.lastRows(lengths)
        check()
    }

    private func check() {
        let rows = lengths.reduce(0, +)
        precondition(
            embeddings.shape.rank == 2 && embeddings.shape.rows == rows && positions.count == rows
                && segments.map { $0.count == rows } ?? true,
            "ModelInput: \(embeddings.shape), \(positions.count) positions for \(rows) rows")
        precondition(
            readouts.allSatisfy { $0 >= 0 && Int($0) < rows }, "ModelInput: a readout leaves the \(rows) rows"
        )
        precondition(pastsOf.allSatisfy { $0.allSatisfy(pasts.indices.contains) }, "ModelInput: unknown past")
    }

    /// The positions of rows that follow so many others without a gap.
    private static func positions(_ lengths: [Int], after before: [Int]) -> [Int32] {
        zip(lengths, before).flatMap { length, start in (start..<start + length).map(Int32.init) }
    }

    private static func lastRows(_ lengths: [Int]) -> [Int32] {
        var end = 0
        return lengths.compactMap { length in
            end += length
            return length > 0 ? Int32(end - 1) : nil
        }
    }

    /// The readouts, or nil where they are all rows in order, so that nothing need be picked.
    package var pickedReadouts: [Int32]? {
        readouts.count == embeddings.shape.rows && readouts.indices.allSatisfy { Int(readouts[$0]) == $0 }
            ? nil : readouts
    }

    /// What the attention of one layer must know beside the rows.
    package func pasts(ofLayer layer: Int) -> [(keys: Tensor, values: Tensor)] {
        pasts.map { $0.layers[layer] }
    }
}
