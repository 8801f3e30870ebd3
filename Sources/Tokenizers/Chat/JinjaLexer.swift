/// A token of a template, and the byte it starts at.
struct JinjaToken {
    enum Kind: Hashable {
        /// What stands outside all tags.
        case text(String)
        case variableStart, variableEnd, blockStart, blockEnd
        case name(String)
        case string(String)
        case integer(Int)
        case number(Double)
        /// An operator or a bracket.
        case symbol(String)
        case end
    }
    var kind: Kind
    var offset: Int
}

/// Cuts a template into tokens, with the whitespace rules that transformers sets: the newline behind a block tag
/// and the spaces in front of one that starts a line go; `-` takes all whitespace on its side, `+` keeps it.
struct JinjaLexer {
    private let source: [UInt8]
    private var index = 0
    private var tokens: [JinjaToken] = []
    /// Whether the text behind the last tag begins a line.
    private var isLineStart = true

    init(_ source: [UInt8]) { self.source = source }

    /// The source as tokens count its bytes: newlines of all systems are `\n`, one at the very end is dropped.
    static func normalized(_ source: String) -> [UInt8] {
        var result: [UInt8] = []
        var wasReturn = false
        for byte in source.utf8 {
            if byte == 0x0A, wasReturn {
                wasReturn = false
                continue
            }
            wasReturn = byte == 0x0D
            result.append(wasReturn ? 0x0A : byte)
        }
        if result.last == 0x0A { result.removeLast() }
        return result
    }

    mutating func run() throws(JinjaFailure) -> [JinjaToken] {
        while index < source.count {
            guard let tag = nextTag() else {
                appendText(index..<source.count)
                index = source.count
                break
            }
            try readTag(tag)
        }
        tokens.append(JinjaToken(kind: .end, offset: source.count))
        return tokens
    }

    // MARK: Outside of tags

    private func nextTag() -> Int? {
        guard source.count >= 2 else { return nil }
        return (index..<source.count - 1).first {
            source[$0] == 0x7B && [0x7B, 0x25, 0x23].contains(source[$0 + 1])
        }
    }

    private mutating func readTag(_ start: Int) throws(JinjaFailure) {
        let opening = source[start + 1]
        let sign = byte(start + 2)
        var textEnd = start
        if sign == UInt8(ascii: "-") {
            while textEnd > index, Self.isSpace(source[textEnd - 1]) { textEnd -= 1 }
        } else if sign != UInt8(ascii: "+"), opening != 0x7B {
            textEnd = withoutIndentation(start)
        }
        appendText(index..<textEnd)
        let isSigned = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
        index = start + (isSigned ? 3 : 2)
        switch opening {
        case 0x23: try skipComment(from: start)
        case 0x25: try readCode(from: start, .blockStart, .blockEnd, closing: 0x25)
        default: try readCode(from: start, .variableStart, .variableEnd, closing: 0x7D)
        }
    }

    /// Where the text before a block tag ends, if only spaces stand between it and its line's start.
    private func withoutIndentation(_ start: Int) -> Int {
        var first = start
        while first > index, Self.isSpace(source[first - 1]), source[first - 1] != 0x0A { first -= 1 }
        let beginsLine = first > index ? source[first - 1] == 0x0A : isLineStart
        return beginsLine ? first : start
    }

    private mutating func appendText(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let text = String(decoding: source[range], as: UTF8.self)
        tokens.append(JinjaToken(kind: .text(text), offset: range.lowerBound))
    }

    private mutating func skipComment(from start: Int) throws(JinjaFailure) {
        let body = index
        while index + 1 < source.count {
            if source[index] == 0x23, source[index + 1] == 0x7D {
                let sign = index > body ? source[index - 1] : nil
                index += 2
                finishTag(sign: sign, trimsNewline: true)
                return
            }
            index += 1
        }
        throw JinjaFailure(kind: .syntax, reason: "a comment has no end", offset: start)
    }

    /// Takes the whitespace behind a tag that goes with it.
    private mutating func finishTag(sign: UInt8?, trimsNewline: Bool) {
        let start = index
        if sign == UInt8(ascii: "-") {
            while index < source.count, Self.isSpace(source[index]) { index += 1 }
        } else if trimsNewline, sign != UInt8(ascii: "+"), byte(index) == 0x0A {
            index += 1
        }
        isLineStart = index > start && source[index - 1] == 0x0A
    }

    // MARK: Inside of tags

    private mutating func readCode(
        from start: Int, _ opening: JinjaToken.Kind, _ ending: JinjaToken.Kind, closing: UInt8
    ) throws(JinjaFailure) {
        tokens.append(JinjaToken(kind: opening, offset: start))
        var brackets: [UInt8] = []
        while true {
            while let next = byte(index), Self.isSpace(next) { index += 1 }
            guard let next = byte(index) else {
                throw JinjaFailure(kind: .syntax, reason: "a tag has no end", offset: start)
            }
            if brackets.isEmpty, let sign = end(closing, next) {
                tokens.append(JinjaToken(kind: ending, offset: index))
                index += sign == nil ? 2 : 3
                finishTag(sign: sign, trimsNewline: closing == 0x25)
                return
            }
            try readToken(next, &brackets)
        }
    }

    /// The sign of a tag's end at this place: nil where there is no end, an inner nil where it has no sign.
    private func end(_ closing: UInt8, _ next: UInt8) -> UInt8?? {
        if next == closing, byte(index + 1) == 0x7D { return .some(nil) }
        let isSign = next == UInt8(ascii: "-") || next == UInt8(ascii: "+") && closing == 0x25
        if isSign, byte(index + 1) == closing, byte(index + 2) == 0x7D { return .some(next) }
        return nil
    }

