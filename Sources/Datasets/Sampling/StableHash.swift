/// A hash that is the same in every process and release (FNV-1a, 64 bits), unlike `Hasher`.
package enum StableHash {
    private static let start: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let prime: UInt64 = 0x0000_0100_0000_01B3

    /// The hash of the text's UTF-8.
    package static func of(_ text: String) -> UInt64 {
        text.utf8.reduce(start) { ($0 ^ UInt64($1)) &* prime }
    }

    /// The hash of numbers in order.
    static func of(_ values: ArraySlice<UInt32>) -> UInt64 {
        values.reduce(start) { hash, value in
            var hash = hash
            for shift: UInt32 in [0, 8, 16] { hash = (hash ^ UInt64(value >> shift & 0xFF)) &* prime }
            return hash
        }
    }

    /// A short name for a dataset's rows: it changes with any field, label or id, and with their order.
    static func fingerprint(_ dataset: Dataset) -> String {
        var hash = start
        for example in dataset.examples {
            let fields = example.fields.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
            for part in fields + [example.label ?? "", example.id ?? ""] {
                hash = (hash ^ of(part)) &* prime
            }
            hash = (hash ^ UInt64(fields.count)) &* prime
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
