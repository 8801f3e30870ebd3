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

    /// Brings UTF-8 text into the form.
    package func apply(to text: inout [UInt8]) {
        guard !isSurelyDone(text) else { return }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var start = 0
        var index = 0
        while index < text.count {
            let (scalar, length) = text.scalar(at: index)
            if scalar >= 0x300, Self.isNewer(scalar) {
                append(text[start..<index], to: &result)
                result += text[index..<index + length]
                start = index + length
            }
            index += length
        }
        append(text[start...], to: &result)
        text = result
    }

    /// Whether a character came after the reference's version of Unicode, or has not come yet.
    private static func isNewer(_ scalar: UInt32) -> Bool {
        guard let age = Unicode.Scalar(scalar)?.properties.age else { return true }
        return age.major > 9
    }

    private func append(_ text: ArraySlice<UInt8>, to result: inout [UInt8]) {
        guard !text.isEmpty else { return }
        let string = String(decoding: text, as: UTF8.self)
        // Composition starts from the decomposed text: Foundation's leaves a composed syllable of two Hangul
        // letters and a third letter after it apart (seen with Swift 6.3.1 on Linux).
        let changed =
            switch self {
            case .composed: string.decomposedStringWithCanonicalMapping.precomposedStringWithCanonicalMapping
            case .decomposed: string.decomposedStringWithCanonicalMapping
            case .compatibilityComposed:
                string.decomposedStringWithCompatibilityMapping.precomposedStringWithCanonicalMapping
            case .compatibilityDecomposed: string.decomposedStringWithCompatibilityMapping
            }
        result += Array(changed.utf8)
    }

    /// A quick look that spares most texts the slow way: ASCII has all forms, and Latin, Greek and Cyrillic
    /// below U+0300, Hangul syllables and unified ideographs are composed.
    private func isSurelyDone(_ text: [UInt8]) -> Bool {
        guard self == .composed || self == .compatibilityComposed else { return text.allSatisfy { $0 < 0x80 } }
        let limit: UInt32 = self == .composed ? 0x300 : 0x80
        var index = 0
        while index < text.count {
            let (scalar, length) = text.scalar(at: index)
            index += length
            guard scalar < limit || 0xAC00...0xD7A3 ~= scalar || 0x4E00...0x9FFF ~= scalar else { return false }
        }
        return true
    }
}
