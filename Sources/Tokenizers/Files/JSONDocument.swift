/// A JSON text and an index of its values, made for vocabularies of several hundred thousand entries.
///
/// Foundation's reader would lose what matters here: it makes `String` keys, which are compared by canonical
/// equivalence, so that two pieces that differ only in composition would become one. This one keeps bytes,
/// allocates nothing for a value, and reads the number in a value only when it is asked for.
final class JSONDocument: Sendable {
    enum Kind: UInt8 { case object, array, text, escapedText, number, yes, no, null }

    /// A value: its bytes (without the quotes of a text), and the node after everything inside it.
    ///
    /// The nodes of an object are key, value, key, value …, those of an array its elements.
    struct Node {
        var kind: Kind
        var start: UInt32
        var end: UInt32
        var next: UInt32
    }

    let bytes: [UInt8]
    let nodes: [Node]

    /// Reads and checks the whole text.
    ///
    /// - Throws: ``TokenizerError/notJSON(offset:reason:)``, ``TokenizerError/invalidUTF8(offset:)``.
    init(_ bytes: [UInt8]) throws(TokenizerError) {
        if let offset = firstInvalidByte(of: bytes) { throw .invalidUTF8(offset: offset) }
        var reader = JSONReader(bytes: bytes)
        try reader.document()
        self.bytes = bytes
        nodes = reader.nodes
    }

    var root: JSONValue { JSONValue(document: self, index: 0, path: "") }

    func isText(_ node: Int) -> Bool { nodes[node].kind == .text || nodes[node].kind == .escapedText }

    /// A value as the file spells it, shortened for messages.
    func source(of node: Int) -> String {
        String(decoding: bytes[Int(nodes[node].start)..<Int(nodes[node].end)].prefix(80), as: UTF8.self)
    }

    /// Appends the text of a text node, escapes resolved.
    func appendText(of node: Int, to target: inout [UInt8]) {
        let span = nodes[node]
        let range = Int(span.start)..<Int(span.end)
        if span.kind == .text {
            target.append(contentsOf: bytes[range])
        } else {
            unescape(range, into: &target)
        }
    }

    private func unescape(_ range: Range<Int>, into target: inout [UInt8]) {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                target.append(byte)
                continue
            }
            let escape = bytes[index]
            index += 1
            guard escape == UInt8(ascii: "u") else {
                target.append(plainEscape(escape) ?? escape)
                continue
            }
            var scalar = hexadecimal(bytes, at: index) ?? 0xFFFD
            index += 4
            if scalar & 0xFC00 == 0xD800 {
                let low = hexadecimal(bytes, at: index + 2) ?? 0
                scalar = 0x10000 + (scalar & 0x3FF) << 10 + (low & 0x3FF)
                index += 6
            }
            target.append(scalar: scalar)
        }
    }
}

/// The byte that a one-letter escape stands for.
func plainEscape(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
}

/// Four hexadecimal digits as a number.
func hexadecimal(_ bytes: [UInt8], at index: Int) -> UInt32? {
    guard index >= 0, index + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for offset in 0..<4 {
        guard let digit = Character(Unicode.Scalar(bytes[index + offset])).hexDigitValue else { return nil }
        value = value << 4 | UInt32(digit)
    }
    return value
}

/// Where the bytes stop being UTF-8; `nil` if they are.
func firstInvalidByte(of bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    var offset = 0
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { offset += UTF8.width(scalar) }
    return offset
}
