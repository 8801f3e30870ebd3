/// A tokenizer made of the five stages that tokenizer files describe.
///
/// A text is cut at added tokens, normalized, split into words, and each word is segmented into pieces.
/// Framing adds what the model expects around a sequence; decoding undoes the spelling of pieces.
/// The ids are those of the reference implementation (Hugging Face `tokenizers`), tested on its own output.
///
/// The value is immutable and may be used from many threads; they share a pool of word caches.
public struct TokenizerPipeline: Tokenizer {
    let normalizers: [Normalizer]
    let splitters: [Splitter]
    let segmenter: Segmenter
    let template: Framing
    let decoders: [Decoder]?
    let added: AddedTokens
    private let pool = ScratchPool()

    /// The tokens that have a role instead of a text.
    public let specialTokens: SpecialTokens

    /// One more than the largest id.
    public let vocabularySize: Int

    /// The same tokenizer without the special tokens from an id on: those that a model has no row for, as
    /// Gemma 3's files for texts name a token for images. Written in a text they are then plain text. Tokens
    /// that the model's input needs (which start, end, part or hide) are kept.
    public func droppingAddedTokens(from id: Int) -> TokenizerPipeline {
        let needed = specialTokens.needed
        let kept = added.tokens.filter { !$0.isSpecial || Int($0.id) < id || needed.contains($0.id) }
        return kept.count == added.tokens.count ? self : TokenizerPipeline(self, added: kept)
    }

    private init(_ whole: TokenizerPipeline, added: [AddedToken]) {
        normalizers = whole.normalizers
        splitters = whole.splitters
        segmenter = whole.segmenter
        template = whole.template
        decoders = whole.decoders
        let normalizers = normalizers
        self.added = AddedTokens(added) { text in
            for normalizer in normalizers { normalizer.apply(to: &text) }
        }
        let largest = added.map { Int($0.id) + 1 }.max() ?? 0
        vocabularySize = max(segmenter.vocabulary.count, largest)
        var roles = whole.specialTokens
        roles.all.subtract(Set(whole.added.tokens.map(\.id)).subtracting(added.map(\.id)))
        if let padding = roles.padding, Int(padding) >= vocabularySize { roles.padding = nil }
        specialTokens = roles
    }

    init(_ stages: TokenizerStages) throws(TokenizerError) {
        normalizers = stages.normalizers
        splitters = stages.splitters
        segmenter = stages.segmenter
        template = stages.framing
        decoders = stages.decoders
        let normalizers = normalizers
        added = AddedTokens(stages.added) { text in
            for normalizer in normalizers { normalizer.apply(to: &text) }
        }
        let largest = added.tokens.map { Int($0.id) + 1 }.max() ?? 0
        vocabularySize = max(segmenter.vocabulary.count, largest)
        specialTokens = stages.specialTokens(added)
        try stages.framing.check(vocabularySize: vocabularySize)
    }

    /// The ids of a text, without the special tokens that frame a sequence.
    ///
    /// `parsingSpecial` says whether special tokens, written in the text, are found; added tokens that are
    /// not special always are.
    ///
    /// - Complexity: O(n log n) in the length of the longest word, else O(n).
    public func encode(_ text: String, parsingSpecial: Bool) -> [Int32] {
        encode(bytes: Array(text.utf8), parsingSpecial: parsingSpecial)
    }

    /// The ids of a text that arrives as bytes.
    ///
    /// With `repairing`, bytes that are not UTF-8 become U+FFFD, one for each maximal wrong part, as Unicode
    /// recommends (§3.9); they are refused otherwise.
    ///
    /// - Throws: ``TokenizerError/invalidUTF8(offset:)`` if bytes are not UTF-8 and are not to be repaired.
    public func encode(
        utf8 text: some Sequence<UInt8>, repairing: Bool = false, parsingSpecial: Bool = true
    ) throws(TokenizerError) -> [Int32] {
        var bytes = Array(text)
        if let offset = firstInvalidByte(of: bytes) {
            guard repairing else { throw .invalidUTF8(offset: offset) }
            bytes = Array(String(decoding: bytes, as: UTF8.self).utf8)
        }
        return encode(bytes: bytes, parsingSpecial: parsingSpecial)
    }

    private func encode(bytes: [UInt8], parsingSpecial: Bool) -> [Int32] {
        var scratch = pool.take()
        var ids: [Int32] = []
        ids.reserveCapacity(bytes.count / 3)
        for stretch in added.stretches(of: bytes, normalized: false, parsingSpecial: parsingSpecial) {
            if let id = stretch.id {
                ids.append(id)
                continue
            }
            var text = stretch.range.count == bytes.count ? bytes : Array(bytes[stretch.range])
            for normalizer in normalizers { normalizer.apply(to: &text) }
            let isStart = stretch.range.lowerBound == 0 && keepsFirstCharacter(of: bytes)
            guard added.hasNormalized else {
                append(text, 0..<text.count, isStart: isStart, &scratch, to: &ids)
                continue
            }
            for inner in added.stretches(of: text, normalized: true, parsingSpecial: parsingSpecial) {
                if let id = inner.id {
                    ids.append(id)
                } else {
                    let atStart = isStart && inner.range.lowerBound == 0
                    append(text, inner.range, isStart: atStart, &scratch, to: &ids)
                }
            }
        }
        pool.give(scratch)
        return ids
    }

