/// How many columns of a terminal a text takes.
///
/// Hangul, Han, Kana, full-width forms and emoji take two columns, combining marks and control characters
/// none (Unicode Standard Annex 11, classes W and F). Terminals disagree on some emoji sequences.
package func displayWidth(of text: some StringProtocol) -> Int {
    text.reduce(0) { $0 + displayWidth(of: $1) }
}

/// The text with spaces behind it up to so many columns; a longer text stays as it is.
package func padded(_ text: String, toColumns columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - displayWidth(of: text)))
}

private func displayWidth(of character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars {
        // U+FE0F asks for the picture form of a character, which is wide.
        if scalar.value == 0xFE0F, width == 1 { width = 2 }
        width = max(width, displayWidth(of: scalar))
    }
    return width
}

private func displayWidth(of scalar: Unicode.Scalar) -> Int {
    if scalar.properties.isEmojiPresentation { return 2 }
    switch scalar.properties.generalCategory {
    case .control, .format, .nonspacingMark, .enclosingMark, .lineSeparator, .paragraphSeparator: return 0
    default: return wideRanges.contains { $0.contains(scalar.value) } ? 2 : 1
    }
}

private let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
    0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
    0x16FE0...0x18AFF, 0x1B000...0x1B2FF, 0x20000...0x3FFFD,
]
