extension TokenizerStages {
    /// Reads a `tokenizer.json`.
    init(json root: JSONValue, _ roles: TokenRoles) throws(TokenizerError) {
        normalizers = try Normalizer.read(root.optional("normalizer"))
        splitters = try Splitter.read(root.optional("pre_tokenizer"))
        let usesBytes = if case .bytes? = splitters.last { true } else { false }
        segmenter = try Segmenter.read(root.required("model"), usesBytes: usesBytes)
        framing = try Framing.read(root.optional("post_processor"))
        decoders = try root.optional("decoder").map { (value) throws(TokenizerError) in
            try Decoder.read(value)
        }
        added = try Self.addedTokens(root.optional("added_tokens"), segmenter.vocabulary)
        let (added, vocabulary) = (added, segmenter.vocabulary)
        self.roles = roles.specialTokens { content in
            added.first { $0.content == content }?.id ?? vocabulary.id(of: content)
        }
    }

    private static func addedTokens(
        _ list: JSONValue?, _ vocabulary: Vocabulary
    ) throws(TokenizerError) -> [AddedToken] {
        guard let elements = try list?.elements() else { return [] }
        var tokens: [AddedToken] = []
        var contents: [Int32: [UInt8]] = [:]
        for element in elements {
            let token = try AddedToken(element)
            let limit = Vocabulary.idLimit(pieces: vocabulary.count + elements.count)
            let piece = String(decoding: token.content, as: UTF8.self)
            guard Int(token.id) < limit else { throw .idOutOfRange(piece: piece, id: Int(token.id)) }
            // An added token may repeat a piece of the vocabulary, under the same id only.
            let known = vocabulary.id(of: token.content)
            let owner = vocabulary.piece(token.id).map { Array($0) } ?? contents[token.id]
            guard known == nil || known == token.id, owner == nil || owner == token.content else {
                throw .addedTokenConflict(piece: piece, id: Int(token.id))
            }
            contents[token.id] = token.content
            tokens.append(token)
        }
        return tokens
    }
}

extension AddedToken {
    init(_ value: JSONValue) throws(TokenizerError) {
        let number = try value.required("id").integer()
        content = try value.required("content").bytes()
        guard let id = Int32(exactly: number), id >= 0 else {
            throw .idOutOfRange(piece: String(decoding: content, as: UTF8.self), id: number)
        }
        self.id = id
        isSingleWord = try value.flag("single_word", default: false)
        stripsLeft = try value.flag("lstrip", default: false)
        stripsRight = try value.flag("rstrip", default: false)
        isSpecial = try value.flag("special", default: false)
        isNormalized = try value.flag("normalized", default: !isSpecial)
    }
}

extension TokenizerStages {
    /// Reads BERT's `vocab.txt`: a piece a line, its id the number of the line from 0.
    init(wordPieceList bytes: [UInt8], _ roles: TokenRoles) throws(TokenizerError) {
        if let offset = firstInvalidByte(of: bytes) { throw .invalidUTF8(offset: offset) }
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { $0.last == 0x0D ? $0.dropLast() : $0 }
        if lines.last?.isEmpty == true { lines.removeLast() }
        let vocabulary = try Vocabulary(
            bytes: bytes, entries: lines.enumerated().map { ($1.startIndex..<$1.endIndex, $0) })
        let token = { (role: String, name: String) throws(TokenizerError) -> Int32 in
            let content = roles.contents[role] ?? Array(name.utf8)
            guard let id = vocabulary.id(of: content) else {
                throw .unknownToken(field: role, piece: String(decoding: content, as: UTF8.self))
            }
            return id
        }
        let unknown = try token("unk_token", "[UNK]")
        let classifier = try token("cls_token", "[CLS]")
        let separator = try token("sep_token", "[SEP]")
        segmenter = .wordPiece(
            WordPieceSegmenter(
                vocabulary: vocabulary, unknown: unknown, innerPrefix: Array("##".utf8), characterLimit: 100))
        normalizers = [
            .bert(
                BertNormalization(
                    spacesIdeographs: roles.spacesIdeographs,
                    stripsAccents: roles.stripsAccents ?? roles.lowercases, lowercases: roles.lowercases))
        ]
        splitters = [.bert]
        decoders = [.wordPiece(prefix: Array("##".utf8), tidies: true)]
        framing = .bert(classifier: classifier, separator: separator)
        self.roles = roles.specialTokens { vocabulary.id(of: $0) }
        for name in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map({ Array($0.utf8) })
            + roles.contents.values
        {
            guard let id = vocabulary.id(of: name), !added.contains(where: { $0.id == id }) else { continue }
            added.append(AddedToken(id: id, content: name, isSpecial: true))
        }
    }
}

extension Framing {
    /// `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`.
    static func bert(classifier: Int32, separator: Int32) -> Framing {
        Framing(
            single: [
                .tokens([classifier], segment: 0), .first(segment: 0), .tokens([separator], segment: 0),
            ],
            pair: [
                .tokens([classifier], segment: 0), .first(segment: 0), .tokens([separator], segment: 0),
                .second(segment: 1), .tokens([separator], segment: 1),
            ])
    }
}
