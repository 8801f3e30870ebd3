import Foundation

/// A Unicode normalization form (UAX #15), as of Unicode 9, the version of the reference.
///
/// Foundation does the work. The forms of assigned characters are promised never to change, so it is enough
/// to leave alone the characters that are newer.
package enum UnicodeForm: String, Sendable, CaseIterable {
    case composed = "NFC"
    case decomposed = "NFD"
    case compatibilityComposed = "NFKC"
    case compatibilityDecomposed = "NFKD"

    /// Stretches of at least this many bytes are normalized one by one: Foundation takes time in proportion
    /// to the square of the length.
    private static let stretch = 128

    /// Brings UTF-8 text into the form.
    package func apply(to text: inout [UInt8]) {
        guard !text.allSatisfy({ $0 < 0x80 }) else { return }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var start = 0
        var index = 0
        while index < text.count {
            let (scalar, length) = text.scalar(at: index)
            if Self.isBorder(scalar) {
                if index - start >= Self.stretch {
                    append(text[start..<index], to: &result)
                    start = index
                }
            } else if Self.isNewer(scalar) {
                append(text[start..<index], to: &result)
                result += text[index..<index + length]
                start = index + length
            }
            index += length
        }
        append(text[start...], to: &result)
        text = result
    }

    /// Whether a character is older than the reference and never joins, or moves before, the one before it.
    @inline(__always)
    private static func isBorder(_ scalar: UInt32) -> Bool {
        scalar < 0x300 || 0xAC00...0xD7A3 ~= scalar || 0x4E00...0x9FA5 ~= scalar
    }

    /// Whether a character came after the reference's version of Unicode, or has not come yet.
    private static func isNewer(_ scalar: UInt32) -> Bool {
        guard let age = Unicode.Scalar(scalar)?.properties.age else { return true }
        return age.major > 9
    }

    private func append(_ text: ArraySlice<UInt8>, to result: inout [UInt8]) {
        if appendSimple(text, to: &result) { return }
        let string = String(decoding: text, as: UTF8.self)
        // Each form is made in two steps, for Foundation's one step has gaps (Swift 6.3.1 on Linux):
        // composition leaves a composed syllable of two Hangul letters and a third letter after it apart,
        // and decomposition leaves marks that come out of one character out of order among their neighbours.
        let apart =
            switch self {
            case .composed, .decomposed: string.decomposedStringWithCanonicalMapping
            case .compatibilityComposed, .compatibilityDecomposed:
                string.decomposedStringWithCompatibilityMapping
            }
        let changed =
            switch self {
            case .composed, .compatibilityComposed: apart.precomposedStringWithCanonicalMapping
            case .decomposed, .compatibilityDecomposed: apart.decomposedStringWithCanonicalMapping
            }
        result += Array(changed.utf8)
    }

    /// Appends what can be done without Foundation: ASCII and ideographs have all forms, Hangul syllables are
    /// composed or are decomposed by arithmetic (Unicode §3.12), Latin below U+0300 is composed.
    private func appendSimple(_ text: ArraySlice<UInt8>, to result: inout [UInt8]) -> Bool {
        let bytes = Array(text)
        let count = result.count
        let limit: UInt32 = self == .composed ? 0x300 : 0x80
        let decomposes = self == .decomposed || self == .compatibilityDecomposed
        var index = 0
        while index < bytes.count {
            let (scalar, length) = bytes.scalar(at: index)
            if decomposes, 0xAC00...0xD7A3 ~= scalar {
                let syllable = scalar - 0xAC00
                result.append(scalar: 0x1100 + syllable / 588)
                result.append(scalar: 0x1161 + syllable % 588 / 28)
                if syllable % 28 > 0 { result.append(scalar: 0x11A7 + syllable % 28) }
            } else if scalar < limit || scalar >= 0x300 && Self.isBorder(scalar) {
                result += bytes[index..<index + length]
            } else {
                result.removeLast(result.count - count)
                return false
            }
            index += length
        }
        return true
    }
}
