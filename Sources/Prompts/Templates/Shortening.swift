/// Which fields lose how many tokens where a prompt is too long.
///
/// OpenPrompt's `head` is not what its name says: it takes the fields first to last, but cuts each at its
/// end. It is here under its own name, so that results can be compared.
public enum Shortening: String, CaseIterable, Codable, Sendable {
    /// The last field first, each at its end. OpenPrompt's `tail`.
    case tail
    /// The first field first, each at its start.
    case head
    /// Each field in proportion to its length, rounded up, first to last, at its end; as in OpenPrompt.
    case balanced
    /// The first field first, each at its end. OpenPrompt's `head`.
    case openPromptHead = "openprompt-head"
    /// Token by token at the end of the last field of the longer side (Schick & Schütze 2021, their code):
    /// one side is what stands before the first `{special separator}`, the other what stands behind it.
    case longerSide = "longer-side"

    /// Whether a field is cut at its start.
    package var cutsAtStart: Bool { self == .head }

    /// How many tokens each field loses.
    ///
    /// - Parameters:
    ///   - lengths: the tokens of each field, 0 for one that may not be shortened.
    ///   - sides: for each field whether it stands behind the separator.
    ///   - total: how many tokens are to go; all go if there are fewer.
    /// - Returns: a number for each field, which sum to `total` if there are as many tokens.
    package func cuts(_ lengths: [Int], behindSeparator sides: [Bool], total: Int) -> [Int] {
        switch self {
        case .tail: Self.inOrder(lengths, Array(lengths.indices.reversed()), total)
        case .head, .openPromptHead: Self.inOrder(lengths, Array(lengths.indices), total)
        case .balanced: Self.inProportion(lengths, total)
        case .longerSide: Self.fromLongerSide(lengths, sides, total)
        }
    }

    private static func inOrder(_ lengths: [Int], _ order: [Int], _ total: Int) -> [Int] {
        var cuts = lengths.map { _ in 0 }
        var rest = total
        for field in order {
            cuts[field] = min(rest, lengths[field])
            rest -= cuts[field]
        }
        return cuts
    }

    private static func inProportion(_ lengths: [Int], _ total: Int) -> [Int] {
        let sum = lengths.reduce(0, +)
        guard sum > total else { return lengths }
        var rest = total
        return lengths.map { length in
            let (share, remainder) = (length * total).quotientAndRemainder(dividingBy: sum)
            let cut = min(rest, share + (remainder > 0 ? 1 : 0))
            rest -= cut
            return cut
        }
    }

    /// The longer side is cut down to the other, then both take turns, the second side first.
    private static func fromLongerSide(_ lengths: [Int], _ sides: [Bool], _ total: Int) -> [Int] {
        func length(_ side: Bool) -> Int {
            zip(lengths, sides).reduce(0) { $0 + ($1.1 == side ? $1.0 : 0) }
        }
        var (front, back) = (length(false), length(true))
        let (whole, target) = (front, max(0, front + back - total))
        while front + back > target {
            if front > back { front -= 1 } else { back -= 1 }
        }
        let cutBack = length(true) - back
        let order = Array(lengths.indices.reversed())
        let frontCuts = inOrder(lengths, order.filter { !sides[$0] }, whole - front)
        let backCuts = inOrder(lengths, order.filter { sides[$0] }, cutBack)
        return zip(frontCuts, backCuts).map { $0 + $1 }
    }
}
