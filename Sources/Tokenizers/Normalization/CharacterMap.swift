import Foundation

/// SentencePiece's compiled table of replacements (`Precompiled`): a double-array trie and its texts.
struct CharacterMap: Sendable {
    private let units: [UInt32]
    private let texts: [UInt8]
    /// The reference looks a whole character up only if it is shorter than this, in bytes.
    private static let characterLimit = 6

    /// Reads the table.
    ///
    /// - Parameter bytes: the size of the trie in bytes, the trie, and the texts, each ended by a zero.
    /// - Throws: ``TokenizerError/badCharacterMap(reason:)``.
    init(_ bytes: [UInt8]) throws(TokenizerError) {
        let word = { (index: Int) in
            (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[index + $1]) << (8 * UInt32($1)) }
        }
        guard bytes.count >= 4 else { throw .badCharacterMap(reason: "it has no size") }
        let size = Int(word(0))
        guard size % 4 == 0, size > 0, size <= bytes.count - 4 else {
            throw .badCharacterMap(reason: "its trie of \(size) bytes does not fit in \(bytes.count) bytes")
        }
        units = (0..<size / 4).map { word(4 + 4 * $0) }
        texts = Array(bytes[(4 + size)...])
        guard firstInvalidByte(of: texts) == nil else {
            throw .badCharacterMap(reason: "its texts are not UTF-8")
        }
    }

    /// Reads the table as tokenizer files write it.
    init(base64: String) throws(TokenizerError) {
        guard let data = Data(base64Encoded: base64) else {
            throw .badCharacterMap(reason: "it is not base 64")
        }
        try self.init([UInt8](data))
    }

    func apply(to text: inout [UInt8]) {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for character in String(decoding: text, as: UTF8.self) {
            let bytes = Array(character.utf8)
            if bytes.count < Self.characterLimit, let replacement = replacement(bytes, 0..<bytes.count) {
                result += replacement
                continue
            }
            var index = 0
            while index < bytes.count {
                let range = index..<index + scalarLength(bytes[index])
                result += replacement(bytes, range) ?? bytes[range]
                index = range.upperBound
            }
        }
        text = result
    }

    /// The text for the shortest beginning of `bytes[range]` that the trie knows.
    private func replacement(_ bytes: [UInt8], _ range: Range<Int>) -> ArraySlice<UInt8>? {
        guard var position = offset(of: units[0]) else { return nil }
        for index in range {
            let byte = bytes[index]
            if byte == 0 { return nil }
            position ^= Int(byte)
            guard position < units.count else { return nil }
            let unit = units[position]
            guard unit & 0x8000_00FF == UInt32(byte), let next = offset(of: unit) else { return nil }
            position ^= next
            if unit >> 8 & 1 == 1 {
                guard position < units.count else { return nil }
                return text(at: Int(units[position] & 0x7FFF_FFFF))
            }
        }
        return nil
    }

    private func offset(of unit: UInt32) -> Int? {
        Int(unit >> 10) << Int((unit & 1 << 9) >> 6)
    }

    private func text(at start: Int) -> ArraySlice<UInt8>? {
        guard start <= texts.count else { return nil }
        let end = texts[start...].firstIndex(of: 0) ?? texts.count
        return texts[start..<end]
    }
}
