/// What happens to the places where a text is cut.
enum SplitBehavior: String, Sendable, CaseIterable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"

    /// Cuts `range` at some matches inside it.
    ///
    /// The matches come from left to right, without overlap; `inverted` says that what lies between them is
    /// what cuts.
    func append(
        _ matches: [Range<Int>], in range: Range<Int>, inverted: Bool, to words: inout [Range<Int>]
    ) {
        var pieces: [(range: Range<Int>, cuts: Bool)] = []
        var index = range.lowerBound
        for match in matches {
            if index < match.lowerBound { pieces.append((index..<match.lowerBound, inverted)) }
            pieces.append((match, !inverted))
            index = match.upperBound
        }
        if index < range.upperBound { pieces.append((index..<range.upperBound, inverted)) }
        switch self {
        case .removed: words += pieces.filter { !$0.cuts }.map(\.range)
        case .isolated: words += pieces.map(\.range)
        case .mergedWithPrevious: join(pieces, to: &words) { !$0 && $1 }
        case .mergedWithNext: join(pieces, to: &words) { $0 && !$1 }
        case .contiguous: join(pieces, to: &words) { $0 == $1 }
        }
    }

    private func join(
        _ pieces: [(range: Range<Int>, cuts: Bool)], to words: inout [Range<Int>],
        where belongsTogether: (_ cuts: Bool, _ nextCuts: Bool) -> Bool
    ) {
        var current: (range: Range<Int>, cuts: Bool)?
        for piece in pieces {
            if let last = current, belongsTogether(last.cuts, piece.cuts) {
                current = (last.range.lowerBound..<piece.range.upperBound, piece.cuts)
            } else {
                if let last = current { words.append(last.range) }
                current = piece
            }
        }
        if let last = current { words.append(last.range) }
    }
}
