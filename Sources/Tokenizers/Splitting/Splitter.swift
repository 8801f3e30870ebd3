/// A text on its way through the splitters: its bytes, and the words found in them so far.
struct SplitText {
    var bytes: [UInt8]
    var words: [Range<Int>]
    /// The bytes are the beginning of what the user gave, with nothing before them.
    let isStart: Bool
}

/// Cuts a text into words, which are then segmented each on its own.
enum Splitter: Sendable {
    /// An expression of the GPT family.
    case scan(WordScanner)
    /// Any other expression, or a literal text.
    case pattern(Pattern, SplitBehavior, inverted: Bool)
    /// Every word starts with a space.
    case prefixSpace
    /// From here on a word is bytes, and not characters; nothing can be cut after this.
    case bytes
    case digits(each: Bool)
    /// Runs of word characters and runs of others.
    case words
    /// At spaces, which are dropped.
    case spaces
    case punctuation(SplitBehavior)
    /// At spaces, which are dropped, and around each punctuation character.
    case bert
    case metaspace(Metaspace)

    func apply(to text: inout SplitText) {
        let old = text.words
        text.words.removeAll(keepingCapacity: true)
        switch self {
        case .scan(let scanner):
            for word in old { scanner.append(text.bytes, word, to: &text.words) }
        case .pattern(let pattern, let behavior, let inverted):
            for word in old {
                let matches = pattern.matches(in: text.bytes, word)
                behavior.append(matches, in: word, inverted: inverted, to: &text.words)
            }
        case .prefixSpace:
            text.words = old
            text.prefix([0x20]) { $0 != 0x20 }
        case .bytes:
            text.words = old
        case .digits(let each):
            let behavior = each ? SplitBehavior.isolated : .contiguous
            text.cut(old, behavior) { $0.isDisjoint(with: .digit) ? 0 : 1 }
        case .words:
            text.cut(old, .removed) { !$0.isDisjoint(with: .space) ? 1 : $0.isDisjoint(with: .word) ? 2 : 3 }
        case .spaces:
            text.cut(old, .removed) { $0.isDisjoint(with: .space) ? 0 : 1 }
        case .punctuation(let behavior):
            text.cut(old, behavior) { $0.isDisjoint(with: .bertPunctuation) ? 0 : 1 }
        case .bert:
            text.cut(old, .removed) { $0.isDisjoint(with: .space) ? 0 : 1 }
            let words = text.words
            text.words.removeAll(keepingCapacity: true)
            text.cut(words, .isolated) { $0.isDisjoint(with: .bertPunctuation) ? 0 : 1 }
        case .metaspace(let metaspace):
            text.words = old
            metaspace.apply(to: &text)
        }
    }
}

extension SplitText {
    /// Cuts words by the classes of their characters.
    ///
    /// The kind is 1 for a character that cuts; other numbers are words of different kinds, between which
    /// there is a border too.
    mutating func cut(_ old: [Range<Int>], _ behavior: SplitBehavior, by kind: (UnicodeClasses) -> Int) {
        let classifier = UnicodeClassifier.shared
        var matches: [Range<Int>] = []
        for word in old {
            matches.removeAll(keepingCapacity: true)
            var start = word.lowerBound
            var index = start
            var last = 0
            while index < word.upperBound {
                let (scalar, length) = bytes.scalar(at: index)
                let next = kind(classifier[scalar])
                if next == 1 {
                    matches.append(index..<index + length)
                } else if next != last, last > 1, index > start {
                    behavior.append(matches, in: start..<index, inverted: false, to: &words)
                    matches.removeAll(keepingCapacity: true)
                    start = index
                }
                last = next
                index += length
            }
            behavior.append(matches, in: start..<word.upperBound, inverted: false, to: &words)
        }
    }

    /// Puts `prefix` before every word whose first byte wants it.
    mutating func prefix(_ prefix: [UInt8], where isWanted: (UInt8) -> Bool) {
        var changed: [UInt8] = []
        changed.reserveCapacity(bytes.count + words.count * prefix.count)
        for position in words.indices {
            let word = words[position]
            let start = changed.count
            if !word.isEmpty, isWanted(bytes[word.lowerBound]) { changed += prefix }
            changed += bytes[word]
            words[position] = start..<changed.count
        }
        bytes = changed
    }
}

/// SentencePiece's spaces: each becomes a visible mark, at which words start.
struct Metaspace: Sendable {
    enum Prefix: String, Sendable, CaseIterable { case always, first, never }

    /// The mark, as UTF-8.
    let mark: [UInt8]
    let prefix: Prefix
    /// Cut before each mark.
    let splits: Bool

    func apply(to text: inout SplitText) {
        var changed: [UInt8] = []
        var words: [Range<Int>] = []
        for word in text.words where !word.isEmpty {
            let start = changed.count
            for index in word {
                if text.bytes[index] == 0x20 { changed += mark } else { changed.append(text.bytes[index]) }
            }
            let isFirst = text.isStart && word.lowerBound == 0
            let wantsPrefix = prefix == .always || prefix == .first && isFirst
            if wantsPrefix, !changed.starts(with: mark, at: start, before: changed.count) {
                changed.insert(contentsOf: mark, at: start)
            }
            if splits {
                cut(changed, start, to: &words)
            } else {
                words.append(start..<changed.count)
            }
        }
        text.bytes = changed
        text.words = words
    }

    private func cut(_ bytes: [UInt8], _ start: Int, to words: inout [Range<Int>]) {
        var wordStart = start
        var index = start
        while index < bytes.count {
            let isMark = bytes.starts(with: mark, at: index, before: bytes.count)
            if isMark, index > wordStart {
                words.append(wordStart..<index)
                wordStart = index
            }
            index += scalarLength(bytes[index])
        }
        if wordStart < bytes.count { words.append(wordStart..<bytes.count) }
    }
}
