/// Arrays in which a word is merged.
struct MergeScratch: Sendable {
    /// The units of the word; afterwards its first `count` entries are the pieces.
    var units: [Int32] = []
    /// For each unit the rank and the product of merging it with the next one.
    fileprivate var merges: [MergeTable.Merge] = []
    fileprivate var next: [Int32] = []
    fileprivate var previous: [Int32] = []
    fileprivate var queue: [UInt64] = []
}

extension MergeTable {
    /// Below this many units, looking for the smallest rank again and again beats keeping them in a queue.
    private static let scanLimit = 48

    /// Merges neighbours until nothing can be merged: the smallest rank first, of equal ranks the leftmost.
    ///
    /// - Complexity: O(n log n) for long words.
    func merge(_ scratch: inout MergeScratch) {
        guard scratch.units.count > 1 else { return }
        let last = scratch.units.count - 1
        scratch.merges.removeAll(keepingCapacity: true)
        for index in 0..<last { scratch.merges.append(self[scratch.units[index], scratch.units[index + 1]]) }
        scratch.merges.append(Merge(rank: Self.noRank, id: -1))
        if last < Self.scanLimit { mergeByScan(&scratch) } else { mergeByQueue(&scratch) }
    }

    private func mergeByScan(_ scratch: inout MergeScratch) {
        var count = scratch.units.count
        while true {
            var best = 0
            var rank = Self.noRank
            for index in 0..<count - 1 where scratch.merges[index].rank < rank {
                rank = scratch.merges[index].rank
                best = index
            }
            guard rank != Self.noRank else { break }
            scratch.units[best] = scratch.merges[best].id
            count -= 1
            for index in best + 1..<max(count, best + 1) {
                scratch.units[index] = scratch.units[index + 1]
                scratch.merges[index] = scratch.merges[index + 1]
            }
            scratch.merges[best] =
                best + 1 < count
                ? self[scratch.units[best], scratch.units[best + 1]] : Merge(rank: Self.noRank, id: -1)
            if best > 0 { scratch.merges[best - 1] = self[scratch.units[best - 1], scratch.units[best]] }
        }
        scratch.units.removeLast(scratch.units.count - count)
    }

    private func mergeByQueue(_ scratch: inout MergeScratch) {
        let count = scratch.units.count
        scratch.next.removeAll(keepingCapacity: true)
        scratch.previous.removeAll(keepingCapacity: true)
        scratch.queue.removeAll(keepingCapacity: true)
        for index in 0..<count {
            scratch.next.append(Int32(index + 1))
            scratch.previous.append(Int32(index - 1))
            let rank = scratch.merges[index].rank
            if rank != Self.noRank { scratch.queue.append(UInt64(rank) << 32 | UInt64(index)) }
        }
        scratch.queue.makeHeap()
        while let top = scratch.queue.popSmallest() {
            let index = Int(top & 0xFFFF_FFFF)
            // An entry is stale when its unit was merged since; the live entry of the unit is another one.
            guard UInt64(scratch.merges[index].rank) == top >> 32 else { continue }
            let absorbed = Int(scratch.next[index])
            let after = Int(scratch.next[absorbed])
            scratch.units[index] = scratch.merges[index].id
            scratch.merges[absorbed].rank = Self.noRank
            scratch.units[absorbed] = -1
            scratch.next[index] = Int32(after)
            if after < count {
                scratch.previous[after] = Int32(index)
                update(index, with: after, &scratch)
            } else {
                scratch.merges[index].rank = Self.noRank
            }
            if scratch.previous[index] >= 0 { update(Int(scratch.previous[index]), with: index, &scratch) }
        }
        scratch.units.removeAll { $0 < 0 }
    }

    private func update(_ left: Int, with right: Int, _ scratch: inout MergeScratch) {
        let merge = self[scratch.units[left], scratch.units[right]]
        scratch.merges[left] = merge
        if merge.rank != Self.noRank { scratch.queue.pushSmallest(UInt64(merge.rank) << 32 | UInt64(left)) }
    }
}

/// A binary heap, smallest number first.
extension [UInt64] {
    mutating func makeHeap() {
        for index in stride(from: count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    mutating func pushSmallest(_ value: UInt64) {
        append(value)
        var index = count - 1
        while index > 0, self[(index - 1) / 2] > self[index] {
            swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func popSmallest() -> UInt64? {
        guard let smallest = first else { return nil }
        let last = removeLast()
        if !isEmpty {
            self[0] = last
            sink(0)
        }
        return smallest
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var child = 2 * index + 1
            guard child < count else { return }
            if child + 1 < count, self[child + 1] < self[child] { child += 1 }
            guard self[child] < self[index] else { return }
            swapAt(index, child)
            index = child
        }
    }
}
