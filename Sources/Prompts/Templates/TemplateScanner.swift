/// Reads the grammar of ``Template`` from left to right, one rule a function.
///
/// It works on Unicode scalars: a carriage return with its line feed is one `Character`, which hides both.
struct TemplateScanner {
    private let source: String
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var parts: [TemplatePart] = []
    private var offsets: [Int] = []
    private var answerSeen = false
    private var softNames: Set<String> = []

    init(_ source: String) throws(TemplateError) {
        self.source = source
        scalars = Array(source.unicodeScalars)
        guard source.utf8.count <= Template.sourceLimit else {
            throw TemplateError(.tooLong(bytes: source.utf8.count))
        }
        guard scalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw TemplateError(.empty)
        }
    }

    mutating func scan() throws(TemplateError) -> (parts: [TemplatePart], offsets: [Int]) {
        while position < scalars.count {
            let start = position
            let text = try scanText()
            if !text.isEmpty {
                append(.text(text), from: start)
            }
            if position < scalars.count {
                try scanSlot()
            }
        }
        guard answerSeen else { throw failure(.noAnswer, at: scalars.count) }
        return (parts, offsets)
    }

    private mutating func append(_ part: TemplatePart, from start: Int) {
        parts.append(part)
        offsets.append(start)
    }

    private func failure(_ rule: TemplateError.Rule, at offset: Int) -> TemplateError {
        TemplateError(rule, in: source, at: offset)
    }
}

// MARK: - Text and slots

extension TemplateScanner {
    /// Text up to the next slot; afterwards the position is at `{` or at the end.
    private mutating func scanText() throws(TemplateError) -> String {
        var text = String.UnicodeScalarView()
        while position < scalars.count {
            let scalar = scalars[position]
            let isDoubled = position + 1 < scalars.count && scalars[position + 1] == scalar
            if scalar == "{" || scalar == "}" {
                if isDoubled {
                    position += 1
                } else if scalar == "{" {
                    break
                } else {
                    throw failure(.strayClosingBrace, at: position)
                }
            }
            text.append(scalar)
            position += 1
        }
        return String(text)
    }

    private mutating func scanSlot() throws(TemplateError) {
        let start = position
        position += 1
        skipSpaces()
        guard position < scalars.count else { throw failure(.unclosedBrace, at: start) }
        guard scalars[position] != "}" else { throw failure(.emptySlot, at: start) }
        let part = try scanSlotContent(from: start)
        skipSpaces()
        guard position < scalars.count, scalars[position] != "{" else {
            throw failure(.unclosedBrace, at: start)
        }
        guard scalars[position] == "}" else {
            throw failure(.malformedSlot(expected: "the end of the slot, }"), at: position)
        }
        position += 1
        append(part, from: start)
    }

    private mutating func scanSlotContent(from start: Int) throws(TemplateError) -> TemplatePart {
        let word = try scanName(or: "a field name, or answer, soft or special")
        switch word {
        case "answer": return try scanAnswer(from: start)
        case "soft": return .soft(try scanSoft(from: start))
        case "special": return .special(try scanSpecial())
        case "field": return try scanField(named: scanNameOrString(or: "the name of a field"))
        default: return try scanField(named: word)
        }
    }

    private mutating func scanAnswer(from start: Int) throws(TemplateError) -> TemplatePart {
        guard !answerSeen else { throw failure(.secondAnswer, at: start) }
        answerSeen = true
        skipSpaces()
        let place = position
        guard let masks = scanNumber() else { return .answer(masks: nil) }
        guard Template.maskLimit.contains(masks) else {
            throw failure(.maskCountOutOfRange(masks), at: place)
        }
        return .answer(masks: masks)
    }

    private mutating func scanField(named name: String) throws(TemplateError) -> TemplatePart {
        var filters: [FieldFilter] = []
        var isMarkedShorten = false
        skipSpaces()
        while take("|") {
            skipSpaces()
            let place = position
            let word = try scanName(or: "a filter")
            if word == FieldFilter.shortenWord {
                isMarkedShorten = true
            } else if let filter = FieldFilter(rawValue: word) {
                filters.append(filter)
            } else {
                throw failure(.unknownFilter(word), at: place)
            }
            skipSpaces()
        }
        return .field(TemplateField(name: name, filters: filters, isMarkedShorten: isMarkedShorten))
    }

    private mutating func scanSpecial() throws(TemplateError) -> SpecialTokenName {
        skipSpaces()
        let place = position
        if position < scalars.count, scalars[position] == "\"" {
            return .piece(try scanString())
        }
        let word = try scanName(or: "the role of a special token, or its spelling in quotes")
        guard let role = SpecialTokenRole(rawValue: word) else {
            throw failure(.unknownSpecialToken(word), at: place)
        }
        return .role(role)
    }
}

