/// Reads a regular expression into the steps of a ``Pattern``.
struct PatternParser {
    /// Deeper groups than any tokenizer's; parsing is recursive.
    private static let depthLimit = 32
    /// Counted repetition is written out, so it has a limit.
    private static let repeatLimit = 256
    private static let stepLimit = 10_000

    private let expression: String
    private let scalars: [UInt32]
    private var index = 0
    private var depth = 0

    init(_ expression: String) {
        self.expression = expression
        scalars = expression.unicodeScalars.map(\.value)
    }

    mutating func parse() throws(TokenizerError) -> [Pattern.Step] {
        let steps = try alternatives(ignoresCase: false)
        if index < scalars.count { throw failure("a closing parenthesis is too many") }
        return steps + [.accept]
    }

    private func failure(_ reason: String) -> TokenizerError {
        .badPattern(pattern: expression, reason: reason)
    }

    private func peek(_ text: String) -> Bool {
        let wanted = text.unicodeScalars.map(\.value)
        return scalars[index...].starts(with: wanted)
    }

    private mutating func take(_ text: String) -> Bool {
        guard peek(text) else { return false }
        index += text.unicodeScalars.count
        return true
    }

    private mutating func scalar() throws(TokenizerError) -> UInt32 {
        guard index < scalars.count else { throw failure("it ends too early") }
        index += 1
        return scalars[index - 1]
    }

    // Targets of jumps are absolute, so steps are moved when they are put after others.
    private func moved(_ steps: [Pattern.Step], by distance: Int) -> [Pattern.Step] {
        steps.map { step in
            switch step {
            case .choice(let first, let second): .choice(first: first + distance, second: second + distance)
            case .jump(let target): .jump(target + distance)
            case .look(let negative, let end): .look(negative: negative, end: end + distance)
            case .atomic(let end): .atomic(end: end + distance)
            default: step
            }
        }
    }

