/// What stands after one name of a JSON row.
enum JSONCell: Hashable {
    /// A string; or a number, `true` or `false` as the file writes it, so that 1.0 stays 1.0 and long ids stay whole.
    case text(String)
    case null
    /// The source text of a list or an object.
    case nested(String)
}

/// Where a line stops being JSON.
enum JSONFault: Error, Hashable {
    /// `byte` counts from 0 within the line.
    case expected(String, byte: Int)
    case notAnObject
    case duplicateName(String)

    /// What the user is told.
    var reason: RowFault.Reason {
        switch self {
        case .expected(let what, let byte): .notJSON(expected: what, column: byte + 1)
        case .notAnObject: .notAnObject
        case .duplicateName(let name): .duplicateName(name)
        }
    }
}

/// Reads one line of JSON (RFC 8259), which differs from Foundation's in three things that rows need: numbers keep
/// their digits, a name that occurs twice is an error, and a fault says the byte at which it stands.
struct JSONReader {
    /// How deep lists and objects may stand in one another.
    ///
    /// No row of data comes near it; an attack does.
    static let depthLimit = 64

    private let bytes: [UInt8]
    private var place = 0

    /// - Parameter bytes: UTF-8 that has been checked.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The names and cells of the object that the line holds, in order.
    mutating func row() throws(JSONFault) -> [(name: String, cell: JSONCell)] {
        skipSpace()
        guard current == UInt8(ascii: "{") else {
            _ = try cell(depth: 0)
            throw .notAnObject
        }
        let cells = try object(depth: 1)
        try end()
        return cells
    }

    /// The items of a flat JSON list of strings, numbers and truth values; nil if `text` is anything else.
    static func list(_ text: String) -> [String]? {
        var reader = JSONReader([UInt8](text.utf8))
        guard let items = try? reader.flatList() else { return nil }
        return items.count == items.compactMap(\.self).count ? items.compactMap(\.self) : nil
    }

    private mutating func flatList() throws(JSONFault) -> [String?] {
        skipSpace()
        let items = try array(depth: 1)
        try end()
        return items.map { if case .text(let text) = $0 { text } else { nil } }
    }

    // MARK: Grammar

    private mutating func object(depth: Int) throws(JSONFault) -> [(name: String, cell: JSONCell)] {
        try take("{", "an object")
        var cells: [(name: String, cell: JSONCell)] = []
        var names: Set<String> = []
        skipSpace()
        while current != UInt8(ascii: "}") {
            if !cells.isEmpty { try take(",", "',' or '}'") }
            skipSpace()
            let name = try string()
            guard names.insert(name).inserted else { throw .duplicateName(name) }
            skipSpace()
            try take(":", "':'")
            cells.append((name, try cell(depth: depth)))
            skipSpace()
        }
        place += 1
        return cells
    }

    private mutating func array(depth: Int) throws(JSONFault) -> [JSONCell] {
        try take("[", "a list")
        var cells: [JSONCell] = []
        skipSpace()
        while current != UInt8(ascii: "]") {
            if !cells.isEmpty { try take(",", "',' or ']'") }
            cells.append(try cell(depth: depth))
            skipSpace()
        }
        place += 1
        return cells
    }

    private mutating func cell(depth: Int) throws(JSONFault) -> JSONCell {
        skipSpace()
        switch current {
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "{"), UInt8(ascii: "["): return try nested(depth: depth + 1)
        case UInt8(ascii: "t"): return .text(try word("true"))
        case UInt8(ascii: "f"): return .text(try word("false"))
        case UInt8(ascii: "n"):
            _ = try word("null")
            return .null
        default: return .text(try number())
        }
    }

    private mutating func nested(depth: Int) throws(JSONFault) -> JSONCell {
        guard depth <= Self.depthLimit else {
            throw .expected("no more than \(Self.depthLimit) levels of lists and objects", byte: place)
        }
        let start = place
        if current == UInt8(ascii: "{") {
            _ = try object(depth: depth)
        } else {
            _ = try array(depth: depth)
        }
        return .nested(String(decoding: bytes[start..<place], as: UTF8.self))
    }

    private mutating func number() throws(JSONFault) -> String {
        let start = place
        if current == UInt8(ascii: "-") { place += 1 }
        let whole = place
        try digits("a value", from: start)
        if bytes[whole] == UInt8(ascii: "0"), place > whole + 1 {
            throw .expected("no 0 before a number", byte: whole)
        }
        if current == UInt8(ascii: ".") {
            place += 1
            try digits("a digit", from: place)
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            place += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { place += 1 }
            try digits("a digit", from: place)
        }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func digits(_ expected: String, from start: Int) throws(JSONFault) {
        let first = place
        while let byte = current, byte >= 0x30, byte <= 0x39 { place += 1 }
        guard place > first else { throw .expected(expected, byte: start) }
    }

    private mutating func word(_ word: String) throws(JSONFault) -> String {
        guard bytes[place...].starts(with: word.utf8) else { throw .expected("a value", byte: place) }
        place += word.utf8.count
        return word
    }

    // MARK: Strings

    private mutating func string() throws(JSONFault) -> String {
        try take("\"", "a name or text in quotes")
        var text: [UInt8] = []
        while let byte = current, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw .expected("no raw control character in text", byte: place) }
            place += 1
            if byte == UInt8(ascii: "\\") {
                try escape(into: &text)
            } else {
                text.append(byte)
            }
        }
        try take("\"", "a closing quote")
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONFault) {
        guard let byte = current else { throw .expected("an escape", byte: place) }
        place += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar()).utf8)
        default: throw .expected("one of the escapes of JSON", byte: place - 1)
        }
    }

    private mutating func escapedScalar() throws(JSONFault) -> Character {
        let start = place
        var value = try fourDigits()
        if value & 0xFC00 == 0xD800, bytes[place...].starts(with: "\\u".utf8) {
            place += 2
            let low = try fourDigits()
            guard low & 0xFC00 == 0xDC00 else {
                throw .expected("the second half of a surrogate pair", byte: place - 4)
            }
            value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw .expected("both halves of a surrogate pair", byte: start)
        }
        return Character(scalar)
    }

    private mutating func fourDigits() throws(JSONFault) -> UInt32 {
        let digits = bytes[place...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .expected("four hexadecimal digits", byte: place) }
        place += 4
        return value
    }

    // MARK: Bytes

    private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar, _ expected: String) throws(JSONFault) {
        guard current == UInt8(ascii: character) else { throw .expected(expected, byte: place) }
        place += 1
    }

    private mutating func end() throws(JSONFault) {
        skipSpace()
        guard place == bytes.count else { throw .expected("the end of the line", byte: place) }
    }
}