    /// Whether normalization leaves something of the first character; what comes after a deleted one is, to
    /// the reference, no start.
    private func keepsFirstCharacter(of text: [UInt8]) -> Bool {
        guard !normalizers.isEmpty, let byte = text.first else { return true }
        var first = Array(text[..<scalarLength(byte)])
        for normalizer in normalizers { normalizer.apply(to: &first) }
        return !first.isEmpty
    }

    private func append(
        _ text: [UInt8], _ range: Range<Int>, isStart: Bool, _ scratch: inout Scratch, to ids: inout [Int32]
    ) {
        guard !range.isEmpty else { return }
        var split = SplitText(bytes: text, words: [range], isStart: isStart)
        for splitter in splitters { splitter.apply(to: &split) }
        segmenter.append(split.bytes, split.words, &scratch, to: &ids)
    }

    /// What the model expects around one sequence.
    public var framing: (prefix: [Int32], suffix: [Int32]) { template.around }

    /// The two sequences as the model expects a pair, and for each token the number of its segment.
    public func frame(_ first: [Int32], with second: [Int32]) -> (tokens: [Int32], segments: [Int32]) {
        template.apply(first, second)
    }

    /// The text of some tokens, without special ones.
    ///
    /// Bytes that are not UTF-8 become U+FFFD; ids outside the vocabulary are left out.
    public func decode(_ tokens: some Sequence<Int32>) -> String {
        decode(tokens, keepingSpecial: false)
    }

    /// The text of some tokens, with special ones as they are spelled if `keepingSpecial` is set.
    public func decode(_ tokens: some Sequence<Int32>, keepingSpecial: Bool) -> String {
        var pieces: [[UInt8]] = []
        for token in tokens where keepingSpecial || !specialTokens.all.contains(token) {
            if let piece = spelling(of: token) { pieces.append(piece) }
        }
        guard let decoders else {
            return String(decoding: Array(pieces.joined(separator: [0x20])), as: UTF8.self)
        }
        for decoder in decoders { decoder.apply(to: &pieces) }
        return String(decoding: Array(pieces.joined()), as: UTF8.self)
    }

    private func spelling(of token: Int32) -> [UInt8]? {
        added.content(of: token) ?? segmenter.vocabulary.piece(token).map { Array($0) }
    }

    /// The id of a piece as the vocabulary spells it, special tokens included.
    public func token(for piece: String) -> Int32? {
        let bytes = Array(piece.utf8)
        return added.id(of: bytes) ?? segmenter.vocabulary.id(of: bytes)
    }

    /// The vocabulary's spelling of a token; `nil` outside the vocabulary.
    public func piece(for token: Int32) -> String? {
        spelling(of: token).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// What the readers of all file formats come to: the stages of a pipeline.
struct TokenizerStages {
    var normalizers: [Normalizer] = []
    var splitters: [Splitter] = []
    var segmenter: Segmenter
    var framing = Framing()
    /// `nil` where the file has no decoder: pieces are then joined by spaces, as in the reference.
    var decoders: [Decoder]?
    var added: [AddedToken] = []
    /// The tokens of roles that the file names.
    var roles = SpecialTokens()

    /// The roles that the file names, and for the others tokens that are always called the same.
    func specialTokens(_ added: AddedTokens) -> SpecialTokens {
        let find = { (names: [String]) in
            names.lazy.compactMap { added.id(of: Array($0.utf8)) }.first
        }
        var tokens = roles
        tokens.classifier = tokens.classifier ?? find(["[CLS]"])
        tokens.separator = tokens.separator ?? find(["[SEP]"])
        tokens.mask = tokens.mask ?? find(["[MASK]", "<mask>"])
        tokens.padding = tokens.padding ?? find(["[PAD]", "<pad>"])
        tokens.beginning = tokens.beginning ?? find(["<s>", "<bos>", "<|begin_of_text|>"])
        tokens.end = tokens.end ?? find(["</s>", "<eos>", "<|endoftext|>", "<|end_of_text|>"])
        tokens.unknown = tokens.unknown ?? segmenter.unknown ?? find(["[UNK]", "<unk>"])
        tokens.all.formUnion(added.tokens.filter(\.isSpecial).map(\.id))
        return tokens
    }
}

extension Framing {
    /// Every token that is put around sequences must exist.
    fileprivate func check(vocabularySize: Int) throws(TokenizerError) {
        for case .tokens(let tokens, _) in single + pair {
            for token in tokens where token < 0 || Int(token) >= vocabularySize {
                throw .idOutOfRange(piece: "post_processor", id: Int(token))
            }
        }
    }
}
