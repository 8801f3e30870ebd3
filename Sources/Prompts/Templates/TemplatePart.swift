/// One piece of a template, as written.
public enum TemplatePart: Hashable, Sendable {
    /// Words of the template, braces unescaped.
    case text(String)
    /// A field of the example.
    case field(TemplateField)
    /// Where the answer stands; `masks` is the number that `{answer 3}` fixes.
    case answer(masks: Int?)
    /// Trainable rows.
    case soft(SoftSlot)
    /// A special token of the tokenizer.
    case special(SpecialTokenName)
}

/// A field of the example with what is done to its text.
public struct TemplateField: Hashable, Sendable {
    /// The name of the field in the data.
    public let name: String
    /// What is done to the text, first to last.
    public let filters: [FieldFilter]
    /// Whether the field is marked `shorten`.
    public let isMarkedShorten: Bool
}

/// A soft slot: it defines rows, or uses rows defined earlier in the template.
public enum SoftSlot: Hashable, Sendable {
    /// New rows, which later slots may use if they have a name.
    case definition(SoftRows, name: String?)
    /// The rows of an earlier slot again: the same trainable numbers.
    case reuse(name: String)
}

/// What rows a soft slot defines.
public enum SoftRows: Hashable, Sendable {
    /// So many rows of their own.
    case count(Int)
    /// One row, standing at so many positions.
    case repeated(Int)
    /// One row a token of these words, starting from the tokens' embeddings.
    case words(String)
}

/// How a template names a special token.
public enum SpecialTokenName: Hashable, Sendable {
    /// By what it does; the tokenizer knows which token that is.
    case role(SpecialTokenRole)
    /// By its own spelling, `"<|im_start|>"`.
    case piece(String)
}

/// What a special token does.
public enum SpecialTokenRole: String, CaseIterable, Codable, Sendable {
    case beginning, end, separator, classifier, mask, padding, unknown
}
