/// The words that stand for each label.
///
/// Labels keep the order in which they were given; scores, probabilities and reports follow it. A value of
/// this type has at least one label, no label twice, words for each, no empty word, and no word
/// that stands for two labels or twice for one (spaces around a word aside).
public struct Verbalizer: Hashable, Sendable {
    /// One label with its words.
    public struct Entry: Hashable, Codable, Sendable {
        /// The label's name in the data.
        public let label: String
        /// The words that stand for it, best first.
        public let words: [String]

        /// Makes an entry; ``Verbalizer`` checks it.
        public init(label: String, words: [String]) {
            self.label = label
            self.words = words
        }
    }

    /// The labels with their words, in order.
    public let entries: [Entry]

    /// The labels in order.
    public var labels: [String] { entries.map(\.label) }

    /// Makes a verbalizer of labels with their words.
    ///
    /// - Throws: ``VerbalizerError`` at the first rule that is broken.
    public init(_ entries: [Entry]) throws(VerbalizerError) {
        try Self.check(entries)
        self.entries = entries
    }

    /// Makes a verbalizer from a literal, `["negative": ["bad"], "positive": ["good"]]`.
    ///
    /// - Throws: ``VerbalizerError`` at the first rule that is broken.
    public init(_ words: KeyValuePairs<String, [String]>) throws(VerbalizerError) {
        try self.init(words.map { Entry(label: $0.key, words: $0.value) })
    }

    /// Makes a verbalizer with one word a label, both in the same order.
    ///
    /// - Throws: ``VerbalizerError`` at the first rule that is broken.
    public init(labels: [String], words: [String]) throws(VerbalizerError) {
        guard labels.count == words.count else {
            throw VerbalizerError.countsDiffer(labels: labels.count, words: words.count)
        }
        try self.init(zip(labels, words).map { Entry(label: $0, words: [$1]) })
    }

    /// The words of a label, or nil if there is no such label.
    public func words(for label: String) -> [String]? {
        entries.first { $0.label == label }?.words
    }

    private static func check(_ entries: [Entry]) throws(VerbalizerError) {
        guard !entries.isEmpty else { throw VerbalizerError.noLabels }
        var labels: Set<String> = []
        var labelOfWord: [String: String] = [:]
        for entry in entries {
            guard labels.insert(entry.label).inserted else { throw .labelTwice(entry.label) }
            guard !entry.words.isEmpty else { throw .labelWithoutWords(entry.label) }
            for word in entry.words {
                let bare = word.withoutSpacesAround
                guard !bare.isEmpty else { throw .emptyWord(label: entry.label) }
                if let other = labelOfWord.updateValue(entry.label, forKey: bare) {
                    throw .sharedWord(bare, labels: [other, entry.label])
                }
            }
        }
    }
}

extension Verbalizer: Codable {
    /// Reads a list of labels with their words; a JSON object would lose their order.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(container.decode([Entry].self))
        } catch let error as VerbalizerError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    /// Writes a list of labels with their words.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(entries)
    }
}

extension String {
    /// The text without white space at either end.
    var withoutSpacesAround: String {
        var rest = drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true {
            rest.removeLast()
        }
        return String(rest)
    }
}
