/// Where a text of characters can be cut before its spaces without a merge being lost.
///
/// Files like Gemma's make a whole text one word. But where no piece of the vocabulary has a certain byte
/// right before a space mark, no merge ever joins the two, and the text may as well be cut there. The words
/// that come of it repeat themselves, so that the cache knows them.
struct MarkBorders: Sendable {
    /// SentencePiece's space, as UTF-8.
    private static let mark: [UInt8] = [0xE2, 0x96, 0x81]
    /// Bytes after which a piece goes on with a mark.
    private let joined: [Bool]

    /// - Returns: `nil` if the vocabulary has no mark.
    init?(_ vocabulary: Vocabulary) {
        guard vocabulary.id(of: Self.mark) != nil else { return nil }
        var joined = [Bool](repeating: false, count: 256)
        for id in 0..<Int32(vocabulary.count) {
            guard let range = vocabulary.range(of: id), range.count > Self.mark.count else { continue }
            for index in range.dropFirst() where Self.isMark(vocabulary.bytes, index, range.upperBound) {
                joined[Int(vocabulary.bytes[index - 1])] = true
            }
        }
        self.joined = joined
    }

    @inline(__always)
    private static func isMark(_ bytes: [UInt8], _ index: Int, _ end: Int) -> Bool {
        index + 2 < end && bytes[index] == mark[0] && bytes[index + 1] == mark[1]
            && bytes[index + 2] == mark[2]
    }

    /// The same words, cut where it changes nothing.
    func cut(_ text: [UInt8], _ words: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for word in words {
            var start = word.lowerBound
            for index in word.dropFirst() where text[index] == 0xE2 && !joined[Int(text[index - 1])] {
                guard Self.isMark(text, index, word.upperBound) else { continue }
                result.append(start..<index)
                start = index
            }
            result.append(start..<word.upperBound)
        }
        return result
    }
}
