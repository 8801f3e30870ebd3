/// A pattern with its verbalizer: one way of putting a task as a cloze question (Schick & Schütze 2021, §3.1).
public struct PatternVerbalizer: Hashable, Codable, Sendable {
    /// The text with its slots.
    public var template: Template
    /// The labels' words behind this text.
    public var verbalizer: Verbalizer

    /// A pattern and its words.
    public init(_ template: Template, _ verbalizer: Verbalizer) {
        self.template = template
        self.verbalizer = verbalizer
    }
}
