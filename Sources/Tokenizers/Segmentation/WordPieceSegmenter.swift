/// WordPiece: the longest piece that a word starts with, then the longest the rest starts with, and so on.
///
/// Wu et al. 2016; Devlin et al. 2019 (code). A word that cannot be spelled is one unknown token.
struct WordPieceSegmenter: Sendable {
    let vocabulary: Vocabulary
    let unknown: Int32
    /// What a piece inside a word starts with.
    let innerPrefix: [UInt8]
    /// Words with more characters are unknown.
    let characterLimit: Int

    func append(_ text: [UInt8], _ word: Range<Int>, to ids: inout [Int32]) {
        let characters = word.reduce(0) { $0 + (text[$1] & 0xC0 == 0x80 ? 0 : 1) }
        guard characters <= characterLimit else { return ids.append(unknown) }
        let first = ids.count
        var start = word.lowerBound
        var inner = innerPrefix
        while start < word.upperBound {
            let prefix = start == word.lowerBound ? 0 : innerPrefix.count
            if prefix > 0 {
                inner.removeLast(inner.count - innerPrefix.count)
                inner += text[start..<word.upperBound]
            }
            var end = word.upperBound
            var found: Int32?
            while end > start {
                found =
                    prefix > 0
                    ? vocabulary.id(of: inner, 0..<prefix + end - start)
                    : vocabulary.id(of: text, start..<end)
                if found != nil { break }
                end = text.scalarStart(before: end)
            }
            guard let found else {
                ids.removeLast(ids.count - first)
                return ids.append(unknown)
            }
            ids.append(found)
            start = end
        }
    }
}
