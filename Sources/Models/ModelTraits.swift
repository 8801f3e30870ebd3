/// The numbers that describe a model to those who make its input.
public struct ModelTraits: Hashable, Sendable {
    /// Which family it is of.
    public var family: ModelFamily
    /// How many layers there are.
    public var layers: Int
    /// `D`, the width of a row.
    public var width: Int
    /// `H`, the heads of the queries.
    public var heads: Int
    /// `G`, the heads of keys and values.
    public var keyValueHeads: Int
    /// `W`, the width of a head.
    public var headWidth: Int
    /// `V`, the rows of the embedding table; a tokenizer may use fewer.
    public var vocabularySize: Int
    /// The most positions a sequence may have, its pasts included.
    public var contextLength: Int
    /// Whether a row sees only earlier rows.
    public var isCausal: Bool
    /// What embedded tokens have been multiplied by; soft rows live on that scale too.
    public var embeddingScale: Float
    /// The width of embedded tokens and of soft rows, where it is not that of the layers' rows; see ``inputWidth``.
    public var embeddedWidth: Int?
    /// How many segments the model tells apart; 0 where it has none.
    public var segmentCount = 0
    /// Whether it can score the vocabulary; a bare encoder cannot.
    public var hasOutput = true

    /// The width of what ``LanguageModel/embed(_:_:)`` gives and ``ModelInput/embeddings`` holds: ``width`` but for models
    /// that embed in a narrower space, such as ELECTRA's generators.
    public var inputWidth: Int { embeddedWidth ?? width }

    /// The width of a row of ``KeyValues``, `G * W`.
    public var keyValueWidth: Int { keyValueHeads * headWidth }
}
