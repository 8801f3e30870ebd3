package import Tokenizers

/// Which tokens may become triggers.
///
/// Special tokens never may, nor tokens of label words and of the labels' own names: a trigger that says the answer
/// would be found at once and mean nothing (Shin et al. 2020, §4.1).
public struct TriggerFilter: Codable, Hashable, Sendable {
    /// Whether tokens with a capital letter are left out: mostly proper names.
    public var refusesCapitals = false
    /// Whether tokens that continue a word are left out, and those that hold no letter.
    public var needsWholeWords = false

    /// Whether the labels' own names are left out where label words are searched; triggers never may be one.
    public var refusesLabels = false

    /// The filter of the paper's classification tasks: no capitals rule, no words rule.
    public init(refusesCapitals: Bool = false, needsWholeWords: Bool = false, refusesLabels: Bool = false) {
        self.refusesCapitals = refusesCapitals
        self.needsWholeWords = needsWholeWords
        self.refusesLabels = refusesLabels
    }

    /// For each token of the vocabulary whether it may be a trigger.
    ///
    /// - Parameter rows: how many the embedding table has; a tokenizer may know fewer.
    package func allowed(_ tokenizer: any Tokenizer, _ words: EncodedVerbalizer, rows: Int) -> [Bool] {
        let leaks = leaks(tokenizer, words)
        let special = tokenizer.specialTokens.all
        let marks = Self.marksWords(tokenizer)
        return (0..<rows).map { index in
            let token = Int32(index)
            return index < tokenizer.vocabularySize && !special.contains(token) && !leaks.contains(token)
                && permits(token, tokenizer, marksWords: marks)
        }
    }

    /// Whether a token is text that the rules of capitals and words let through; special tokens aside.
    func permits(_ token: Int32, _ tokenizer: any Tokenizer, marksWords marks: Bool) -> Bool {
        guard let piece = tokenizer.piece(for: token) else { return false }
        let text = tokenizer.decode([token])
        // A piece that is not whole characters has no text of its own.
        guard !text.allSatisfy(\.isWhitespace), !text.unicodeScalars.contains("\u{FFFD}"),
            !text.contains(where: \.isNewline)
        else { return false }
        if refusesCapitals, text.contains(where: \.isUppercase) { return false }
        return !needsWholeWords || Self.isWord(piece, text, marks)
    }

    /// Whether a vocabulary marks the pieces that begin a word, and not those that continue one.
    static func marksWords(_ tokenizer: any Tokenizer) -> Bool {
        (0..<min(5000, tokenizer.vocabularySize)).contains { index in
            tokenizer.piece(for: Int32(index)).map(isMarked) ?? false
        }
    }

    /// Whether a piece begins a word, as vocabularies with marked words write it.
    private static func isMarked(_ piece: String) -> Bool {
        ["Ġ", "▁"].contains { piece.hasPrefix($0) && piece.count > 1 }
    }

    /// Whether a piece is a word by itself; `marks` says that words are marked, and not their continuations (`##`).
    private static func isWord(_ piece: String, _ text: String, _ marks: Bool) -> Bool {
        text.contains(where: \.isLetter) && (marks ? isMarked(piece) : !piece.hasPrefix("##"))
    }

    /// The tokens of label words and label names, with a space in front and without.
    private func leaks(_ tokenizer: any Tokenizer, _ words: EncodedVerbalizer) -> Set<Int32> {
        let texts = words.words.map { $0.text.withoutSpacesAround } + words.labels
        return Self.wholeTokens(of: texts, tokenizer).union(words.words.flatMap(\.tokens))
    }

    /// The tokens that are one of these texts by themselves, with a space in front and without, in lower case too.
    ///
    /// Names of several tokens share theirs with other words; only whole ones leak.
    static func wholeTokens(of texts: [String], _ tokenizer: any Tokenizer) -> Set<Int32> {
        let spelled = texts.flatMap { text in
            [text, " " + text, text.lowercased(), " " + text.lowercased()].map {
                tokenizer.plainTokens(of: $0)
            }
        }
        return Set(spelled.filter { $0.count == 1 }.joined())
    }
}
