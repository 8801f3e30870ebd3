/// Reading scalars out of valid UTF-8, the form in which a text travels through all stages.
///
/// Bytes and not `String`: `String` compares by canonical equivalence, for which composed and decomposed
/// Hangul are the same text; to a vocabulary they are two.
extension [UInt8] {
    /// The scalar that starts at `index`, and its length in bytes, which must be valid UTF-8.
    @inline(__always)
    func scalar(at index: Int) -> (value: UInt32, length: Int) {
        let first = UInt32(self[index])
        if first < 0x80 { return (first, 1) }
        let second = UInt32(self[index + 1]) & 0x3F
        if first < 0xE0 { return ((first & 0x1F) << 6 | second, 2) }
        let third = UInt32(self[index + 2]) & 0x3F
        if first < 0xF0 { return ((first & 0x0F) << 12 | second << 6 | third, 3) }
        return ((first & 0x07) << 18 | second << 12 | third << 6 | UInt32(self[index + 3]) & 0x3F, 4)
    }

    /// The index at which the scalar that ends before `index` starts.
    @inline(__always)
    func scalarStart(before index: Int) -> Int {
        var start = index - 1
        while self[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    /// Appends a scalar as UTF-8; surrogates and numbers past U+10FFFF become U+FFFD.
    mutating func append(scalar: UInt32) {
        guard let encoded = UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") else { return }
        append(contentsOf: encoded)
    }

    /// Whether the bytes from `index` on are those of `other`.
    @inline(__always)
    func starts(with other: [UInt8], at index: Int, before end: Int) -> Bool {
        guard end - index >= other.count else { return false }
        for offset in 0..<other.count where self[index + offset] != other[offset] { return false }
        return true
    }
}

/// Length in bytes of the scalar whose first byte this is.
@inline(__always)
func scalarLength(_ first: UInt8) -> Int {
    if first < 0x80 { return 1 }
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
}
