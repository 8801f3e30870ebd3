/// Finds all texts of a set that start at a place, in one walk.
struct ByteTrie: Sendable {
    /// Nodes by parent and byte; open addressing, as in ``MergeTable``.
    private var keys: [UInt64] = Array(repeating: .max, count: 64)
    private var children: [Int32] = Array(repeating: -1, count: 64)
    /// What ends at each node, -1 if nothing.
    private var values: [Int32] = [-1]

    /// Makes the set; of texts that come twice the last value counts.
    init(_ texts: some Sequence<(bytes: ArraySlice<UInt8>, value: Int32)>) {
        for (bytes, value) in texts where !bytes.isEmpty {
            var node: Int32 = 0
            for byte in bytes { node = child(of: node, byte) ?? addChild(of: node, byte) }
            values[Int(node)] = value
        }
    }

    @inline(__always)
    private static func key(_ node: Int32, _ byte: UInt8) -> UInt64 { UInt64(node) << 8 | UInt64(byte) }

    @inline(__always)
    private func slot(_ key: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: stir(key)) & (keys.count - 1)
        while keys[slot] != key, keys[slot] != .max { slot = (slot + 1) & (keys.count - 1) }
        return slot
    }

    /// The node below `node`; the root is 0.
    @inline(__always)
    func child(of node: Int32, _ byte: UInt8) -> Int32? {
        let child = children[slot(Self.key(node, byte))]
        return child < 0 ? nil : child
    }

    /// The value of the text that ends at a node.
    @inline(__always)
    func value(at node: Int32) -> Int32? { values[Int(node)] < 0 ? nil : values[Int(node)] }

    private mutating func addChild(of node: Int32, _ byte: UInt8) -> Int32 {
        if values.count * 2 > keys.count { grow() }
        let slot = slot(Self.key(node, byte))
        keys[slot] = Self.key(node, byte)
        children[slot] = Int32(values.count)
        values.append(-1)
        return children[slot]
    }

    private mutating func grow() {
        let (oldKeys, oldChildren) = (keys, children)
        keys = Array(repeating: .max, count: oldKeys.count * 2)
        children = Array(repeating: -1, count: oldKeys.count * 2)
        for (key, child) in zip(oldKeys, oldChildren) where key != .max {
            let slot = slot(key)
            keys[slot] = key
            children[slot] = child
        }
    }

    /// The longest text of the set that starts at `start`.
    func longestMatch(_ text: [UInt8], _ start: Int, _ end: Int) -> (value: Int32, end: Int)? {
        var best: (value: Int32, end: Int)?
        var node: Int32 = 0
        var index = start
        while index < end, let next = child(of: node, text[index]) {
            node = next
            index += 1
            if let value = value(at: node) { best = (value, index) }
        }
        return best
    }
}
