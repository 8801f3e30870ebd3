/// Why labels and words cannot be used, or a rule cannot score them.
public enum VerbalizerError: Error, Hashable, Sendable {
    /// There is no label at all.
    case noLabels
    /// Labels and words were given as two lists of different lengths.
    case countsDiffer(labels: Int, words: Int)
    /// A label stands in the list twice.
    case labelTwice(String)
    /// A label has an empty list of words.
    case labelWithoutWords(String)
    /// A word of this label is empty or only white space.
    case emptyWord(label: String)
    /// A word stands for two labels, or twice for one.
    case sharedWord(String, labels: [String])
    /// Two words of different labels have the same tokens, as `Good` and `good` have where case is dropped.
    case sameTokens([String], labels: [String])
    /// The tokenizer makes nothing of a word.
    case noTokens(word: String, label: String)
    /// The tokenizer does not know a part of a word, so a masked model would be asked for "unknown".
    case unknownToken(word: String, label: String)
    /// A scoring rule asks for something that these words or scores do not have.
    case ruleCannotScore(ScoringRule, reason: String)
}

extension VerbalizerError: CustomStringConvertible {
    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .noLabels: "There are no labels; give at least one label with a word."
        case .countsDiffer(let labels, let words):
            "There are \(labels) labels but \(words) words; give one word a label, in the same order."
        case .labelTwice(let label):
            "The label \"\(label)\" is listed twice; put all of its words into one entry."
        case .labelWithoutWords(let label): "The label \"\(label)\" has no words; give it at least one."
        case .emptyWord(let label): "The label \"\(label)\" has an empty word; write the word or remove it."
        case .sharedWord(let word, let labels):
            Set(labels).count == 1
                ? "The word \"\(word)\" is listed twice for \"\(labels[0])\"; remove one."
                : "The word \"\(word)\" stands for \(Self.list(labels)); keep it for one of them."
        case .sameTokens(let words, let labels):
            "The words \(Self.list(words)) of the labels \(Self.list(labels)) are the same tokens to this "
                + "model; choose another word for one of them."
        case .noTokens(let word, let label):
            "The word \"\(word)\" of the label \"\(label)\" is nothing to this model's tokenizer; choose "
                + "another."
        case .unknownToken(let word, let label):
            "The word \"\(word)\" of the label \"\(label)\" has a part that this model's tokenizer does not "
                + "know; choose another word."
        case .ruleCannotScore(let rule, let reason):
            "The rule \"\(rule.rawValue)\" cannot score these answers: \(reason)."
        }
    }

    private static func list(_ names: [String]) -> String {
        names.map { "\"\($0)\"" }.joined(separator: " and ")
    }
}
