extension Segmenter {
    /// Reads the `model` of a tokenizer file.
    ///
    /// `usesBytes` says that the words which arrive are bytes, after a `ByteLevel` splitter.
    static func read(_ value: JSONValue, usesBytes: Bool) throws(TokenizerError) -> Segmenter {
        let kind = try kind(of: value)
        switch kind {
        case "BPE": return .bytePair(try BytePairSegmenter(value, usesBytes: usesBytes))
        case "WordPiece":
            if usesBytes { break }
            return .wordPiece(try WordPieceSegmenter(value))
        case "Unigram":
            if usesBytes { break }
            return .unigram(try UnigramSegmenter(value))
        default: throw .unknownKind(stage: "model", kind: kind)
        }
        throw .unsupportedSetting(stage: "pre_tokenizer", setting: "ByteLevel", value: "bytes for \(kind)")
    }

    private static func kind(of value: JSONValue) throws(TokenizerError) -> String {
        if let name = try value.optionalText("type") { return name }
        // Files of early versions do not say which model they hold.
        if try value.optional("merges") != nil { return "BPE" }
        return try value.required("vocab").kind == .array ? "Unigram" : "WordPiece"
    }
}

extension Vocabulary {
    /// The id of the token that a text field names, if the field is there.
    func token(_ field: String, of value: JSONValue) throws(TokenizerError) -> Int32? {
        guard let name = try value.optional(field) else { return nil }
        guard let id = id(of: try name.bytes()) else {
            throw .unknownToken(field: name.path, piece: try name.text())
        }
        return id
    }
}

extension BytePairSegmenter {
    init(_ value: JSONValue, usesBytes: Bool) throws(TokenizerError) {
        if let dropout = try value.optional("dropout"), try dropout.number() != 0 {
            throw .unsupportedSetting(stage: "model", setting: "dropout", value: "\(try dropout.number())")
        }
        let vocabulary = try Vocabulary(json: value.required("vocab"))
        innerPrefix = try value.optional("continuing_subword_prefix")?.bytes() ?? []
        endSuffix = try value.optional("end_of_word_suffix")?.bytes() ?? []
        merges = try MergeTable(value.required("merges"), vocabulary, innerPrefix: innerPrefix.count)
        usesByteAlphabet = usesBytes
        byteUnits = usesBytes && innerPrefix.isEmpty && endSuffix.isEmpty ? vocabulary.byteUnits() : nil
        keepsWholeWords = try value.flag("ignore_merges", default: false)
        // An empty name is how some files say that there is none.
        let hasUnknown = try value.optionalText("unk_token")?.isEmpty == false
        unknown = hasUnknown ? try vocabulary.token("unk_token", of: value) : nil
        fusesUnknown = try value.flag("fuse_unk", default: false)
        byteFallback = try value.flag("byte_fallback", default: false) ? vocabulary.byteFallback() : nil
        let isPlain = innerPrefix.isEmpty && endSuffix.isEmpty && !usesBytes && !keepsWholeWords
        borders = isPlain ? MarkBorders(vocabulary) : nil
        self.vocabulary = vocabulary
    }
}

extension MergeTable {
    /// Reads merges in either spelling, `"a b"` or `["a", "b"]`.
    init(_ value: JSONValue, _ vocabulary: Vocabulary, innerPrefix: Int) throws(TokenizerError) {
        let nodes = try value.elementNodes()
        self.init(capacity: nodes.count)
        var pair: [UInt8] = []
        for (index, node) in nodes.enumerated() {
            pair.removeAll(keepingCapacity: true)
            let border = try Self.readPair(value, index, node, &pair)
            try insert(pair, border: border, index, vocabulary, innerPrefix: innerPrefix)
        }
    }

