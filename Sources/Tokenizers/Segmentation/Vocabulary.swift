/// The pieces of a model and their ids, both ways.
///
/// Pieces lie end to end in one array of bytes, and a table of ids with open addressing finds them. There is
/// no `String` in here: to `String`, a composed and a decomposed Hangul syllable are equal keys.
struct Vocabulary: Sendable {
    /// Ids may have holes, but not make a table much larger than the file that asks for it.
    static func idLimit(pieces: Int) -> Int { 2 * pieces + 65_536 }

    private(set) var bytes: [UInt8] = []
    /// Where the piece of each id starts; `count` entries, holes have an end before their start.
    private var starts: [UInt32] = []
    private var ends: [UInt32] = []
    /// Ids by hash, -1 where free; the size is a power of two, at most half full.
    private var slots: [Int32] = []

    /// One more than the largest id.
    var count: Int { starts.count }

    /// Builds the table.
    ///
    /// - Parameters:
    ///   - bytes: all pieces, in any order.
    ///   - entries: for each piece, where it lies in `bytes`, and its id.
    /// - Throws: an id out of range, an id or a piece that comes twice.
    /// - Complexity: O(bytes).
    init(bytes: [UInt8], entries: [(range: Range<Int>, id: Int)]) throws(TokenizerError) {
        let limit = Self.idLimit(pieces: entries.count)
        var count = 0
        for entry in entries {
            guard entry.id >= 0, entry.id < limit else {
                throw .idOutOfRange(piece: String(decoding: bytes[entry.range], as: UTF8.self), id: entry.id)
            }
            count = max(count, entry.id + 1)
        }
        self.bytes = bytes
        starts = Array(repeating: 1, count: count)
        ends = Array(repeating: 0, count: count)
        var capacity = 16
        while capacity < entries.count * 2 { capacity *= 2 }
        slots = Array(repeating: -1, count: capacity)
        for entry in entries { try insert(entry.range, id: entry.id) }
    }

    /// Builds the table of pieces whose ids are their positions.
    init(_ pieces: [String]) throws(TokenizerError) {
        var bytes: [UInt8] = []
        var entries: [(range: Range<Int>, id: Int)] = []
        entries.reserveCapacity(pieces.count)
        for (id, piece) in pieces.enumerated() {
            let start = bytes.count
            bytes.append(contentsOf: piece.utf8)
            entries.append((start..<bytes.count, id))
        }
        try self.init(bytes: bytes, entries: entries)
    }

    private mutating func insert(_ range: Range<Int>, id: Int) throws(TokenizerError) {
        if let first = self.range(of: Int32(id)) {
            throw .duplicateID(id: id, first: text(first), second: text(range))
        }
        var slot = Int(truncatingIfNeeded: hash(bytes, range)) & (slots.count - 1)
        while slots[slot] >= 0 {
            if matches(slots[slot], bytes, range) { throw .duplicatePiece(piece: text(range)) }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Int32(id)
        starts[id] = UInt32(range.lowerBound)
        ends[id] = UInt32(range.upperBound)
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    @inline(__always)
    private func matches(_ id: Int32, _ text: [UInt8], _ range: Range<Int>) -> Bool {
        let start = Int(starts[Int(id)])
        guard Int(ends[Int(id)]) - start == range.count else { return false }
        return equal(bytes, start, text, range.lowerBound, count: range.count)
    }

    /// The id of the piece that `range` of `text` spells.
    func id(of text: [UInt8], _ range: Range<Int>) -> Int32? {
        guard !slots.isEmpty else { return nil }
        var slot = Int(truncatingIfNeeded: hash(text, range)) & (slots.count - 1)
        while slots[slot] >= 0 {
            if matches(slots[slot], text, range) { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    func id(of piece: [UInt8]) -> Int32? { id(of: piece, 0..<piece.count) }

    func id(of piece: String) -> Int32? { id(of: Array(piece.utf8)) }

    /// Where the piece of an id lies in ``bytes``.
    func range(of id: Int32) -> Range<Int>? {
        guard id >= 0, Int(id) < starts.count else { return nil }
        let (start, end) = (Int(starts[Int(id)]), Int(ends[Int(id)]))
        return start <= end ? start..<end : nil
    }

    /// The bytes of a piece.
    func piece(_ id: Int32) -> ArraySlice<UInt8>? {
        range(of: id).map { bytes[$0] }
    }

    /// The longest piece, in bytes.
    var longestPiece: Int {
        zip(starts, ends).reduce(0) { max($0, Int($1.1) - Int($1.0)) }
    }
}

extension Vocabulary {
    /// Reads `{"piece": id, …}`.
    init(json value: JSONValue) throws(TokenizerError) {
        var bytes: [UInt8] = []
        var entries: [(range: Range<Int>, id: Int)] = []
        let members = try value.memberNodes()
        entries.reserveCapacity(members.count)
        bytes.reserveCapacity(members.count * 8)
        for (keyNode, valueNode) in members {
            let start = bytes.count
            value.document.appendText(of: keyNode, to: &bytes)
            guard let id = value.document.smallInteger(at: valueNode) else {
                let piece = String(decoding: bytes[start...], as: UTF8.self)
                throw .wrongType(field: "\(value.path).\(piece)", expected: "a whole number")
            }
            entries.append((start..<bytes.count, id))
        }
        try self.init(bytes: bytes, entries: entries)
    }
}

extension JSONDocument {
    /// A whole number of at most nine digits; `nil` for anything else.
    func smallInteger(at node: Int) -> Int? {
        let span = nodes[node]
        guard span.kind == .number, span.end - span.start <= 10 else { return nil }
        var value = 0
        let negative = bytes[Int(span.start)] == UInt8(ascii: "-")
        for index in Int(span.start) + (negative ? 1 : 0)..<Int(span.end) {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return negative ? -value : value
    }
}
