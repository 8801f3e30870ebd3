import Foundation

/// The form of a text under which texts that say the same are equal.
package enum TextKey {
    /// Composed (NFC), in lower case, with single spaces: Hangul typed as jamo and as syllables are the same.
    static func of(_ text: String) -> String {
        let composed = isASCII(text) ? text : text.precomposedStringWithCanonicalMapping
        return composed.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The key of the fields of a row that count; nil for all.
    ///
    /// A field that the row lacks counts as empty.
    package static func of(_ example: Example, fields: [String]?) -> String {
        let names = fields ?? example.fields.keys.sorted()
        return names.map { of(example.fields[$0] ?? "") }.joined(separator: "\u{1F}")
    }

    /// The text of a whole row as a reader sees it.
    static func text(_ example: Example, fields: [String]?) -> String {
        (fields ?? example.fields.keys.sorted()).compactMap { example.fields[$0] }.joined(separator: " ")
    }

    static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }
}
