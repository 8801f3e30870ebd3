/// Turns text into ids of a model's vocabulary, and back.
public protocol Tokenizer: Sendable {
    /// One more than the largest id: the rows that an embedding matrix needs at least.
    var vocabularySize: Int { get }

    /// The tokens that have a role instead of a text.
    var specialTokens: SpecialTokens { get }

    /// The ids of a text, without the special tokens that frame a sequence.
    ///
    /// `parsingSpecial` says whether `<mask>`, written in the text, becomes the mask token. Without it, what
    /// users write stays text; tokens that were added to the vocabulary but are not special are found in both
    /// cases.
    func encode(_ text: String, parsingSpecial: Bool) -> [Int32]

    /// What the model expects around one sequence.
    var framing: (prefix: [Int32], suffix: [Int32]) { get }

    /// The two sequences as the model expects a pair, and for each token the number of its segment.
    func frame(_ first: [Int32], with second: [Int32]) -> (tokens: [Int32], segments: [Int32])

    /// The text of some tokens; special tokens and ids outside the vocabulary have none.
    func decode(_ tokens: some Sequence<Int32>) -> String

    /// The id of a piece as the vocabulary spells it (`Ġhello`, `##ing`), special tokens included.
    func token(for piece: String) -> Int32?

    /// The vocabulary's spelling of a token.
    func piece(for token: Int32) -> String?
}

extension Tokenizer {
    /// The ids of a text, without framing; special tokens written in the text are found, as in the reference.
    public func encode(_ text: String) -> [Int32] {
        encode(text, parsingSpecial: true)
    }

    /// Adds what the model expects around one sequence (`[CLS]` … `[SEP]`, `<bos>` …).
    public func frame(_ tokens: [Int32]) -> [Int32] {
        framing.prefix + tokens + framing.suffix
    }
}

/// The tokens that have a role instead of a text.
public struct SpecialTokens: Hashable, Sendable {
    /// Starts a sequence (`<s>`, `<bos>`).
    public var beginning: Int32?
    /// Ends a sequence (`</s>`, `<eos>`, `<|endoftext|>`).
    public var end: Int32?
    /// Fills up rows of unequal length.
    public var padding: Int32?
    /// Stands for what the vocabulary cannot spell.
    public var unknown: Int32?
    /// Hides a token that a masked model is to guess.
    public var mask: Int32?
    /// Stands between, and after, the sequences of a BERT input.
    public var separator: Int32?
    /// Starts a BERT input.
    public var classifier: Int32?
    /// Every special token, with or without one of the roles above.
    public var all: Set<Int32> = []

    /// No special tokens.
    public init() {}

    /// The tokens that a model's input may hold, which padding is not.
    var needed: Set<Int32> {
        Set([beginning, end, unknown, mask, separator, classifier].compactMap(\.self))
    }
}
