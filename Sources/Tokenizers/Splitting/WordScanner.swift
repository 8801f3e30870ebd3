/// Cuts a text into words by ``WordRules``, in one pass over its bytes.
struct WordScanner: Sendable {
    let rules: WordRules
    private let classifier = UnicodeClassifier.shared

    init(_ rules: WordRules) { self.rules = rules }

    /// Appends the words of `text[range]`; together they are all of it.
    func append(_ text: [UInt8], _ range: Range<Int>, to words: inout [Range<Int>]) {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = wordEnd(text, start, range.upperBound)
            words.append(start..<end)
            start = end
        }
    }

    @inline(__always)
    private func classes(_ text: [UInt8], _ index: Int) -> (classes: UnicodeClasses, length: Int) {
        let (scalar, length) = text.scalar(at: index)
        return (classifier[scalar], length)
    }

    /// The end of the word that starts at `start`; the alternatives of the expression, in its order.
    private func wordEnd(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
        let first = text[start]
        if first == UInt8(ascii: "'"), let stop = contractionEnd(text, start, end) { return stop }
        let (firstClasses, firstLength) = classes(text, start)
        let second = start + firstLength
        if !firstClasses.isDisjoint(with: .letter) { return letterEnd(text, second, end) }
        if !firstClasses.isDisjoint(with: .number) { return numberEnd(text, start, end) }
        if second < end, rules.letters == .afterAnything ? first != 0x0A && first != 0x0D : first == 0x20 {
            let (next, length) = classes(text, second)
            if !next.isDisjoint(with: .letter) { return letterEnd(text, second + length, end) }
        }
        if firstClasses.isDisjoint(with: .space) { return otherEnd(text, second, end) }
        if first == 0x20, second < end {
            let (next, length) = classes(text, second)
            if rules.numbers == .afterSpace, !next.isDisjoint(with: .number) {
                return numberEnd(text, second, end)
            }
            if next.isDisjoint(with: [.space, .letter, .number]) {
                return otherEnd(text, second + length, end)
            }
        }
        return spaceEnd(text, start, end)
    }

    private func letterEnd(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end {
            let (next, length) = classes(text, index)
            guard !next.isDisjoint(with: .letter) else { break }
            index += length
        }
        return index
    }

    private func numberEnd(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
        var left = if case .upTo(let limit) = rules.numbers { limit } else { Int.max }
        var index = start
        while index < end, left > 0 {
            let (next, length) = classes(text, index)
            guard !next.isDisjoint(with: .number) else { break }
            index += length
            left -= 1
        }
        return index
    }

    private func otherEnd(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end {
            let (next, length) = classes(text, index)
            guard next.isDisjoint(with: [.space, .letter, .number]) else { break }
            index += length
        }
        if rules.keepsLineEnds {
            while index < end, text[index] == 0x0A || text[index] == 0x0D { index += 1 }
        }
        return index
    }

    /// The run of spaces up to its last line end, or without its last space if a word follows, or whole.
    private func spaceEnd(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
        var index = start
        var lastStart = start
        var lineEnd: Int?
        while index < end {
            let (next, length) = classes(text, index)
            guard !next.isDisjoint(with: .space) else { break }
            if text[index] == 0x0A || text[index] == 0x0D { lineEnd = index + 1 }
            lastStart = index
            index += length
        }
        if rules.keepsLineEnds, let lineEnd { return lineEnd }
        return index == end || lastStart == start ? index : lastStart
    }

    private func contractionEnd(_ text: [UInt8], _ start: Int, _ end: Int) -> Int? {
        guard start + 1 < end else { return nil }
        let anyCase = rules.contractions == .anyCase
        let fold: UInt8 = anyCase ? 0x20 : 0
        let first = text[start + 1] | fold
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
            let last = first == UInt8(ascii: "l") ? UInt8(ascii: "l") : UInt8(ascii: "e")
            return start + 2 < end && text[start + 2] | fold == last ? start + 3 : nil
        default:
            // U+017F, the long s, is an s when case does not matter.
            return anyCase && text.starts(with: [0xC5, 0xBF], at: start + 1, before: end) ? start + 3 : nil
        }
    }
}
