/// The unigram model: of all ways to cut a word into pieces, the one with the largest sum of scores.
///
/// Kudo 2018 (§3.2), found by Viterbi's algorithm, in the order and with the ties of the reference.
struct UnigramSegmenter: Sendable {
    let vocabulary: Vocabulary
    let trie: ByteTrie
    /// Natural logarithms of probabilities, one an id.
    let scores: [Double]
    let unknown: Int32?
    let byteFallback: [Int32]?
    /// The score of a character that no piece has: this much below the worst piece.
    private static let unknownPenalty = 10.0
    private let unknownScore: Double

    init(vocabulary: Vocabulary, scores: [Double], unknown: Int32?, byteFallback: [Int32]?) {
        self.vocabulary = vocabulary
        self.scores = scores
        self.unknown = unknown
        self.byteFallback = byteFallback
        unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
        trie = ByteTrie(
            (0..<Int32(scores.count)).lazy.compactMap { id in
                vocabulary.piece(id).map { (bytes: $0, value: id) }
            })
    }

    /// The best way to an end: where its last piece starts, and which it is (-1: unknown).
    private struct Step {
        var score = 0.0
        var start = -1
        var id: Int32 = -1
    }

    func append(_ text: [UInt8], _ word: Range<Int>, to ids: inout [Int32]) {
        var best = [Step](repeating: Step(), count: word.count + 1)
        var start = 0
        while start < word.count {
            let length = scalarLength(text[word.lowerBound + start])
            let base = best[start].score
            var coversCharacter = false
            var node: Int32 = 0
            var end = start
            while end < word.count, let next = trie.child(of: node, text[word.lowerBound + end]) {
                node = next
                end += 1
                guard let id = trie.value(at: node) else { continue }
                improve(&best[end], score: base + scores[Int(id)], start: start, id: id)
                if end - start == length { coversCharacter = true }
            }
            if !coversCharacter {
                improve(&best[start + length], score: base + unknownScore, start: start, id: -1)
            }
            start += length
        }
        appendPath(best, text, word, to: &ids)
    }

    private func improve(_ step: inout Step, score: Double, start: Int, id: Int32) {
        if step.start < 0 || score > step.score { step = Step(score: score, start: start, id: id) }
    }

    /// Walks back along the best way; neighbouring unknown characters are one piece.
    private func appendPath(_ best: [Step], _ text: [UInt8], _ word: Range<Int>, to ids: inout [Int32]) {
        var pieces: [(range: Range<Int>, id: Int32)] = []
        var end = word.count
        while end > 0 {
            let step = best[end]
            let id = step.id == unknown ? -1 : step.id
            let range = word.lowerBound + step.start..<word.lowerBound + end
            if id < 0, let last = pieces.last, last.id < 0 {
                pieces[pieces.count - 1].range = range.lowerBound..<last.range.upperBound
            } else {
                pieces.append((range, id))
            }
            end = step.start
        }
        for piece in pieces.reversed() {
            if piece.id >= 0 {
                ids.append(piece.id)
            } else {
                appendUnknown(text, piece.range, to: &ids)
            }
        }
    }

    private func appendUnknown(_ text: [UInt8], _ range: Range<Int>, to ids: inout [Int32]) {
        if let id = vocabulary.id(of: text, range) {
            ids.append(id)
        } else if let byteFallback, !text[range].contains(where: { byteFallback[Int($0)] < 0 }) {
            ids += text[range].map { byteFallback[Int($0)] }
        } else if let unknown {
            ids.append(unknown)
        }
    }
}
