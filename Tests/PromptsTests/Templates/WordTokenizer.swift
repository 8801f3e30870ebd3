import Tokenizers

/// A small tokenizer with the habits of the real ones, for tests that say what they know.
///
/// Text is split as GPT-2 splits it (a space goes with the word behind it); within a piece the longest known
/// spelling is taken, and a letter that none covers is one token a byte.
struct WordTokenizer: Tokenizer {
    /// What it does beside looking spellings up.
    struct Habits: OptionSet {
        let rawValue: Int
        /// Text is made lower-case first, and decoded so: it does not come back as it was.
        static let dropsCase = Habits(rawValue: 1)
        /// A text gets a space in front, as SentencePiece models do.
        static let startsWithSpace = Habits(rawValue: 2)
        /// What no spelling covers is the unknown token instead of bytes.
        static let hasNoBytes = Habits(rawValue: 4)
        /// A sequence stands within `[CLS]` and `[SEP]`.
        static let frames = Habits(rawValue: 8)
    }

    static let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>", "<|turn|>"]

    private let habits: Habits
    private let spellings: [[UInt8]]
    private let ids: [[UInt8]: Int32]
    private let longest: Int

    init(_ words: [String], _ habits: Habits = []) {
        self.habits = habits
        let bytes = (0...255).map { [UInt8($0)] }
        let known = words.map { Array($0.utf8) }
        spellings = bytes + Self.specials.map { Array($0.utf8) } + known
        var ids: [[UInt8]: Int32] = [:]
        for (index, spelling) in (bytes + known).enumerated() {
            ids[spelling] = Int32(index < 256 ? index : index + Self.specials.count)
        }
        self.ids = ids
        longest = known.map(\.count).max() ?? 1
    }

    var vocabularySize: Int { spellings.count }

    var specialTokens: SpecialTokens {
        var tokens = SpecialTokens()
        tokens.padding = 256
        tokens.unknown = 257
        tokens.classifier = 258
        tokens.separator = 259
        tokens.mask = habits.contains(.frames) ? 260 : nil
        tokens.beginning = 261
        tokens.end = 262
        return tokens
    }

    var framing: (prefix: [Int32], suffix: [Int32]) {
        habits.contains(.frames) ? ([258], [259]) : ([], [])
    }

    func frame(_ first: [Int32], with second: [Int32]) -> (tokens: [Int32], segments: [Int32]) {
        let tokens = framing.prefix + first + framing.suffix + second + framing.suffix
        return (tokens, tokens.map { _ in 0 })
    }

    func encode(_ text: String, parsingSpecial: Bool) -> [Int32] {
        if parsingSpecial, let special = Self.specials.first(where: { text.contains($0) }) {
            let parts = text.split(separator: special, maxSplits: 1, omittingEmptySubsequences: false)
            let id = Int32(256 + (Self.specials.firstIndex(of: special) ?? 0))
            return encode(String(parts[0]), parsingSpecial: true) + [id]
                + encode(String(parts[1]), parsingSpecial: true)
        }
        let cased = habits.contains(.dropsCase) ? text.lowercased() : text
        let spaced = habits.contains(.startsWithSpace) && !cased.isEmpty ? " " + cased : cased
        return pieces(of: spaced).flatMap(encode(piece:))
    }

    private func pieces(of text: String) -> [[UInt8]] {
        var pieces: [String] = []
        var kind = 0
        for character in text {
            let next = character.isLetter ? 1 : character.isNumber ? 2 : character.isWhitespace ? 3 : 4
            if let last = pieces.last, next == kind || (last == " " && next != 3) {
                pieces[pieces.count - 1] = last + String(character)
            } else {
                pieces.append(String(character))
            }
            kind = next
        }
        return pieces.map { Array($0.utf8) }
    }

    private func encode(piece: [UInt8]) -> [Int32] {
        var tokens: [Int32] = []
        var start = 0
        while start < piece.count {
            var end = min(piece.count, start + longest)
            while ids[Array(piece[start..<end])] == nil { end -= 1 }
            let isByte = end == start + 1 && habits.contains(.hasNoBytes) && piece[start] != 32
            tokens.append(isByte ? 257 : ids[Array(piece[start..<end])] ?? 257)
            start = end
        }
        return tokens
    }

    func decode(_ tokens: some Sequence<Int32>) -> String {
        let bytes = tokens.filter { !(256..<264).contains($0) }.flatMap { spellings[Int($0)] }
        return String(decoding: bytes, as: UTF8.self)
    }

    func token(for piece: String) -> Int32? {
        if let special = Self.specials.firstIndex(of: piece) { return Int32(256 + special) }
        return ids[Array(piece.utf8)]
    }

    func piece(for token: Int32) -> String? {
        spellings.indices.contains(Int(token)) ? String(decoding: spellings[Int(token)], as: UTF8.self) : nil
    }
}
