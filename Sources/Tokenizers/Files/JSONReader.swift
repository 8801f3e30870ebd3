/// One walk over a JSON text that checks it (RFC 8259) and notes where its values are.
struct JSONReader {
    /// Deeper nesting than any tokenizer file has; the walk is recursive.
    static let depthLimit = 64

    private let bytes: [UInt8]
    private(set) var nodes: [JSONDocument.Node] = []
    private var index = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
        nodes.reserveCapacity(bytes.count / 16)
    }

    mutating func document() throws(TokenizerError) {
        guard bytes.count < UInt32.max else { throw failure("the file is too large") }
        skipSpace()
        try value(depth: 0)
        skipSpace()
        if index < bytes.count { throw failure("text after the end of the value") }
    }

    private func failure(_ reason: String) -> TokenizerError { .notJSON(offset: index, reason: reason) }

    private mutating func skipSpace() {
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            index += 1
        }
    }

    private func peek() throws(TokenizerError) -> UInt8 {
        guard index < bytes.count else { throw failure("the text ends too early") }
        return bytes[index]
    }

    private mutating func value(depth: Int) throws(TokenizerError) {
        guard depth < Self.depthLimit else { throw failure("more than \(Self.depthLimit) levels") }
        switch try peek() {
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try array(depth: depth)
        case UInt8(ascii: "\""): try text()
        case UInt8(ascii: "t"): try word("true", .yes)
        case UInt8(ascii: "f"): try word("false", .no)
        case UInt8(ascii: "n"): try word("null", .null)
        default: try number()
        }
    }

    private mutating func open(_ kind: JSONDocument.Kind) -> Int {
        nodes.append(.init(kind: kind, start: UInt32(index), end: 0, next: 0))
        return nodes.count - 1
    }

    private mutating func close(_ node: Int, end: Int) {
        nodes[node].end = UInt32(end)
        nodes[node].next = UInt32(nodes.count)
    }

    private mutating func object(depth: Int) throws(TokenizerError) {
        let node = open(.object)
        index += 1
        skipSpace()
        if try peek() == UInt8(ascii: "}") {
            index += 1
            return close(node, end: index)
        }
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw failure("a key must be a text in quotes") }
            try text()
            skipSpace()
            guard try peek() == UInt8(ascii: ":") else { throw failure("a colon is missing") }
            index += 1
            skipSpace()
            try value(depth: depth + 1)
            if try !another(before: UInt8(ascii: "}")) { return close(node, end: index) }
        }
    }

    private mutating func array(depth: Int) throws(TokenizerError) {
        let node = open(.array)
        index += 1
        skipSpace()
        if try peek() == UInt8(ascii: "]") {
            index += 1
            return close(node, end: index)
        }
        while true {
            try value(depth: depth + 1)
            if try !another(before: UInt8(ascii: "]")) { return close(node, end: index) }
        }
    }

    /// Reads a comma, after which something follows, or the end of the container.
    private mutating func another(before end: UInt8) throws(TokenizerError) -> Bool {
        skipSpace()
        let byte = try peek()
        guard byte == UInt8(ascii: ",") || byte == end else { throw failure("a comma is missing") }
        index += 1
        skipSpace()
        return byte != end
    }

    private mutating func text() throws(TokenizerError) {
        index += 1
        let node = open(.text)
        while true {
            let byte = try peek()
            if byte == UInt8(ascii: "\"") { break }
            guard byte >= 0x20 else { throw failure("a control character in a text") }
            if byte == UInt8(ascii: "\\") {
                nodes[node].kind = .escapedText
                try escape()
            } else {
                index += 1
            }
        }
        close(node, end: index)
        index += 1
    }

    private mutating func escape() throws(TokenizerError) {
        index += 1
        let letter = try peek()
        guard letter == UInt8(ascii: "u") else {
            guard plainEscape(letter) != nil else { throw failure("an unknown escape") }
            index += 1
            return
        }
        guard let unit = hexadecimal(bytes, at: index + 1), unit & 0xFC00 != 0xDC00 else {
            throw failure("a bad \\u escape")
        }
        index += 5
        guard unit & 0xFC00 == 0xD800 else { return }
        guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u"),
            let low = hexadecimal(bytes, at: index + 2), low & 0xFC00 == 0xDC00
        else { throw failure("half of a surrogate pair") }
        index += 6
    }

    private mutating func word(_ word: StaticString, _ kind: JSONDocument.Kind) throws(TokenizerError) {
        let expected = Array(word.description.utf8)
        guard bytes.starts(with: expected, at: index, before: bytes.count) else {
            throw failure("neither true, false nor null")
        }
        let node = open(kind)
        index += expected.count
        close(node, end: index)
    }

    private mutating func number() throws(TokenizerError) {
        let node = open(.number)
        if try peek() == UInt8(ascii: "-") { index += 1 }
        let whole = index
        try digits()
        if bytes[whole] == UInt8(ascii: "0"), index > whole + 1 {
            throw failure("a number with a leading zero")
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            try digits()
        }
        close(node, end: index)
    }

    private mutating func digits() throws(TokenizerError) {
        let start = index
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 { index += 1 }
        if index == start { throw failure(index < bytes.count ? "not a value" : "the text ends too early") }
    }
}
