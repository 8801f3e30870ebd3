/// A template with an example's fields in it, before any tokenizer has seen it.
public struct RenderedPrompt: Hashable, Sendable {
    /// The pieces in the order of the text: text runs as long as possible, and slots between them.
    public let pieces: [RenderedPiece]
    /// The spaces that the answer's text starts with; see ``Template``.
    public let answerSpace: String

    /// The prompt as people read it, with `answer` in its place and soft rows as `‹soft 8›`.
    public func text(answer: String) -> String {
        pieces.map { piece in
            switch piece {
            case .run(let segments): segments.map(\.text).joined()
            case .answer: answerSpace + answer
            case .soft(let slot): "‹soft \(slot.printed)›"
            case .special(.role(let role)): "‹\(role.rawValue)›"
            case .special(.piece(let spelling)): spelling
            }
        }.joined()
    }
}

/// A piece of a rendered prompt.
public enum RenderedPiece: Hashable, Sendable {
    /// Text that is tokenized as one string, so that tokens may span template and field.
    case run([RenderedSegment])
    /// Where the answer stands.
    case answer(masks: Int?)
    /// Trainable rows.
    case soft(SoftSlot)
    /// A special token.
    case special(SpecialTokenName)
}

/// A part of a run: words of the template, or the text of a field.
public struct RenderedSegment: Hashable, Sendable {
    /// The text, filters applied.
    public let text: String
    /// The field it is from, or nil for words of the template.
    public let field: String?
    /// Whether it may lose tokens where the prompt is too long.
    public let mayShorten: Bool
}
