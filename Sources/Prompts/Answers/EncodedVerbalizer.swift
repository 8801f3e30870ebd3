public import Tokenizers

/// Label words as tokens of one model, behind one template.
public struct EncodedVerbalizer: Sendable {
    /// A word as the model scores it.
    public struct Word: Hashable, Sendable {
        /// The index of the label it stands for.
        public let label: Int
        /// The word with the spaces that stand in front of it in the prompt.
        public let text: String
        /// Its tokens behind the template, at least one.
        public let tokens: [Int32]
        /// The spelling of each token, as text where a token is text by itself.
        public let pieces: [String]
    }

    /// The labels in the verbalizer's order.
    public let labels: [String]
    /// All words: those of the first label, then those of the second, and so on.
    public let words: [Word]
    /// For each label the range of its words in ``words``.
    public let wordsOfLabel: [Range<Int>]
    /// What a person should know about these words.
    public let findings: [VerbalizerFinding]
    /// The words' tokens as a tree of shared beginnings.
    public let trie: AnswerTrie

    /// The number of tokens of the longest word.
    public var longestAnswer: Int { words.map(\.tokens.count).max() ?? 0 }

    /// The places of choices that come with each row; a masked model is never asked for the places themselves.
    init(places labels: [String]) {
        self.labels = labels
        (words, findings) = ([], [])
        wordsOfLabel = labels.map { _ in 0..<0 }
        trie = AnswerTrie([])
    }

    /// Tokenizes label words as they stand in a template; see ``Template`` for the rule of spaces.
    ///
    /// - Throws: ``VerbalizerError`` if a word has no tokens, words of two labels have the same, or a masked
    ///   model's tokenizer does not know a part of a word.
    public init(
        _ verbalizer: Verbalizer, behind template: Template, _ tokenizer: some Tokenizer, kind: PromptKind
    ) throws(VerbalizerError) {
        let inspection = WordInspection(template, tokenizer, kind)
        var words: [Word] = []
        var ranges: [Range<Int>] = []
        for (label, entry) in verbalizer.entries.enumerated() {
            let start = words.count
            for word in entry.words {
                words.append(try inspection.encode(word, label: label, named: entry.label))
            }
            ranges.append(start..<words.count)
        }
        let labels = verbalizer.labels
        try WordInspection.checkDistinct(words, labels)
        self.labels = labels
        self.words = words
        wordsOfLabel = ranges
        findings = inspection.findings(words, labels)
        trie = AnswerTrie(words.map(\.tokens))
    }
}

extension EncodedVerbalizer {
    /// How each label's words are tokenized, and the findings, for people to read before training.
    public func describe() -> String {
        let width = labels.map { displayWidth(of: $0) }.max() ?? 0
        var lines: [String] = []
        for (label, range) in zip(labels, wordsOfLabel) {
            for (place, word) in words[range].enumerated() {
                let name = padded(place == 0 ? label : "", toColumns: width)
                let pieces = zip(word.pieces, word.tokens).map { "\(TemplatePart.quoted($0)) \($1)" }
                lines.append("\(name)  \(pieces.joined(separator: " · "))")
            }
        }
        return (lines + findings.map { "note: \($0)" }).joined(separator: "\n")
    }
}
