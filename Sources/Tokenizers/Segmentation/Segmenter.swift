/// Cuts a word into pieces of the vocabulary.
enum Segmenter: Sendable {
    case bytePair(BytePairSegmenter)
    case wordPiece(WordPieceSegmenter)
    case unigram(UnigramSegmenter)

    var vocabulary: Vocabulary {
        switch self {
        case .bytePair(let model): model.vocabulary
        case .wordPiece(let model): model.vocabulary
        case .unigram(let model): model.vocabulary
        }
    }

    var unknown: Int32? {
        switch self {
        case .bytePair(let model): model.unknown
        case .wordPiece(let model): model.unknown
        case .unigram(let model): model.unknown
        }
    }

    /// Appends the ids of words, each cut on its own.
    func append(_ text: [UInt8], _ words: [Range<Int>], _ scratch: inout Scratch, to ids: inout [Int32]) {
        var words = words
        if case .bytePair(let model) = self, let borders = model.borders { words = borders.cut(text, words) }
        for word in words where !word.isEmpty {
            guard word.count <= WordCache.wordLimit else {
                append(text, word, &scratch.merging, to: &ids)
                continue
            }
            let hash = hash(text, word)
            if scratch.cache.append(text, word, hash: hash, to: &ids) { continue }
            let start = ids.count
            append(text, word, &scratch.merging, to: &ids)
            scratch.cache.insert(text, word, hash: hash, ids: ids[start...])
        }
    }

    private func append(
        _ text: [UInt8], _ word: Range<Int>, _ scratch: inout MergeScratch, to ids: inout [Int32]
    ) {
        switch self {
        case .bytePair(let model): model.append(text, word, &scratch, to: &ids)
        case .wordPiece(let model): model.append(text, word, to: &ids)
        case .unigram(let model): model.append(text, word, to: &ids)
        }
    }
}
