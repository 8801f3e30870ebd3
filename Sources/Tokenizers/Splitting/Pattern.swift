/// A regular expression of a tokenizer file, run by backtracking over scalars.
///
/// Oniguruma's meaning for the syntax that tokenizers use: alternatives, groups, `(?i:…)`, `(?!…)`, `(?=…)`,
/// classes with `\p{…}`, greedy, lazy and possessive quantifiers, `^` and `$` as borders of the text. Other
/// syntax is refused when the file is read. No captures.
struct Pattern: Sendable {
    /// One step of the compiled expression.
    enum Step: Sendable {
        case character(CharacterSet)
        /// Between `least` and `most` characters, as many as possible, fewer on backtracking.
        case run(CharacterSet, least: Int, most: Int)
        /// Try `first`, then `second`.
        case choice(first: Int, second: Int)
        case jump(Int)
        /// The steps up to `end` must, or must not, match here; nothing is consumed.
        case look(negative: Bool, end: Int)
        /// The steps up to `end` match once and are not tried again in another way.
        case atomic(end: Int)
        case textStart
        case textEnd
        case accept
    }

    /// Backtracking that has not found an answer after this many steps for each byte is given up as no match,
    /// so that a hostile file costs time in proportion to the text.
    private static let stepsPerByte = 4_096

    let steps: [Step]
    /// What the pattern finds, if it is one text: then nothing needs to be tried.
    private let literal: [UInt8]
    private let classifier = UnicodeClassifier.shared

    /// Compiles an expression.
    ///
    /// - Throws: ``TokenizerError/badPattern(pattern:reason:)``.
    init(_ expression: String) throws(TokenizerError) {
        var parser = PatternParser(expression)
        steps = try parser.parse()
        literal = []
    }

    /// A pattern that finds exactly this text.
    init(literal: String) {
        self.literal = Array(literal.utf8)
        steps = literal.unicodeScalars.map { .character(CharacterSet($0.value)) } + [.accept]
    }

    /// The matches from left to right, without overlap; empty ones are left out.
    func matches(in text: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
        if let first = literal.first { return literalMatches(in: text, range, first) }
        var found: [Range<Int>] = []
        var start = range.lowerBound
        var budget = (range.count + 16) * Self.stepsPerByte
        while start < range.upperBound {
            if let end = match(text, from: start, in: range, step: 0, &budget), end > start {
                found.append(start..<end)
                start = end
            } else {
                start += scalarLength(text[start])
            }
        }
        return found
    }

    private func literalMatches(in text: [UInt8], _ range: Range<Int>, _ first: UInt8) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var index = range.lowerBound
        while index < range.upperBound {
            if text[index] == first, text.starts(with: literal, at: index, before: range.upperBound) {
                found.append(index..<index + literal.count)
                index += literal.count
            } else {
                index += 1
            }
        }
        return found
    }

    /// A way not yet tried.
    private struct Frame {
        var step: Int
        var index: Int
        /// For a run: the fewest bytes it may be cut back to; `index` is where it now ends.
        var least: Int
    }

    private func match(
        _ text: [UInt8], from start: Int, in range: Range<Int>, step first: Int, _ budget: inout Int
    ) -> Int? {
        var frames: [Frame] = []
        var step = first
        var index = start
        while budget > 0 {
            budget -= 1
            var failed = false
            switch steps[step] {
            case .accept:
                return index
            case .character(let set):
                if index < range.upperBound, case let (scalar, length) = text.scalar(at: index),
                    set.contains(scalar, classifier)
                {
                    index += length
                    step += 1
                } else {
                    failed = true
                }
            case .run(let set, let least, let most):
                let (floor, end) = run(of: set, least: least, most: most, text, index, range.upperBound)
                if let floor {
                    if end > floor { frames.append(Frame(step: step + 1, index: end, least: floor)) }
                    index = end
                    step += 1
                } else {
                    failed = true
                }
            case .choice(let firstStep, let secondStep):
                frames.append(Frame(step: secondStep, index: index, least: index))
                step = firstStep
            case .jump(let target):
                step = target
            case .look(let negative, let end):
                if (match(text, from: index, in: range, step: step + 1, &budget) != nil) != negative {
                    step = end
                } else {
                    failed = true
                }
            case .atomic(let end):
                if let stop = match(text, from: index, in: range, step: step + 1, &budget) {
                    index = stop
                    step = end
                } else {
                    failed = true
                }
            case .textStart:
                if index == range.lowerBound { step += 1 } else { failed = true }
            case .textEnd:
                if index == range.upperBound { step += 1 } else { failed = true }
            }
            guard failed else { continue }
            guard let frame = frames.popLast() else { return nil }
            step = frame.step
            index = frame.index
            if frame.index > frame.least {
                index = text.scalarStart(before: frame.index)
                if index > frame.least { frames.append(Frame(step: step, index: index, least: frame.least)) }
            }
        }
        return nil
    }

    /// Where a run that took `least` characters ends, and where one that took as many as it can.
    private func run(
        of set: CharacterSet, least: Int, most: Int, _ text: [UInt8], _ start: Int, _ limit: Int
    ) -> (floor: Int?, end: Int) {
        var index = start
        var count = 0
        var floor = least == 0 ? start : nil
        while index < limit, count < most {
            let (scalar, length) = text.scalar(at: index)
            guard set.contains(scalar, classifier) else { break }
            index += length
            count += 1
            if count == least { floor = index }
        }
        return (floor, index)
    }
}

/// The characters that one place of a pattern accepts.
struct CharacterSet: Sendable, Equatable {
    /// Scalars with any of `classes` and none of `without`, or, negated, all others.
    struct Member: Sendable, Equatable {
        var classes: UnicodeClasses
        var without: UnicodeClasses = []
        var negated = false
    }

    var members: [Member] = []
    var ranges: [ClosedRange<UInt32>] = []
    var nested: [CharacterSet] = []
    var negated = false

    init() {}

    init(_ scalar: UInt32) { ranges = [scalar...scalar] }

    init(_ member: Member) { members = [member] }

    func contains(_ scalar: UInt32, _ classifier: UnicodeClassifier) -> Bool {
        if ranges.contains(where: { $0.contains(scalar) }) { return !negated }
        if !members.isEmpty {
            let classes = classifier[scalar]
            for member in members {
                let isMember =
                    !classes.isDisjoint(with: member.classes) && classes.isDisjoint(with: member.without)
                if isMember != member.negated { return !negated }
            }
        }
        if nested.contains(where: { $0.contains(scalar, classifier) }) { return !negated }
        return negated
    }
}
