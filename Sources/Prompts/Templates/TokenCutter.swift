import Tokenizers

/// Cuts text to a number of tokens, never inside of a character.
struct TokenCutter {
    let tokenizer: any Tokenizer

    /// How many tokens fewer are tried before the slow way: a character may be spread over several tokens.
    private static let tokenReach = 16
    /// How many characters more and fewer are tried for a cut between two tokens.
    private static let characterReach = 16

    /// The front of a text, or its back, of at most so many tokens.
    ///
    /// Most tokenizers give back the very text they were given, and then the cut is between two tokens. Those
    /// that do not (they change case or accents) are asked for the tokens of ever shorter text.
    /// - Complexity: one decoding, or O(log characters) encodings.
    func cut(_ text: String, tokens: [Int32], to count: Int, atStart: Bool) -> String {
        guard count > 0 else { return "" }
        guard count < tokens.count else { return text }
        for kept in stride(from: count, to: max(0, count - Self.tokenReach), by: -1) {
            let rest = tokenizer.decode(atStart ? tokens.suffix(kept) : tokens.prefix(kept))
            if !rest.isEmpty, isPart(rest, of: text, atEnd: atStart) { return rest }
        }
        return cutByCharacters(text, tokens: tokens, to: count, atStart: atStart)
    }

    /// By bytes, since text of equal meaning may have other bytes; by characters, since bytes may split one.
    private func isPart(_ part: String, of text: String, atEnd: Bool) -> Bool {
        if atEnd {
            return text.utf8.reversed().starts(with: part.utf8.reversed()) && text.hasSuffix(part)
        }
        return text.utf8.starts(with: part.utf8) && text.hasPrefix(part)
    }

    private func cutByCharacters(_ text: String, tokens: [Int32], to count: Int, atStart: Bool) -> String {
        let characters = Array(text)
        func part(_ length: Int) -> String {
            String(atStart ? characters.suffix(length) : characters.prefix(length))
        }
        var (fits, tooLong) = (0, characters.count)
        while tooLong - fits > 1 {
            let middle = (fits + tooLong) / 2
            if tokenizer.plainTokens(of: part(middle)).count <= count {
                fits = middle
            } else {
                tooLong = middle
            }
        }
        // Half a word may have more tokens than the whole, so that the search may have stopped short of one.
        let longest = min(characters.count, fits + Self.characterReach)
        for length in stride(from: longest, to: max(0, fits - Self.characterReach), by: -1) {
            let ids = tokenizer.plainTokens(of: part(length))
            let isBetweenTokens = ids == Array(atStart ? tokens.suffix(ids.count) : tokens.prefix(ids.count))
            if ids.count <= count, isBetweenTokens { return part(length) }
        }
        return part(fits)
    }
}