// MARK: - Soft slots

extension TemplateScanner {
    private mutating func scanSoft(from start: Int) throws(TemplateError) -> SoftSlot {
        skipSpaces()
        let place = position
        guard let rows = try scanSoftRows() else {
            let name = try scanName(or: "a number of rows, words in quotes, or the name of earlier rows")
            guard softNames.contains(name) else {
                throw failure(.softNameUndefined(name, defined: softNames.sorted()), at: place)
            }
            return .reuse(name: name)
        }
        return .definition(rows, name: try scanSoftName())
    }

    private mutating func scanSoftRows() throws(TemplateError) -> SoftRows? {
        let place = position
        if position < scalars.count, scalars[position] == "\"" {
            let words = try scanString()
            guard words.contains(where: { !$0.isWhitespace }) else {
                throw failure(.emptySoftWords, at: place)
            }
            return .words(words)
        }
        guard let count = scanNumber() else { return nil }
        guard Template.softRowLimit.contains(count) else {
            throw failure(.softCountOutOfRange(count), at: place)
        }
        return takeWord("same") ? .repeated(count) : .count(count)
    }

    private mutating func scanSoftName() throws(TemplateError) -> String? {
        guard takeWord("as") else { return nil }
        skipSpaces()
        let place = position
        let name = try scanName(or: "a name for the soft rows")
        guard softNames.insert(name).inserted else {
            throw failure(.softNameDefinedTwice(name), at: place)
        }
        return name
    }
}

// MARK: - Words

extension TemplateScanner {
    private mutating func skipSpaces() {
        while position < scalars.count, scalars[position].properties.isWhitespace {
            position += 1
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < scalars.count, scalars[position] == scalar else { return false }
        position += 1
        return true
    }

    /// Takes this very word, if it is the next one.
    private mutating func takeWord(_ word: String) -> Bool {
        let start = position
        skipSpaces()
        let end = nameEnd(from: position)
        guard String(String.UnicodeScalarView(scalars[position..<end])) == word else {
            position = start
            return false
        }
        position = end
        return true
    }

    private func nameEnd(from start: Int) -> Int {
        var end = start
        while end < scalars.count, isNameScalar(scalars[end], isFirst: end == start) {
            end += 1
        }
        return end
    }

    private func isNameScalar(_ scalar: Unicode.Scalar, isFirst: Bool) -> Bool {
        if scalar == "_" || scalar.properties.isAlphabetic { return true }
        guard !isFirst else { return false }
        switch scalar.properties.generalCategory {
        case .decimalNumber, .nonspacingMark, .spacingMark: return true
        default: return scalar == "-" || scalar == "."
        }
    }

    private mutating func scanName(or expected: String) throws(TemplateError) -> String {
        let end = nameEnd(from: position)
        guard end > position else { throw failure(.malformedSlot(expected: expected), at: position) }
        defer { position = end }
        return String(String.UnicodeScalarView(scalars[position..<end]))
    }

    private mutating func scanNameOrString(or expected: String) throws(TemplateError) -> String {
        skipSpaces()
        if position < scalars.count, scalars[position] == "\"" {
            return try scanString()
        }
        return try scanName(or: expected)
    }

    /// A run of ASCII digits, or nil.
    ///
    /// A number too large for any limit becomes the largest `Int`.
    private mutating func scanNumber() -> Int? {
        var number: Int?
        while position < scalars.count, ("0"..."9").contains(scalars[position]) {
            let digit = Int(scalars[position].value) - 48
            let (product, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
            number = overflow || product > Int.max - digit ? Int.max : product + digit
            position += 1
        }
        return number
    }

    private mutating func scanString() throws(TemplateError) -> String {
        let start = position
        var text = String.UnicodeScalarView()
        position += 1
        while position < scalars.count, scalars[position] != "\"" {
            var scalar = scalars[position]
            if scalar == "\\" {
                scalar = try scanEscape()
            }
            text.append(scalar)
            position += 1
        }
        guard take("\"") else { throw failure(.unclosedString, at: start) }
        return String(text)
    }

    private mutating func scanEscape() throws(TemplateError) -> Unicode.Scalar {
        let start = position
        position += 1
        let scalar: Unicode.Scalar = position < scalars.count ? scalars[position] : " "
        switch scalar {
        case "\"", "\\": return scalar
        case "n": return "\n"
        case "t": return "\t"
        default: throw failure(.unknownEscape("\\\(scalar)"), at: start)
        }
    }
}
