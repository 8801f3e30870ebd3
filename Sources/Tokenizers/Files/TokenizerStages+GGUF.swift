extension TokenizerPipeline {
    /// Makes a tokenizer of the metadata of a GGUF file.
    ///
    /// - Throws: unknown models and splittings, lists of unequal length, and all that a vocabulary and merges
    ///   can break.
    public init(_ vocabulary: GGUFVocabulary) throws(TokenizerError) {
        try self.init(TokenizerStages(vocabulary))
    }
}

extension TokenizerStages {
    private enum Kind {
        static let unknown: Int32 = 2
        static let control: Int32 = 3
        static let userDefined: Int32 = 4
    }

    init(_ source: GGUFVocabulary) throws(TokenizerError) {
        let isScored = source.model == "llama"
        // Some writers spell runs of spaces that users defined as spaces; SentencePiece spells them as marks.
        let pieces = isScored ? source.pieces.map { Self.marked($0) } : source.pieces
        guard source.kinds.isEmpty || source.kinds.count == pieces.count else {
            throw .unequalCounts(
                first: "pieces", firstCount: pieces.count, second: "token types",
                secondCount: source.kinds.count)
        }
        let vocabulary = try Vocabulary(pieces)
        switch source.model {
        case "gpt2":
            segmenter = .bytePair(try BytePairSegmenter(byteLevel: source, vocabulary))
            splitters = try Self.splitters(source.splitting) + [.bytes]
            decoders = [.bytes]
        case "llama":
            segmenter = .bytePair(try BytePairSegmenter(scored: source, vocabulary))
            let mark = Array("▁".utf8)
            normalizers = [.replace(Pattern(literal: " "), with: mark)]
            decoders = [.replace(Pattern(literal: "▁"), with: [0x20]), .byteFallback, .fuse]
            if source.addsSpacePrefix ?? true {
                normalizers.insert(.prepend(mark), at: 0)
                decoders?.append(.strip(content: 0x20, start: 1, stop: 0))
            }
        default: throw .unknownKind(stage: "tokenizer.ggml.model", kind: source.model)
        }
        for (id, kind) in source.kinds.enumerated() where Kind.unknown...Kind.userDefined ~= kind {
            // Runs of spaces arise by merging; in the text itself they are not yet marks.
            if isScored, kind == Kind.userDefined, pieces[id].utf8.starts(with: "▁".utf8) { continue }
            added.append(
                AddedToken(
                    id: Int32(id), content: Array(pieces[id].utf8), isSpecial: kind != Kind.userDefined))
        }
        roles = source.roles
        framing = try Self.framing(source)
    }

    private static func marked(_ piece: String) -> String {
        guard piece.utf8.contains(0x20) else { return piece }
        return String(String.UnicodeScalarView(piece.unicodeScalars.map { $0 == " " ? "▁" : $0 }))
    }

    private static func splitters(_ name: String?) throws(TokenizerError) -> [Splitter] {
        switch name {
        case nil, "default", "gpt-2", "gpt2", "mpt", "olmo", "jais", "phi-2", "trillion", "roberta-bpe":
            [.scan(WordScanner(.gpt2))]
        case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
            [.digits(each: true), .scan(WordScanner(.gpt2))]
        case "llama-bpe", "llama3", "llama-v3", "smaug-bpe", "dbrx": [.scan(WordScanner(.llama3))]
        case "qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez": [.scan(WordScanner(.qwen2))]
        case let name?: throw .unknownKind(stage: "tokenizer.ggml.pre", kind: name)
        }
    }

    private static func framing(_ source: GGUFVocabulary) throws(TokenizerError) -> Framing {
        var around: (prefix: [Int32], suffix: [Int32]) = ([], [])
        if source.addsBeginning ?? (source.model == "llama") {
            guard let beginning = source.roles.beginning else {
                throw .missing(field: "tokenizer.ggml.bos_token_id")
            }
            around.prefix = [beginning]
        }
        if source.addsEnd ?? false {
            guard let end = source.roles.end else { throw .missing(field: "tokenizer.ggml.eos_token_id") }
            around.suffix = [end]
        }
        return Framing(
            single: [
                .tokens(around.prefix, segment: 0), .first(segment: 0), .tokens(around.suffix, segment: 0),
            ],
            pair: [
                .tokens(around.prefix, segment: 0), .first(segment: 0), .tokens(around.suffix, segment: 0),
                .tokens(around.prefix, segment: 1), .second(segment: 1), .tokens(around.suffix, segment: 1),
            ])
    }
}

