public import Models

/// How a text is written behind a prompt.
public struct TextSettings: Codable, Hashable, Sendable {
    /// How many tokens a text may have, its end counted; longer targets are cut in training.
    public var tokenLimit = 100
    /// How tokens are chosen, where there are no beams.
    public var choice = TokenChoice.greedy
    /// How many continuations are pursued at once; nil for one, by ``choice``.
    public var beams: BeamSettings?
    /// Whether a text ends with its line.
    public var endsWithLine = true
    /// The field of a row that holds its targets: a list of texts, or one text.
    public var target = "references"

    /// The defaults: greedy, one line of at most 100 tokens.
    public init() {}
}
