/// Label names and words that stand where they would give the answer away.
struct LabelNameCheck {
    private(set) var findings: [Finding] = []

    init(_ rows: [CheckedRow], labels: [String], options: DataReport.Options) {
        for label in labels {
            // A label and a word for it may differ by a space only: they are one word here.
            let words = Set(([label] + (options.words[label] ?? [])).map(\.trimmed)).filter { !$0.isEmpty }
                .sorted()
            for word in words {
                addTexts(rows, label, TextKey.of(word))
                if let template = options.template { addTemplate(template, label, word) }
            }
        }
    }

    private mutating func addTexts(_ rows: [CheckedRow], _ label: String, _ word: String) {
        let found = rows.filter { Self.stands(word, in: $0.key) }
        guard !found.isEmpty else { return }
        let own = found.count { $0.label == label }
        let share = Double(own) / Double(found.count)
        let tells = own >= 3 && share >= 0.9 && Double(found.count) >= 0.02 * Double(rows.count)
        findings.append(
            Finding(
                tells ? .warning : .note, .labelInText,
                "'\(word)' in \(NumberOf.things(found.count, "text")), \(own) of them labelled '\(label)'",
                count: found.count,
                rows: found.map(\.name),
                advice: tells
                    ? "Make sure that the label was not made from the word"
                    : "Harmless if texts use the word by themselves"))
    }

    private mutating func addTemplate(_ template: String, _ label: String, _ word: String) {
        guard Self.stands(TextKey.of(word), in: TextKey.of(Self.literal(template))) else { return }
        findings.append(
            Finding(
                .warning, .labelInText, "the template itself says '\(word)', which stands for '\(label)'",
                count: 1,
                rows: [], advice: "Name all labels or none, or the prompt leans towards this one"))
    }

    /// The template without its slots, in which a field may rightly be called like a label.
    private static func literal(_ template: String) -> String {
        var depth = 0
        var literal = String.UnicodeScalarView()
        for scalar in template.unicodeScalars {
            if scalar == "{" { depth += 1 }
            if depth == 0 { literal.append(scalar) }
            if scalar == "}" {
                depth = max(0, depth - 1)
                literal.append(" ")
            }
        }
        return String(literal)
    }

    /// Whether `word` occurs in `text` as a word.
    ///
    /// A letter after it is allowed where words take endings without a space, as particles in Korean; in
    /// Latin script it must end too.
    static func stands(_ word: String, in text: String) -> Bool {
        guard text.contains(word) else { return false }
        let isLatin = TextKey.isASCII(word)
        return text.ranges(of: word).contains { range in
            let before =
                range.lowerBound == text.startIndex ? nil : text[text.index(before: range.lowerBound)]
            let after = range.upperBound == text.endIndex ? nil : text[range.upperBound]
            let begins = !(before.map { $0.isLetter || $0.isNumber } ?? false)
            let ends = !isLatin || !(after.map { $0.isASCII && ($0.isLetter || $0.isNumber) } ?? false)
            return begins && ends
        }
    }
}
