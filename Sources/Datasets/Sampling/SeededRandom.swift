/// Random numbers that are the same on every machine and in every release: SplitMix64.
///
/// Swift's own `shuffle(using:)` may change between releases, and `Hasher` does between runs, so neither is used.
/// - Reference: Steele, Lea & Flood 2014, figure 17.
package struct SeededRandom: Sendable {
    private var state: UInt64

    /// Begins the sequence of a seed; `stream` tells apart sequences of one seed, such as those of two labels.
    package init(seed: UInt64, stream: UInt64 = 0) {
        // The stream is scrambled before it meets the seed, or seed 1, stream 0 would run into seed 0, stream 1.
        var scrambler = SeededRandom(state: stream)
        state = seed ^ (stream == 0 ? 0 : scrambler.next())
    }

    private init(state: UInt64) { self.state = state }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A whole number from 0 to `bound` − 1, each equally likely: draws that would favour some are thrown away.
    package mutating func below(_ bound: Int) -> Int {
        let bound = UInt64(bound)
        let unfair = (0 &- bound) % bound
        while true {
            let product = next().multipliedFullWidth(by: bound)
            if product.low >= unfair { return Int(product.high) }
        }
    }

    /// `items` in random order (Fisher & Yates, from the end).
    package mutating func shuffled<Item>(_ items: [Item]) -> [Item] {
        var items = items
        for last in stride(from: items.count - 1, to: 0, by: -1) {
            items.swapAt(last, below(last + 1))
        }
        return items
    }
}