    private mutating func readToken(_ next: UInt8, _ brackets: inout [UInt8]) throws(JinjaFailure) {
        let start = index
        switch next {
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            tokens.append(JinjaToken(kind: .string(try readString(quote: next)), offset: start))
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            tokens.append(JinjaToken(kind: try readNumber(), offset: start))
        case _ where Self.isNamePart(next):
            while let byte = byte(index), Self.isNamePart(byte) { index += 1 }
            let name = String(decoding: source[start..<index], as: UTF8.self)
            if name == "raw", tokens.last?.kind == .blockStart { throw unsupported("'raw'", start) }
            tokens.append(JinjaToken(kind: .name(name), offset: start))
        default:
            try readSymbol(next, &brackets)
        }
    }

    private mutating func readSymbol(_ next: UInt8, _ brackets: inout [UInt8]) throws(JinjaFailure) {
        let start = index
        let pair = String(decoding: source[start..<min(start + 2, source.count)], as: UTF8.self)
        let single = String(decoding: [next], as: UTF8.self)
        let symbol = ["==", "!=", ">=", "<=", "//", "**"].contains(pair) ? pair : single
        guard symbol.utf8.count == 2 || "+-/*%~[](){}<>=.:|,".contains(symbol) else {
            throw JinjaFailure(kind: .syntax, reason: "'\(single)' has no meaning here", offset: start)
        }
        index += symbol.utf8.count
        if "([{".contains(symbol) { brackets.append(next) }
        if ")]}".contains(symbol) {
            let partner: UInt8 = next == UInt8(ascii: ")") ? UInt8(ascii: "(") : next - 2
            guard brackets.popLast() == partner else {
                throw JinjaFailure(kind: .syntax, reason: "'\(symbol)' closes nothing", offset: start)
            }
        }
        tokens.append(JinjaToken(kind: .symbol(symbol), offset: start))
    }

    private mutating func readNumber() throws(JinjaFailure) -> JinjaToken.Kind {
        let start = index
        var isWhole = true
        skipDigits()
        if byte(index) == UInt8(ascii: "."), byte(index + 1).map(Self.isDigit) == true {
            isWhole = false
            index += 1
            skipDigits()
        }
        if let e = byte(index), e | 0x20 == UInt8(ascii: "e") {
            let isSigned = [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(byte(index + 1) ?? 0)
            if byte(index + (isSigned ? 2 : 1)).map(Self.isDigit) == true {
                isWhole = false
                index += isSigned ? 2 : 1
                skipDigits()
            }
        }
        let text = String(decoding: source[start..<index].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        if isWhole, let number = Int(text) { return .integer(number) }
        if !isWhole, let number = Double(text) { return .number(number) }
        throw JinjaFailure(kind: .syntax, reason: "\(text) is no number that fits", offset: start)
    }

    private mutating func skipDigits() {
        while let next = byte(index), Self.isDigit(next) || next == UInt8(ascii: "_") { index += 1 }
    }

    // MARK: Bytes

    private func byte(_ index: Int) -> UInt8? { index < source.count ? source[index] : nil }

    private func unsupported(_ construct: String, _ offset: Int) -> JinjaFailure {
        JinjaFailure(kind: .unsupported, reason: construct, offset: offset)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte) || (0x1C...0x1F).contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == 0x5F || (0x61...0x7A).contains(byte | 0x20)
    }
}

// MARK: Texts in quotes

extension JinjaLexer {
    /// A text in quotes, with the escapes of Python's `unicode-escape`; an unknown one keeps its backslash.
    private mutating func readString(quote: UInt8) throws(JinjaFailure) -> String {
        let start = index
        index += 1
        var result: [UInt8] = []
        while let next = byte(index), next != quote {
            index += 1
            if next == UInt8(ascii: "\\") {
                try readEscape(from: start, to: &result)
            } else {
                result.append(next)
            }
        }
        guard byte(index) == quote else {
            throw JinjaFailure(kind: .syntax, reason: "a text in quotes has no end", offset: start)
        }
        index += 1
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func readEscape(from start: Int, to result: inout [UInt8]) throws(JinjaFailure) {
        guard let kind = byte(index) else {
            throw JinjaFailure(kind: .syntax, reason: "a text in quotes has no end", offset: start)
        }
        let plain: [Character: UInt8] = [
            "n": 10, "t": 9, "r": 13, "\\": 92, "'": 39, "\"": 34, "a": 7, "b": 8, "f": 12, "v": 11,
        ]
        let letter = Character(Unicode.Scalar(kind))
        if let byte = plain[letter] {
            result.append(byte)
            index += 1
        } else if kind == 0x0A {
            index += 1
        } else if let digits = ["x": 2, "u": 4, "U": 8][letter] {
            index += 1
            try appendScalar(
                String(decoding: source[index..<min(index + digits, source.count)], as: UTF8.self),
                radix: 16, digits: digits, to: &result)
        } else if (0x30...0x37).contains(kind) {
            let octal = source[index...].prefix(3).prefix { (0x30...0x37).contains($0) }
            try appendScalar(
                String(decoding: octal, as: UTF8.self), radix: 8, digits: octal.count, to: &result)
        } else if kind == UInt8(ascii: "N") {
            throw unsupported("a character by its name (\\N)", index - 1)
        } else {
            result.append(UInt8(ascii: "\\"))
        }
    }

    private mutating func appendScalar(
        _ text: String, radix: Int, digits: Int, to result: inout [UInt8]
    ) throws(JinjaFailure) {
        guard text.utf8.count == digits, let code = UInt32(text, radix: radix),
            let scalar = Unicode.Scalar(code)
        else {
            throw JinjaFailure(kind: .syntax, reason: "an escape names no character", offset: index)
        }
        result += Array(String(Character(scalar)).utf8)
        index += digits
    }
}
