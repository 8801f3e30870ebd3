/// A token that is found in the text itself, before anything else looks at it.
struct AddedToken: Sendable {
    var id: Int32
    var content: [UInt8]
    /// Not found inside a word.
    var isSingleWord = false
    /// Takes the spaces before, and after, it.
    var stripsLeft = false
    var stripsRight = false
    /// Is looked for in the normalized text.
    var isNormalized = false
    /// Has a role instead of a text.
    var isSpecial = false
}

/// The tokens that were added to a vocabulary, and how to find them.
struct AddedTokens: Sendable {
    let tokens: [AddedToken]
    private let idsByContent: [[UInt8]: Int32]
    /// What tokens decode to: the normalized content where that is what they are found by.
    private let contents: [Int32: [UInt8]]
    private let plain: ByteTrie
    private let normalized: ByteTrie
    /// The bytes that tokens start with; all other places of a text are passed over quickly.
    private let plainStarts: [Bool]
    private let normalizedStarts: [Bool]
    let hasNormalized: Bool

    /// Prepares the search; `normalize` is what happens to a text before normalized tokens are looked for.
    init(_ tokens: [AddedToken], normalize: (inout [UInt8]) -> Void) {
        self.tokens = tokens
        idsByContent = Dictionary(tokens.map { ($0.content, $0.id) }) { first, _ in first }
        var contents: [Int32: [UInt8]] = [:]
        var plain: [(bytes: ArraySlice<UInt8>, value: Int32)] = []
        var normalized: [(bytes: ArraySlice<UInt8>, value: Int32)] = []
        for (position, token) in tokens.enumerated() {
            var content = token.content
            if token.isNormalized { normalize(&content) }
            contents[token.id] = content
            let entry = (bytes: content[...], value: Int32(position))
            if token.isNormalized { normalized.append(entry) } else { plain.append(entry) }
        }
        self.plain = ByteTrie(plain)
        self.normalized = ByteTrie(normalized)
        plainStarts = Self.starts(plain)
        normalizedStarts = Self.starts(normalized)
        hasNormalized = !normalized.isEmpty
        self.contents = contents
    }

    private static func starts(_ texts: [(bytes: ArraySlice<UInt8>, value: Int32)]) -> [Bool] {
        var starts = [Bool](repeating: false, count: 256)
        for text in texts { if let first = text.bytes.first { starts[Int(first)] = true } }
        return starts
    }

    func id(of content: [UInt8]) -> Int32? { idsByContent[content] }

    func content(of id: Int32) -> [UInt8]? { contents[id] }

    /// A stretch of a text: a token, or what lies between tokens.
    struct Stretch {
        var range: Range<Int>
        var id: Int32?
    }

    /// Cuts a text at its tokens: of those that start at one place the longest, from left to right.
    ///
    /// A token may be found in the spaces that the token before it took; like the reference, this gives both.
    func stretches(of text: [UInt8], normalized isNormalized: Bool, parsingSpecial: Bool) -> [Stretch] {
        let (trie, starts) = isNormalized ? (normalized, normalizedStarts) : (plain, plainStarts)
        var result: [Stretch] = []
        var done = 0
        var index = 0
        while index < text.count {
            guard starts[Int(text[index])], let match = trie.longestMatch(text, index, text.count) else {
                index += 1
                continue
            }
            let found = index..<match.end
            index = match.end
            let token = tokens[Int(match.value)]
            if token.isSpecial, !parsingSpecial { continue }
            if token.isSingleWord, touchesWord(text, found) { continue }
            let range = widened(found, by: token, in: text, from: done)
            if done < range.lowerBound { result.append(Stretch(range: done..<range.lowerBound)) }
            result.append(Stretch(range: range, id: token.id))
            done = range.upperBound
        }
        if done < text.count { result.append(Stretch(range: done..<text.count)) }
        return result
    }

    private func touchesWord(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        let classifier = UnicodeClassifier.shared
        let isWord = { (index: Int) in !classifier[text.scalar(at: index).value].isDisjoint(with: .word) }
        return range.lowerBound > 0 && isWord(text.scalarStart(before: range.lowerBound))
            || range.upperBound < text.count && isWord(range.upperBound)
    }

    private func widened(
        _ range: Range<Int>, by token: AddedToken, in text: [UInt8], from done: Int
    ) -> Range<Int> {
        let classifier = UnicodeClassifier.shared
        let isSpace = { (index: Int) in !classifier[text.scalar(at: index).value].isDisjoint(with: .space) }
        var (start, end) = (range.lowerBound, range.upperBound)
        while token.stripsLeft, start > done, isSpace(text.scalarStart(before: start)) {
            start = text.scalarStart(before: start)
        }
        while token.stripsRight, end < text.count, isSpace(end) { end += scalarLength(text[end]) }
        return start..<end
    }
}
