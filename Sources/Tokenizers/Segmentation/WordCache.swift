import Synchronization

/// The ids of words seen before: text repeats its words, so most are never merged twice.
///
/// Bounded: a word replaces the one in its place, and when the arenas are full all is forgotten.
/// It holds memory for a few megabytes at most, whatever text passes by.
struct WordCache: Sendable {
    /// Longer words are rare, and would fill the arena.
    static let wordLimit = 64
    private static let slotCount = 1 << 14
    private static let arenaLimit = 1 << 20

    private struct Slot {
        var hash: UInt64
        var word: UInt32
        var ids: UInt32
        var wordCount: UInt16
        var idCount: UInt16
    }

    private var slots: [Slot] = []
    private var words: [UInt8] = []
    private var ids: [Int32] = []

    private static let free = Slot(hash: 0, word: 0, ids: 0, wordCount: 0, idCount: 0)

    init() {}

    /// Appends the ids of a word, if it is known.
    @inline(__always)
    func append(_ text: [UInt8], _ range: Range<Int>, hash: UInt64, to target: inout [Int32]) -> Bool {
        guard !slots.isEmpty else { return false }
        let slot = slots[Int(truncatingIfNeeded: hash) & (Self.slotCount - 1)]
        guard slot.hash == hash, Int(slot.wordCount) == range.count,
            equal(words, Int(slot.word), text, range.lowerBound, count: range.count)
        else { return false }
        if slot.idCount == 1 {
            target.append(ids[Int(slot.ids)])
        } else {
            target.append(contentsOf: ids[Int(slot.ids)..<Int(slot.ids) + Int(slot.idCount)])
        }
        return true
    }

    /// Remembers a word of at most ``wordLimit`` bytes.
    mutating func insert(_ text: [UInt8], _ range: Range<Int>, hash: UInt64, ids new: ArraySlice<Int32>) {
        if slots.isEmpty || words.count > Self.arenaLimit || ids.count > Self.arenaLimit {
            slots = Array(repeating: Self.free, count: Self.slotCount)
            words.removeAll(keepingCapacity: true)
            ids.removeAll(keepingCapacity: true)
        }
        guard new.count <= UInt16.max else { return }
        slots[Int(truncatingIfNeeded: hash) & (Self.slotCount - 1)] = Slot(
            hash: hash, word: UInt32(words.count), ids: UInt32(ids.count),
            wordCount: UInt16(range.count), idCount: UInt16(new.count))
        words.append(contentsOf: text[range])
        ids.append(contentsOf: new)
    }
}

/// What one call of `encode` works with, kept for the next call.
struct Scratch: Sendable {
    var cache = WordCache()
    var merging = MergeScratch()
    var words: [Range<Int>] = []
    var bytes: [UInt8] = []
}

/// Scratch that waits for its next use, one a thread that encodes at the same time.
final class ScratchPool: Sendable {
    private let waiting = Mutex<[Scratch]>([])
    private static let limit = 16

    func take() -> Scratch {
        waiting.withLock { $0.popLast() } ?? Scratch()
    }

    func give(_ scratch: consuming Scratch) {
        waiting.withLock { [scratch] waiting in
            if waiting.count < Self.limit { waiting.append(scratch) }
        }
    }
}
