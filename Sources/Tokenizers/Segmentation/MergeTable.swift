/// Which two neighbours become one piece, and how early.
///
/// A table with open addressing from a pair of ids to a rank and an id; looked up several times for every
/// byte of a text that no cache knows.
struct MergeTable: Sendable {
    struct Merge: Equatable {
        /// Smaller ranks merge first; equal ranks from left to right.
        var rank: UInt32
        var id: Int32
    }

    static let noRank = UInt32.max
    private static let free = UInt64.max
    private var keys: [UInt64]
    private var values: [Merge]

    /// Room for `count` merges.
    init(capacity count: Int) {
        var capacity = 16
        while capacity < count * 2 { capacity *= 2 }
        keys = Array(repeating: Self.free, count: capacity)
        values = Array(repeating: Merge(rank: Self.noRank, id: -1), count: capacity)
    }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// Adds a merge; of a pair that is listed twice the last one counts, as in the reference.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
        let key = Self.key(left, right)
        var slot = Int(truncatingIfNeeded: stir(key)) & (keys.count - 1)
        while keys[slot] != Self.free, keys[slot] != key { slot = (slot + 1) & (keys.count - 1) }
        keys[slot] = key
        values[slot] = merge
    }

    /// The merge of two neighbours, its rank ``noRank`` if there is none.
    @inline(__always)
    subscript(_ left: Int32, _ right: Int32) -> Merge {
        let key = Self.key(left, right)
        var slot = Int(truncatingIfNeeded: stir(key)) & (keys.count - 1)
        while true {
            if keys[slot] == key { return values[slot] }
            if keys[slot] == Self.free { return Merge(rank: Self.noRank, id: -1) }
            slot = (slot + 1) & (keys.count - 1)
        }
    }
}
