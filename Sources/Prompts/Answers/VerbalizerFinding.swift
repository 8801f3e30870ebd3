/// Something about label words under a tokenizer that a person should know before training.
public enum VerbalizerFinding: Hashable, Sendable {
    /// A word has several tokens; `pieces` are their spellings.
    case severalTokens(word: String, label: String, pieces: [String])
    /// Words of different labels start with the same token, so rules that read one token cannot part them.
    case sameFirstToken(words: [String], labels: [String], piece: String)
    /// A word is the beginning of a word of another label, which can then never have the higher sum.
    case beginningOfAnother(word: String, longer: String, labels: [String])
    /// A word is scored without a space in front, and with one it would be other tokens.
    case withoutSpace(word: String, label: String, tokens: [Int32], withSpace: [Int32])
    /// A word grows together with the words in front of it: as one text they have other tokens, `together`.
    case joinsTemplate(word: String, label: String, template: String, together: [Int32])
    /// A word ends in a space, which counts as a part of it.
    case finalSpace(word: String, label: String)
    /// The tokenizer does not know a part of a word (on a causal model; on a masked one it is an error).
    case unknownToken(word: String, label: String)
}

extension VerbalizerFinding: CustomStringConvertible {
    /// What was found, and what to do about it.
    public var description: String {
        switch self {
        case .severalTokens(let word, let label, let pieces):
            "\"\(word)\" (\(label)) is \(pieces.count) tokens, \(Self.list(pieces, " · ")); use a rule that "
                + "scores all of them, or a word of one token."
        case .sameFirstToken(let words, let labels, let piece):
            "\(Self.list(words)) (\(labels.joined(separator: ", "))) start with the same token \"\(piece)\"; "
                + "rules that read one token cannot tell them apart."
        case .beginningOfAnother(let word, let longer, let labels):
            "\"\(word)\" (\(labels[0])) is the beginning of \"\(longer)\" (\(labels[1])), which a sum can "
                + "never rank higher; normalise by length, or choose another word."
        case .withoutSpace(let word, let label, let tokens, let withSpace):
            "\"\(word)\" (\(label)) is scored without a space in front, as \(tokens); with one it is "
                + "\(withSpace). Write a space before {answer} if one belongs there."
        case .joinsTemplate(let word, let label, let template, let together):
            "\"\(word)\" (\(label)) behind \"\(template)\" would be \(together) as one text, which is what "
                + "the model has met; put a space, a line break or a mark between them."
        case .finalSpace(let word, let label):
            "\"\(word)\" (\(label)) ends in a space, which is scored as a part of the word; remove it."
        case .unknownToken(let word, let label):
            "\"\(word)\" (\(label)) has a part that the tokenizer does not know; choose another word."
        }
    }

    private static func list(_ words: [String], _ separator: String = " and ") -> String {
        words.map(TemplatePart.quoted).joined(separator: separator)
    }
}
