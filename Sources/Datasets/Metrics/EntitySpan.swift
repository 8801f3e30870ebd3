/// A run of tokens that a tagging says is one entity.
public struct EntitySpan: Hashable, Sendable {
    /// What kind of entity.
    public let kind: String
    /// The tokens, counted from 0.
    public let tokens: Range<Int>

    /// Makes a span.
    public init(kind: String, tokens: Range<Int>) {
        self.kind = kind
        self.tokens = tokens
    }

    /// The entities of one row of BIO tags (`B-PS`, `I-PS`, `O`), read as seqeval reads them by default: an `I-` that
    /// continues nothing, or something of another kind, begins an entity.
    public static func spans(_ tags: [String]) -> [EntitySpan] {
        var spans: [EntitySpan] = []
        var open: (kind: String, start: Int)?
        for (place, tag) in (tags + ["O"]).enumerated() {
            let kind = Self.kind(tag)
            if let entity = open, kind != entity.kind || !tag.hasPrefix("I") {
                spans.append(EntitySpan(kind: entity.kind, tokens: entity.start..<place))
                open = nil
            }
            if let kind, open == nil { open = (kind, place) }
        }
        return spans
    }

    private static func kind(_ tag: String) -> String? {
        guard tag.hasPrefix("B") || tag.hasPrefix("I") else { return nil }
        let parts = tag.split(separator: "-", maxSplits: 1)
        return parts.count == 2 ? String(parts[1]) : "_"
    }
}
