/// FNV-1a over some bytes, stirred once more because tables use its lowest bits.
@inline(__always)
func hash(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in range { value = (value ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
    return stir(value)
}

/// Spreads the high bits of a number over its low ones.
@inline(__always)
func stir(_ value: UInt64) -> UInt64 {
    let folded = (value ^ value >> 32) &* 0x9E37_79B9_7F4A_7C15
    return folded ^ folded >> 29
}

/// Whether two byte runs of one length are equal.
@inline(__always)
func equal(_ left: [UInt8], _ leftStart: Int, _ right: [UInt8], _ rightStart: Int, count: Int) -> Bool {
    for offset in 0..<count where left[leftStart + offset] != right[rightStart + offset] { return false }
    return true
}