extension BytePairSegmenter {
    /// Byte-level BPE.
    fileprivate init(byteLevel source: GGUFVocabulary, _ vocabulary: Vocabulary) throws(TokenizerError) {
        var merges = MergeTable(capacity: source.merges.count)
        for (index, merge) in source.merges.enumerated() {
            var pair = Array(merge.utf8)
            let border = try MergeTable.split(&pair, index)
            try merges.insert(pair, border: border, index, vocabulary, innerPrefix: 0)
        }
        self.init(
            vocabulary: vocabulary, merges: merges, byteUnits: vocabulary.byteUnits(), usesByteAlphabet: true,
            keepsWholeWords: ["llama-bpe", "llama3", "llama-v3"].contains(source.splitting),
            unknown: nil, fusesUnknown: false, byteFallback: nil, innerPrefix: [], endSuffix: [], borders: nil
        )
    }

    /// SentencePiece's BPE: any two neighbours merge that make a piece, the one with the best score first.
    fileprivate init(scored source: GGUFVocabulary, _ vocabulary: Vocabulary) throws(TokenizerError) {
        guard source.scores.count == source.pieces.count else {
            throw .unequalCounts(
                first: "pieces", firstCount: source.pieces.count, second: "scores",
                secondCount: source.scores.count)
        }
        self.init(
            vocabulary: vocabulary, merges: MergeTable(source, vocabulary), byteUnits: nil,
            usesByteAlphabet: false, keepsWholeWords: false, unknown: source.roles.unknown,
            fusesUnknown: true,
            byteFallback: vocabulary.byteFallback(), innerPrefix: [], endSuffix: [],
            borders: MarkBorders(vocabulary))
    }
}

extension MergeTable {
    /// All ways to make a piece of two others, the best score first; equal scores have equal ranks.
    ///
    /// Pieces that users defined come before all, one after the other, with the longest left side first: so
    /// the reference turns SentencePiece's rule, that they are found before anything merges, into merges.
    fileprivate init(_ source: GGUFVocabulary, _ vocabulary: Vocabulary) {
        let scores = source.scores
        let isDefined = { (id: Int) in !source.kinds.isEmpty && source.kinds[id] == 4 }
        let order = scores.indices.filter { !isDefined($0) }.sorted { scores[$0] > scores[$1] }
        var merges: [(left: Int32, right: Int32, merge: Merge)] = []
        var rank: UInt32 = 0
        for id in scores.indices where isDefined(id) {
            for (left, right) in vocabulary.halves(of: Int32(id)).reversed() {
                merges.append((left, right, Merge(rank: rank, id: Int32(id))))
                rank += 1
            }
        }
        for (position, id) in order.enumerated() {
            if position > 0, scores[order[position - 1]] != scores[id] { rank += 1 }
            for (left, right) in vocabulary.halves(of: Int32(id)) {
                merges.append((left, right, Merge(rank: rank, id: Int32(id))))
            }
        }
        self.init(capacity: merges.count)
        for (left, right, merge) in merges { insert(left, right, merge) }
    }
}

extension Vocabulary {
    /// The pairs of pieces that a piece can be cut into, the shortest left side first.
    fileprivate func halves(of id: Int32) -> [(left: Int32, right: Int32)] {
        guard let range = range(of: id), !range.isEmpty else { return [] }
        var result: [(left: Int32, right: Int32)] = []
        var border = range.lowerBound + scalarLength(bytes[range.lowerBound])
        while border < range.upperBound {
            if let left = self.id(of: bytes, range.lowerBound..<border),
                let right = self.id(of: bytes, border..<range.upperBound)
            {
                result.append((left, right))
            }
            border += scalarLength(bytes[border])
        }
        return result
    }
}
