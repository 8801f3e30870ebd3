/// A tokenizer as the metadata of a GGUF file describes it.
///
/// A plain value, so that this room needs no reader of GGUF, and the reader no tokenizer. The names in
/// brackets are the metadata keys, after `tokenizer.ggml.`.
public struct GGUFVocabulary: Sendable {
    /// What kind of tokenizer it is (`model`): `gpt2` is byte-level BPE, `llama` SentencePiece's BPE.
    public var model: String
    /// Which expression cuts words (`pre`); only for `gpt2`.
    public var splitting: String?
    /// The pieces, in the order of their ids (`tokens`).
    public var pieces: [String]
    /// A score a piece (`scores`); only for `llama`.
    public var scores: [Float]
    /// What each piece is (`token_type`): 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
    public var kinds: [Int32]
    /// Pairs of pieces, separated by a space (`merges`); only for `gpt2`.
    public var merges: [String]
    /// Roles (`bos_token_id` …); ``SpecialTokens/all`` may stay empty.
    public var roles: SpecialTokens
    /// Whether a sequence is framed by its beginning (`add_bos_token`); by default only for `llama`.
    public var addsBeginning: Bool?
    /// Whether a sequence is framed by its end (`add_eos_token`); by default not.
    public var addsEnd: Bool?
    /// Whether a text gets a space in front (`add_space_prefix`); by default for `llama`.
    public var addsSpacePrefix: Bool?

    /// Gathers the metadata of a GGUF file.
    public init(
        model: String, splitting: String? = nil, pieces: [String], scores: [Float] = [], kinds: [Int32] = [],
        merges: [String] = [], roles: SpecialTokens = SpecialTokens(), addsBeginning: Bool? = nil,
        addsEnd: Bool? = nil, addsSpacePrefix: Bool? = nil
    ) {
        self.model = model
        self.splitting = splitting
        self.pieces = pieces
        self.scores = scores
        self.kinds = kinds
        self.merges = merges
        self.roles = roles
        self.addsBeginning = addsBeginning
        self.addsEnd = addsEnd
        self.addsSpacePrefix = addsSpacePrefix
    }
}
