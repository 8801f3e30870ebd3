import Foundation

/// Reads JSON strictly (RFC 8259), with limits, and refuses an object that has a key twice.
///
/// Foundation's parsers keep one of two equal keys in silence; in a tensor table that hides a tensor.
struct JSONParser {
    private let bytes: [UInt8]
    private let file: String
    private let allowsNonFinite: Bool
    private var position = 0
    private var depth = 0

    /// The value that all of `bytes` spell.
    ///
    /// - Parameters:
    ///   - bytes: the whole text, UTF-8.
    ///   - file: where it is from, for error messages.
    ///   - allowsNonFinite: whether `NaN`, `Infinity` and `-Infinity` are numbers. Python writes them into
    ///     configurations, against the standard.
    /// - Returns: the value.
    /// - Throws: ``CheckpointError`` with the place of the first fault.
    static func parse(
        _ bytes: [UInt8], file: String, allowsNonFinite: Bool = false
    ) throws(CheckpointError) -> JSONValue {
        guard bytes.count <= Limits.jsonBytes else {
            throw CheckpointError(file, .jsonTooLarge(bytes: bytes.count, limit: Limits.jsonBytes))
        }
        var parser = JSONParser(bytes: bytes, file: file, allowsNonFinite: allowsNonFinite)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.failure("something follows the value") }
        return value
    }

    private init(bytes: [UInt8], file: String, allowsNonFinite: Bool) {
        self.bytes = bytes
        self.file = file
        self.allowsNonFinite = allowsNonFinite
    }

    private func failure(_ reason: String) -> CheckpointError {
        CheckpointError(file, .invalidJSON(offset: position, reason: reason))
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let letters = Array(word.description.utf8)
        guard bytes[position...].starts(with: letters) else { return false }
        position += letters.count
        return true
    }

    private mutating func value() throws(CheckpointError) -> JSONValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try nested { parser throws(CheckpointError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(CheckpointError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case .some(UInt8(ascii: "0")...UInt8(ascii: "9")), UInt8(ascii: "-"): return try number()
        default: break
        }
        if take(word: "true") { return .bool(true) }
        if take(word: "false") { return .bool(false) }
        if take(word: "null") { return .null }
        if allowsNonFinite, take(word: "NaN") { return .number(.nan) }
        if allowsNonFinite, take(word: "Infinity") { return .number(.infinity) }
        throw failure(next == nil ? "the text ends where a value should begin" : "no value begins here")
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(CheckpointError) -> JSONValue
    ) throws(CheckpointError) -> JSONValue {
        guard depth < Limits.jsonDepth else {
            throw CheckpointError(file, .jsonTooDeep(limit: Limits.jsonDepth))
        }
        depth += 1
        position += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(CheckpointError) -> JSONValue {
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("a key should begin here") }
            let key = try string()
            skipSpace()
            guard take(":") else { throw failure("a colon should follow the key") }
            guard members.updateValue(try value(), forKey: key) == nil else {
                throw CheckpointError(file, .duplicateKey(key))
            }
            skipSpace()
        } while take(",")
        guard take("}") else { throw failure("the object does not end") }
        return .object(members)
    }

    private mutating func array() throws(CheckpointError) -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(elements) }
        repeat {
            elements.append(try value())
            skipSpace()
        } while take(",")
        guard take("]") else { throw failure("the list does not end") }
        return .array(elements)
    }

    private mutating func digits() -> Bool {
        let start = position
        while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
        return position > start
    }

    private mutating func number() throws(CheckpointError) -> JSONValue {
        let start = position
        let isNegative = take("-")
        if isNegative, allowsNonFinite, take(word: "Infinity") { return .number(-.infinity) }
        if !take("0"), !digits() { throw failure("a number needs digits") }
        let endOfWhole = position
        if take("."), !digits() { throw failure("digits should follow the point") }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            if !digits() { throw failure("digits should follow the exponent's sign") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if position == endOfWhole, let whole = Int(text) { return .integer(whole) }
        guard let value = Double(text), value.isFinite else { throw failure("the number is too large") }
        return .number(value)
    }

    private mutating func string() throws(CheckpointError) -> String {
        position += 1
        var units: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let text = String(validating: units, as: UTF8.self) else {
                    throw failure("the text is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): units.append(contentsOf: String(try escaped()).utf8)
            case 0..<0x20: throw failure("a control character stands in a text")
            default:
                units.append(byte)
                position += 1
            }
        }
        throw failure("the text does not end")
    }

    private mutating func escaped() throws(CheckpointError) -> Unicode.Scalar {
        position += 1
        guard let byte = next else { throw failure("the text does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try escapedScalar()
        default: throw failure("an unknown escape stands in a text")
        }
    }

    /// The scalar of `\uXXXX`, or of a pair of surrogates so written.
    private mutating func escapedScalar() throws(CheckpointError) -> Unicode.Scalar {
        let high = try hexUnit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, take("\\"), take("u") else {
            throw failure("half of a surrogate pair stands alone")
        }
        let low = try hexUnit()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw failure("half of a surrogate pair stands alone") }
        return scalar
    }

    private mutating func hexUnit() throws(CheckpointError) -> UInt32 {
        let end = position + 4
        guard end <= bytes.count else { throw failure("the text does not end") }
        var unit: UInt32 = 0
        for byte in bytes[position..<end] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("an escape needs four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
        }
        position = end
        return unit
    }
}