    private mutating func alternatives(ignoresCase: Bool) throws(TokenizerError) -> [Pattern.Step] {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw failure("its groups are nested too deeply") }
        var choices = [try sequence(ignoresCase: ignoresCase)]
        while take("|") { choices.append(try sequence(ignoresCase: ignoresCase)) }
        var steps = choices.removeLast()
        for first in choices.reversed() {
            let end = first.count + 2 + steps.count
            steps =
                [.choice(first: 1, second: first.count + 2)] + moved(first, by: 1) + [.jump(end)]
                + moved(steps, by: first.count + 2)
            if steps.count > Self.stepLimit { throw failure("it is too long") }
        }
        return steps
    }

    private mutating func sequence(ignoresCase: Bool) throws(TokenizerError) -> [Pattern.Step] {
        var steps: [Pattern.Step] = []
        while index < scalars.count, !peek("|"), !peek(")") {
            let element = try quantified(ignoresCase: ignoresCase)
            steps += moved(element, by: steps.count)
            if steps.count > Self.stepLimit { throw failure("it is too long") }
        }
        return steps
    }

    private mutating func quantified(ignoresCase: Bool) throws(TokenizerError) -> [Pattern.Step] {
        let element = try atom(ignoresCase: ignoresCase)
        guard let (least, most) = try quantifier() else { return element }
        if take("?") { return try repeated(element, least, most, lazily: true) }
        if take("+") {
            let steps = try repeated(element, least, most, lazily: false)
            return [.atomic(end: steps.count + 2)] + moved(steps, by: 1) + [.accept]
        }
        return try repeated(element, least, most, lazily: false)
    }

    private mutating func quantifier() throws(TokenizerError) -> (Int, Int)? {
        if take("*") { return (0, .max) }
        if take("+") { return (1, .max) }
        if take("?") { return (0, 1) }
        let start = index
        guard take("{") else { return nil }
        let least = number()
        var most = least
        if take(",") { most = number() ?? .max }
        guard least != nil || most != nil, take("}") else {
            index = start
            throw failure("a brace that is no quantifier must be written \\{")
        }
        let range = (least ?? 0, most ?? .max)
        guard range.0 <= range.1, range.0 <= Self.repeatLimit, range.1 <= Self.repeatLimit || range.1 == .max
        else { throw failure("a repetition is out of range") }
        return range
    }

    private mutating func number() -> Int? {
        var value: Int?
        while index < scalars.count, let digit = Optional(scalars[index]), 0x30...0x39 ~= digit {
            value = min((value ?? 0) * 10 + Int(digit - 0x30), 1_000_000)
            index += 1
        }
        return value
    }

    private func repeated(
        _ element: [Pattern.Step], _ least: Int, _ most: Int, lazily: Bool
    ) throws(TokenizerError) -> [Pattern.Step] {
        if !lazily, element.count == 1, case .character(let set) = element[0] {
            return [.run(set, least: least, most: most)]
        }
        var steps: [Pattern.Step] = []
        for _ in 0..<least { steps += moved(element, by: steps.count) }
        let enter = { (body: Int, after: Int) in
            lazily ? Pattern.Step.choice(first: after, second: body) : .choice(first: body, second: after)
        }
        if most == .max {
            guard consumes(element) else { throw failure("a repetition of something empty") }
            let start = steps.count
            steps.append(enter(start + 1, start + element.count + 2))
            steps += moved(element, by: start + 1) + [.jump(start)]
        } else {
            let end = steps.count + (most - least) * (element.count + 1)
            for _ in least..<most {
                steps.append(enter(steps.count + 1, end))
                steps += moved(element, by: steps.count)
            }
        }
        if steps.count > Self.stepLimit { throw failure("it is too long") }
        return steps
    }

    /// Whether every way through the steps takes a character, so that a loop over them ends.
    private func consumes(_ steps: [Pattern.Step]) -> Bool {
        var seen = Set<Int>()
        var waiting = [0]
        while let step = waiting.popLast() {
            guard seen.insert(step).inserted else { continue }
            if step >= steps.count { return false }
            switch steps[step] {
            case .character: break
            case .run(_, let least, _): if least == 0 { waiting.append(step + 1) }
            case .choice(let first, let second): waiting += [first, second]
            case .jump(let target): waiting.append(target)
            case .look(_, let end), .atomic(let end): waiting.append(end)
            case .textStart, .textEnd, .accept: waiting.append(step + 1)
            }
        }
        return true
    }

    private mutating func atom(ignoresCase: Bool) throws(TokenizerError) -> [Pattern.Step] {
        if take("(") { return try group(ignoresCase: ignoresCase) }
        if peek("[") { return [.character(try characterClass(ignoresCase: ignoresCase))] }
        if take("^") { return [.textStart] }
        if take("$") { return [.textEnd] }
        if take(".") {
            var set = CharacterSet(0x0A)
            set.negated = true
            return [.character(set)]
        }
        if take("\\") { return [.character(try escape(ignoresCase: ignoresCase))] }
        let scalar = try scalar()
        if scalar == 0x2A || scalar == 0x2B || scalar == 0x3F {
            throw failure("a quantifier follows nothing")
        }
        return [.character(folded(scalar, ignoresCase))]
    }

    private mutating func group(ignoresCase: Bool) throws(TokenizerError) -> [Pattern.Step] {
        var ignoresCase = ignoresCase
        var wrap: (([Pattern.Step]) -> [Pattern.Step])?
        if take("?!") || take("?=") {
            let negative = scalars[index - 1] == 0x21
            wrap = { [.look(negative: negative, end: $0.count + 2)] + $0 + [.accept] }
        } else if take("?>") {
            wrap = { [.atomic(end: $0.count + 2)] + $0 + [.accept] }
        } else if take("?i:") {
            ignoresCase = true
        } else if !take("?:"), peek("?") {
            throw failure("a group of a kind that is not supported")
        }
        let steps = try alternatives(ignoresCase: ignoresCase)
        guard take(")") else { throw failure("a parenthesis is not closed") }
        return wrap?(moved(steps, by: 1)) ?? steps
    }

    /// A character and, where case does not matter, its other cases.
    private func folded(_ scalar: UInt32, _ ignoresCase: Bool) -> CharacterSet {
        var set = CharacterSet(scalar)
        guard ignoresCase, scalar < 0x80, let ascii = Unicode.Scalar(scalar), ascii.properties.isAlphabetic
        else {
            return set
        }
        set.ranges.append((scalar ^ 0x20)...(scalar ^ 0x20))
        if scalar | 0x20 == 0x73 { set.ranges.append(0x17F...0x17F) }
        if scalar | 0x20 == 0x6B { set.ranges.append(0x212A...0x212A) }
        return set
    }
}

