internal import Foundation
package import Tokenizers

/// A text as tokens, each with the part of the text that it stands for.
///
/// Tokenizers tell no places, and some change case, accents or the form of characters. So the text and its decoded
/// tokens are compared by what all of them keep: how many *letters* there are, compatibility-decomposed and without
/// marks, spaces and controls. Text is tokenized a word at a time, with the white space in front of it; a word whose
/// letters do not come back (it holds an unknown token) is the part of each of its tokens.
package struct TokenizedText: Sendable {
    /// The tokens, unframed.
    package private(set) var tokens: [Int32] = []
    /// For each token the scalars that it stands for, counted from 0; empty for one of white space alone. Tokens that
    /// spell one character together have it all.
    package private(set) var parts: [Range<Int>] = []
    /// The longest stretch without white space that is tokenized in one piece.
    private static let longestWord = 64

    package init(_ text: String, _ tokenizer: any Tokenizer) {
        let scalars = Array(text.unicodeScalars)
        let continuation = Continuation(tokenizer)
        var place = 0
        while place < scalars.count {
            let start = scalars[place...].firstIndex { !$0.properties.isWhitespace } ?? scalars.count
            let end = scalars[start...].firstIndex(where: \.properties.isWhitespace) ?? scalars.count
            let word = start..<min(end, start + Self.longestWord)
            guard !word.isEmpty else { break }
            let spaced = String(String.UnicodeScalarView(scalars[place..<word.upperBound]))
            let isMiddle = place == start && place > 0
            append(
                isMiddle ? continuation.encode(spaced) : tokenizer.plainTokens(of: spaced),
                of: scalars, at: word, tokenizer)
            place = word.upperBound
        }
    }

    private mutating func append(
        _ own: [Int32], of scalars: [Unicode.Scalar], at word: Range<Int>, _ tokenizer: any Tokenizer
    ) {
        tokens += own
        let letters = scalars[word].map(\.letters)
        let counts = own.indices.map { index in Self.prefix(own[...index], tokenizer) }
        guard counts.last?.letters == letters.reduce(0, +) else {
            parts += own.map { _ in word }
            return
        }
        // The scalar of each letter.
        let owners = zip(word, letters).flatMap { Array(repeating: $0, count: $1) }
        var done = 0
        for count in counts {
            let reached = max(done, count.letters)
            if reached > done {
                parts.append(owners[done]..<owners[reached - 1] + 1)
            } else if count.isOpen, done < owners.count {
                parts.append(owners[done]..<owners[done] + 1)
            } else {
                let here = done < owners.count ? owners[done] : word.upperBound
                parts.append(here..<here)
            }
            done = reached
        }
    }

    /// How many letters the first tokens of a word give, and whether they end inside of a character.
    private static func prefix(_ tokens: some Sequence<Int32>, _ tokenizer: any Tokenizer) -> (
        letters: Int, isOpen: Bool
    ) {
        let text = tokenizer.decode(tokens).unicodeScalars
        return (text.reduce(0) { $0 + $1.letters }, text.last == "\u{FFFD}")
    }
}

extension Unicode.Scalar {
    /// How many letters a scalar counts for: those of its lower case, decomposed, without marks, spaces and controls.
    fileprivate var letters: Int {
        if isASCII { return value > 0x20 && value != 0x7F ? 1 : 0 }
        return properties.lowercaseMapping.decomposedStringWithCompatibilityMapping.unicodeScalars
            .count(where: \.isLetter)
    }

    private var isLetter: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .spaceSeparator, .lineSeparator, .paragraphSeparator, .control,
            .format:
            false
        default: self != "\u{FFFD}"
        }
    }
}
