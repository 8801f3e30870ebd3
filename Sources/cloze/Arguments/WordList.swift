import Prompts

/// Label words as a command line writes them: `negative=bad|awful,positive=good`.
///
/// A label without `=` is its own word. A backslash takes the meaning from the `,`, `=` or `|` behind it.
enum WordList {
    /// The labels with their words, in the order of the text.
    ///
    /// - Throws: `VerbalizerError` if the labels and words make no verbalizer.
    static func verbalizer(_ text: String) throws -> Verbalizer {
        try Verbalizer(split(text, at: ",").map(entry))
    }

    /// One label with its words.
    static func entry(_ text: String) -> Verbalizer.Entry {
        let sides = split(text, at: "=")
        let label = unescaped(sides[0]).trimmed
        let words = sides.dropFirst().joined(separator: "=")
        return Verbalizer.Entry(
            label: label, words: sides.count == 1 ? [label] : split(words, at: "|").map(unescaped))
    }

    /// A verbalizer as ``verbalizer(_:)`` reads it.
    static func text(_ verbalizer: Verbalizer) -> String {
        func escaped(_ text: String) -> String {
            text.reduce(into: "") { $0 += ",=|\\".contains($1) ? "\\\($1)" : "\($1)" }
        }
        return verbalizer.entries.map { entry in
            escaped(entry.label) + "=" + entry.words.map(escaped).joined(separator: "|")
        }.joined(separator: ",")
    }

    /// The parts between separators that no backslash escapes; backslashes stay.
    private static func split(_ text: some StringProtocol, at separator: Character) -> [String] {
        var parts = [""]
        var isEscaped = false
        for character in text {
            if character == separator, !isEscaped {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        return parts
    }

    private static func unescaped(_ text: String) -> String {
        var plain = ""
        var isEscaped = false
        for character in text {
            if isEscaped, !",=|\\".contains(character) { plain.append("\\") }
            isEscaped = character == "\\" && !isEscaped
            if !isEscaped { plain.append(character) }
        }
        return isEscaped ? plain + "\\" : plain
    }
}

extension String {
    /// Without white space at either end.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
