/// How the answers to questions are looked for in their contexts.
public struct SpanSettings: Codable, Hashable, Sendable {
    /// How many tokens further on the next part of a context begins, where the context is longer than the model
    /// reads at once (the document stride of Devlin et al. 2019, code).
    public var stride = 128
    /// How many tokens an answer may have.
    public var longestAnswer = 30
    /// How many tokens of a question are read.
    public var longestQuestion = 64

    /// The defaults are those of BERT's code for SQuAD.
    public init() {}

    /// Throws ``PromptError/badSetting(name:value:allowed:)`` for a number out of its range.
    func check() throws {
        let values = [
            ("the stride", stride), ("the longest answer", longestAnswer),
            ("the longest question", longestQuestion),
        ]
        for (name, value) in values where value < 1 {
            throw PromptError.badSetting(name: name, value: "\(value)", allowed: "1 or more")
        }
    }
}