    /// Reads one merge into `pair`; returns where its second piece starts.
    private static func readPair(
        _ value: JSONValue, _ index: Int, _ node: Int, _ pair: inout [UInt8]
    ) throws(TokenizerError) -> Int {
        let document = value.document
        if document.nodes[node].kind == .array {
            // Half a million of these: no lists, no paths.
            let end = Int(document.nodes[node].next)
            let sides = (node + 1, node + 2)
            guard sides.1 + 1 == end, document.isText(sides.0), document.isText(sides.1) else {
                throw .malformedMerge(index: index, text: document.source(of: node))
            }
            document.appendText(of: sides.0, to: &pair)
            let border = pair.count
            document.appendText(of: sides.1, to: &pair)
            return border
        }
        guard document.isText(node) else {
            throw .wrongType(field: "\(value.path)[\(index)]", expected: "a text or a list of two")
        }
        document.appendText(of: node, to: &pair)
        return try split(&pair, index)
    }

    /// Cuts `"a b"` at its only space, which is taken out.
    static func split(_ pair: inout [UInt8], _ index: Int) throws(TokenizerError) -> Int {
        guard let border = pair.firstIndex(of: 0x20), border > 0, border < pair.count - 1,
            pair.lastIndex(of: 0x20) == border
        else { throw .malformedMerge(index: index, text: String(decoding: pair, as: UTF8.self)) }
        pair.remove(at: border)
        return border
    }

    /// Adds the merge of the two sides of `pair`.
    mutating func insert(
        _ pair: [UInt8], border: Int, _ index: Int, _ vocabulary: Vocabulary, innerPrefix: Int
    ) throws(TokenizerError) {
        let outside = { (range: Range<Int>) in
            TokenizerError.mergeOutsideVocabulary(
                index: index, piece: String(decoding: pair[range], as: UTF8.self))
        }
        guard let left = vocabulary.id(of: pair, 0..<border) else { throw outside(0..<border) }
        guard let right = vocabulary.id(of: pair, border..<pair.count) else {
            throw outside(border..<pair.count)
        }
        var product = vocabulary.id(of: pair, 0..<pair.count)
        if innerPrefix > 0 {
            let rest = pair.dropFirst(border + min(innerPrefix, pair.count - border))
            product = vocabulary.id(of: Array(pair[..<border] + rest))
        }
        guard let product else { throw outside(0..<pair.count) }
        insert(left, right, Merge(rank: UInt32(index), id: product))
    }
}

extension WordPieceSegmenter {
    init(_ value: JSONValue) throws(TokenizerError) {
        let vocabulary = try Vocabulary(json: value.required("vocab"))
        guard let unknown = try vocabulary.token("unk_token", of: value) else {
            throw .missing(field: "\(value.path).unk_token")
        }
        let limit = try value.optional("max_input_chars_per_word")?.integer() ?? 100
        self.init(
            vocabulary: vocabulary, unknown: unknown,
            innerPrefix: try value.optional("continuing_subword_prefix")?.bytes() ?? Array("##".utf8),
            characterLimit: limit)
    }
}

extension UnigramSegmenter {
    init(_ value: JSONValue) throws(TokenizerError) {
        let list = try value.required("vocab")
        var bytes: [UInt8] = []
        var entries: [(range: Range<Int>, id: Int)] = []
        var scores: [Double] = []
        for entry in try list.elements() {
            let sides = try entry.elements()
            guard sides.count == 2 else { throw entry.wrongType("a piece and its score") }
            let start = bytes.count
            bytes += try sides[0].bytes()
            entries.append((start..<bytes.count, entries.count))
            scores.append(try sides[1].number())
        }
        let vocabulary = try Vocabulary(bytes: bytes, entries: entries)
        let unknown = try value.optional("unk_id")?.integer()
        let fallback = try value.flag("byte_fallback", default: false) ? vocabulary.byteFallback() : nil
        if let unknown, vocabulary.range(of: Int32(clamping: unknown)) == nil {
            throw .unknownToken(field: "\(value.path).unk_id", piece: "\(unknown)")
        }
        if unknown == nil, fallback?.contains(-1) ?? true { throw .missing(field: "\(value.path).unk_id") }
        self.init(
            vocabulary: vocabulary, scores: scores, unknown: unknown.map { Int32(clamping: $0) },
            byteFallback: fallback)
    }
}
