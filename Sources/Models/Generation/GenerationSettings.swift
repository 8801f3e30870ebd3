/// How a text is continued, and where it ends.
public struct GenerationSettings: Hashable, Codable, Sendable {
    /// How the next token is chosen.
    public var choice: TokenChoice
    /// How many tokens are generated at most.
    public var tokenLimit: Int
    /// Tokens that end the text; they are no part of it.
    public var stopTokens: Set<Int32>
    /// Texts that end the text; they and what follows are no part of it.
    public var stopTexts: [String]

    /// How a text is continued, and where it ends.
    public init(
        choice: TokenChoice = .greedy, tokenLimit: Int = 64, stopTokens: Set<Int32> = [],
        stopTexts: [String] = []
    ) {
        self.choice = choice
        self.tokenLimit = tokenLimit
        self.stopTokens = stopTokens
        self.stopTexts = stopTexts
    }
}

/// Why a generated text ended.
public enum GenerationEnd: String, Hashable, Codable, Sendable {
    /// A stop token or a stop text.
    case stop
    /// As many tokens as were allowed.
    case tokenLimit
    /// As many positions as the model has.
    case contextFull
    /// The surrounding task was cancelled.
    case cancelled
}
