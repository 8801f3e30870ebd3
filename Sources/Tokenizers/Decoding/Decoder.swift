/// Turns the spellings of pieces back into text.
enum Decoder: Sendable {
    /// The pieces spell bytes in the byte alphabet.
    case bytes
    /// `<0x41>` is the byte 41; bytes that are not UTF-8 become U+FFFD each.
    case byteFallback
    /// All pieces become one.
    case fuse
    case replace(Pattern, with: [UInt8])
    /// Takes up to `start` and `stop` times the character `content` from both ends of each piece.
    case strip(content: UInt32, start: Int, stop: Int)
    case metaspace(Metaspace)
    /// `##` joins, everything else is set apart by spaces.
    case wordPiece(prefix: [UInt8], tidies: Bool)
    /// A suffix ends a word.
    case suffix([UInt8])

    func apply(to pieces: inout [[UInt8]]) {
        switch self {
        case .bytes:
            var bytes: [UInt8] = []
            for piece in pieces { ByteAlphabet.append(piece, to: &bytes) }
            pieces = [Array(String(decoding: bytes, as: UTF8.self).utf8)]
        case .byteFallback: pieces = Self.joinBytes(pieces)
        case .fuse: pieces = [Array(pieces.joined())]
        case .replace(let pattern, let content):
            for index in pieces.indices { pieces[index].replace(pattern, with: content) }
        case .strip(let content, let start, let stop):
            for index in pieces.indices { pieces[index].strip(content, start: start, stop: stop) }
        case .metaspace(let metaspace): metaspace.undo(&pieces)
        case .wordPiece(let prefix, let tidies): Self.joinWords(&pieces, prefix, tidies)
        case .suffix(let suffix):
            let pattern = Pattern(literal: String(decoding: suffix, as: UTF8.self))
            for index in pieces.indices {
                pieces[index].replace(pattern, with: index == pieces.count - 1 ? [] : [0x20])
            }
        }
    }

    /// The byte that a piece like `<0x41>` stands for.
    private static func byte(_ piece: [UInt8]) -> UInt8? {
        guard piece.count == 6, piece.starts(with: Array("<0x".utf8)), piece[5] == UInt8(ascii: ">") else {
            return nil
        }
        return UInt8(String(decoding: piece[3..<5], as: UTF8.self), radix: 16)
    }

    private static func joinBytes(_ pieces: [[UInt8]]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var pending: [UInt8] = []
        let flush = { (result: inout [[UInt8]], pending: inout [UInt8]) in
            guard !pending.isEmpty else { return }
            if firstInvalidByte(of: pending) == nil {
                result.append(pending)
            } else {
                result += pending.map { _ in [0xEF, 0xBF, 0xBD] }
            }
            pending = []
        }
        for piece in pieces {
            if let byte = byte(piece) {
                pending.append(byte)
            } else {
                flush(&result, &pending)
                result.append(piece)
            }
        }
        flush(&result, &pending)
        return result
    }

    private static func joinWords(_ pieces: inout [[UInt8]], _ prefix: [UInt8], _ tidies: Bool) {
        for index in pieces.indices {
            if index > 0 {
                if !prefix.isEmpty, pieces[index].starts(with: prefix) {
                    pieces[index].removeFirst(prefix.count)
                } else {
                    pieces[index].insert(0x20, at: 0)
                }
            }
            guard tidies, mayBeUntidy(pieces[index]) else { continue }
            for (pattern, text) in tidying { pieces[index].replace(pattern, with: text) }
        }
    }

    /// Whether a piece has a space at all that tidying could take away; nearly none has.
    private static func mayBeUntidy(_ piece: [UInt8]) -> Bool {
        guard let space = piece.firstIndex(of: 0x20) else { return false }
        return piece[(space + 1)...].contains { ".?!,'nd".utf8.contains($0) }
    }

    /// English spacing that BERT's splitter took apart.
    private static let tidying: [(Pattern, [UInt8])] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { (Pattern(literal: $0.0), Array($0.1.utf8)) }
}

extension [UInt8] {
    fileprivate mutating func strip(_ content: UInt32, start: Int, stop: Int) {
        var first = 0
        var last = count
        for _ in 0..<start where first < last {
            let (scalar, length) = scalar(at: first)
            if scalar != content { break }
            first += length
        }
        for _ in 0..<stop where first < last {
            let index = scalarStart(before: last)
            if scalar(at: index).value != content { break }
            last = index
        }
        self = [UInt8](self[first..<last])
    }
}

extension Metaspace {
    /// Turns marks into spaces; marks of the first piece are dropped if one was put there.
    fileprivate func undo(_ pieces: inout [[UInt8]]) {
        let pattern = Pattern(literal: String(decoding: mark, as: UTF8.self))
        for index in pieces.indices {
            pieces[index].replace(pattern, with: index == 0 && prefix != .never ? [] : [0x20])
        }
    }
}

extension Decoder {
    /// Reads the `decoder` of a tokenizer file.
    ///
    /// - Throws: unknown kinds and settings.
    static func read(_ value: JSONValue) throws(TokenizerError) -> [Decoder] {
        let kind = try value.kindName()
        switch kind {
        case "Sequence":
            var decoders: [Decoder] = []
            for element in try value.required("decoders").elements() { decoders += try read(element) }
            return decoders
        case "ByteLevel": return [.bytes]
        case "ByteFallback": return [.byteFallback]
        case "Fuse": return [.fuse]
        case "Replace":
            let content = try value.required("content").bytes()
            return [.replace(try Pattern(value.required("pattern")), with: content)]
        case "Strip":
            let content = try value.required("content")
            guard let scalar = try content.text().unicodeScalars.first else {
                throw content.wrongType("a character")
            }
            let start = max(0, try value.required("start").integer())
            return [
                .strip(
                    content: scalar.value, start: start, stop: max(0, try value.required("stop").integer()))
            ]
        case "Metaspace": return [.metaspace(try Metaspace(value, stage: "decoder"))]
        case "WordPiece":
            let prefix = try value.optional("prefix")?.bytes() ?? Array("##".utf8)
            return [.wordPiece(prefix: prefix, tidies: try value.flag("cleanup", default: true))]
        case "BPEDecoder": return [.suffix(try value.optional("suffix")?.bytes() ?? Array("</w>".utf8))]
        default: throw .unknownKind(stage: "decoder", kind: kind)
        }
    }
}
