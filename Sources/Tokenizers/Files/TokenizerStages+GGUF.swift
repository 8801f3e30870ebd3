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
        let pieces = source.pieces
        guard source.kinds.isEmpty || source.kinds.count == pieces.count else {
            throw .unequalCounts(
                first: "pieces", firstCount: pieces.count, second: "token types", secondCount: source.kinds.count)
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
            added.append(
                AddedToken(id: Int32(id), content: Array(pieces[id].utf8), isSpecial: kind != Kind.userDefined))
        }
        roles = source.roles
        framing = try Self.framing(source)
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
            guard let beginning = source.roles.beginning else { throw .missing(field: "tokenizer.ggml.bos_token_id") }
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
            unknown: nil, fusesUnknown: false, byteFallback: nil, innerPrefix: [], endSuffix: [])
    }

    /// SentencePiece's BPE: any two neighbours merge that make a piece, the one with the best score first.
    fileprivate init(scored source: GGUFVocabulary, _ vocabulary: Vocabulary) throws(TokenizerError) {
        guard source.scores.count == source.pieces.count else {
            throw .unequalCounts(
                first: "pieces", firstCount: source.pieces.count, second: "scores",
                secondCount: source.scores.count)
        }
        self.init(
            vocabulary: vocabulary, merges: MergeTable(scores: source.scores, vocabulary), byteUnits: nil,
            usesByteAlphabet: false, keepsWholeWords: false, unknown: source.roles.unknown, fusesUnknown: true,
            byteFallback: vocabulary.byteFallback(), innerPrefix: [], endSuffix: [])
    }
}

extension MergeTable {
    /// All ways to make a piece of two others; pieces with equal scores have equal ranks.
    fileprivate init(scores: [Float], _ vocabulary: Vocabulary) {
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var merges: [(left: Int32, right: Int32, merge: Merge)] = []
        var rank: UInt32 = 0
        for (position, id) in order.enumerated() {
            if position > 0, scores[order[position - 1]] != scores[id] { rank += 1 }
            guard let range = vocabulary.range(of: Int32(id)), !range.isEmpty else { continue }
            var border = range.lowerBound + scalarLength(vocabulary.bytes[range.lowerBound])
            while border < range.upperBound {
                if let left = vocabulary.id(of: vocabulary.bytes, range.lowerBound..<border),
                    let right = vocabulary.id(of: vocabulary.bytes, border..<range.upperBound)
                {
                    merges.append((left, right, Merge(rank: rank, id: Int32(id))))
                }
                border += scalarLength(vocabulary.bytes[border])
            }
        }
        self.init(capacity: merges.count)
        for (left, right, merge) in merges { insert(left, right, merge) }
    }
}