extension PatternParser {
    private mutating func characterClass(ignoresCase: Bool) throws(TokenizerError) -> CharacterSet {
        guard take("[") else { throw failure("a bracket is missing") }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw failure("its brackets are nested too deeply") }
        var set = CharacterSet()
        set.negated = take("^")
        var isFirst = true
        while isFirst || !peek("]") {
            isFirst = false
            if peek("[:") || peek("&&") {
                throw failure("POSIX brackets and intersections are not supported")
            }
            if peek("[") {
                set.nested.append(try characterClass(ignoresCase: ignoresCase))
                continue
            }
            try classMember(of: &set, ignoresCase: ignoresCase)
        }
        _ = take("]")
        return set
    }

    private mutating func classMember(of set: inout CharacterSet, ignoresCase: Bool) throws(TokenizerError) {
        let lower = try classScalar(of: &set, ignoresCase: ignoresCase)
        guard let lower else { return }
        if peek("-"), index + 1 < scalars.count, scalars[index + 1] != 0x5D {
            index += 1
            var other = CharacterSet()
            guard let upper = try classScalar(of: &other, ignoresCase: false), lower <= upper else {
                throw failure("a range in brackets is the wrong way round")
            }
            if ignoresCase { throw failure("ranges that ignore case are not supported") }
            set.ranges.append(lower...upper)
        } else {
            set.ranges += folded(lower, ignoresCase).ranges
        }
    }

    /// The next scalar in brackets; `nil` if it was a class, which `set` then has.
    private mutating func classScalar(
        of set: inout CharacterSet, ignoresCase: Bool
    ) throws(TokenizerError) -> UInt32? {
        guard take("\\") else { return try scalar() }
        let escaped = try escape(ignoresCase: false)
        if escaped.members.isEmpty, let range = escaped.ranges.first { return range.lowerBound }
        set.members += escaped.members
        return nil
    }

    private mutating func escape(ignoresCase: Bool) throws(TokenizerError) -> CharacterSet {
        let letter = try scalar()
        switch letter {
        case 0x70, 0x50: return try property(negated: letter == 0x50)
        case 0x73: return CharacterSet(.init(classes: .space))
        case 0x53: return CharacterSet(.init(classes: .space, negated: true))
        case 0x64: return CharacterSet(.init(classes: .decimal))
        case 0x44: return CharacterSet(.init(classes: .decimal, negated: true))
        case 0x77: return CharacterSet(.init(classes: .patternWord))
        case 0x57: return CharacterSet(.init(classes: .patternWord, negated: true))
        case 0x6E: return CharacterSet(0x0A)
        case 0x72: return CharacterSet(0x0D)
        case 0x74: return CharacterSet(0x09)
        case 0x66: return CharacterSet(0x0C)
        case 0x76: return CharacterSet(0x0B)
        case 0x78, 0x75: return CharacterSet(try codePoint(isShort: letter == 0x78))
        default:
            guard letter < 0x80, let ascii = Unicode.Scalar(letter), !ascii.properties.isAlphabetic,
                ascii.properties.numericType == nil
            else { throw failure("an escape that is not supported") }
            return CharacterSet(letter)
        }
    }

    private mutating func codePoint(isShort: Bool) throws(TokenizerError) -> UInt32 {
        var digits = ""
        let braced = take("{")
        let count = braced ? 8 : isShort ? 2 : 4
        while digits.count < count, index < scalars.count, let scalar = Unicode.Scalar(scalars[index]),
            Character(scalar).isHexDigit
        {
            digits.unicodeScalars.append(scalar)
            index += 1
        }
        guard let value = UInt32(digits, radix: 16), value < 0x11_0000, !braced || take("}") else {
            throw failure("a bad code point")
        }
        return value
    }

    private mutating func property(negated: Bool) throws(TokenizerError) -> CharacterSet {
        guard take("{") else { throw failure("\\p without braces") }
        var name = ""
        while let next = Unicode.Scalar(try scalar()), next != "}" { name.unicodeScalars.append(next) }
        var member: CharacterSet.Member
        switch name {
        case "L", "Letter": member = .init(classes: .letter)
        case "N", "Number": member = .init(classes: .number)
        case "M", "Mark": member = .init(classes: .mark)
        case "P", "Punctuation": member = .init(classes: .punctuation)
        case "S", "Symbol": member = .init(classes: .symbol)
        case "Lu": member = .init(classes: .upper, without: .title)
        case "Lt": member = .init(classes: .title)
        case "Ll": member = .init(classes: .lower)
        case "Lm": member = .init(classes: .modifier)
        case "Lo": member = .init(classes: .letter, without: [.upper, .lower, .modifier])
        case "Mn": member = .init(classes: .nonspacing)
        case "Nd": member = .init(classes: .decimal)
        case "Han": member = .init(classes: .han)
        default: throw failure("the property \\p{\(name)} is not supported")
        }
        member.negated = negated
        return CharacterSet(member)
    }
}
