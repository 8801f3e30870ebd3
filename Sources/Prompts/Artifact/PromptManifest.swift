public import Models

/// What a prompt is besides its tensors: everything a person or a program needs to use it again and to trust
/// it.
///
/// Written as `cloze.json` beside PEFT's two files, which PEFT does not read.
public struct PromptManifest: Codable, Sendable, Hashable {
    /// The version of this schema that the code writes; a file of a higher version is refused.
    public static let currentFormat = 1

    /// The version of the schema.
    public var format = PromptManifest.currentFormat
    /// The prompt's name, by which it is served.
    public var name: String
    /// The method that made it, such as `prompt-tuning`; `hard` where nothing was trained.
    public var method: String
    /// The prompt's text with its slots.
    public var template: Template
    /// The labels and their words.
    public var verbalizer: Verbalizer
    /// How word scores become label scores.
    public var rule: ScoringRule
    /// In which order a masked model fills the masks of an answer; nil on a causal one, and for the default.
    public var decoding: MaskDecoding?
    /// How labels are read off the model; nil, as older files have it, for ``Readout/verbalizer``.
    public var readout: Readout?
    /// How many positions a prompt may have.
    public var limit: Int
    /// Which fields lose tokens where a prompt is too long.
    public var shortening: Shortening
    /// The model it belongs to.
    public var model: ModelIdentity
    /// The tokenizer it belongs to.
    public var tokenizer: TokenizerProbe
    /// Scores that a sound copy gives again.
    public var probe: [ScoreProbe]
    /// The method's settings, resolved, so that the training can be repeated.
    public var settings: [String: String]
    /// What was measured, by name, such as `test accuracy`.
    public var measurements: [String: Double]
    /// The SHA-256 of `adapter_model.safetensors`, nil where there is none.
    public var tensorHash: String?
    /// The instruction and the examples in front of each question; nil where there are none.
    public var demonstrations: Demonstrations?
    /// The demonstrations behind each question of a masked model; nil where there are none.
    public var demonstrationSets: DemonstrationSets?
    /// The field that holds each row's own answers; nil where the verbalizer's words answer. The labels are then
    /// places, `0`, `1` and so on, and their words are not read.
    public var choices: String?
    /// The text behind which answers are scored once more, for the rules that compare with it; nil for the rule's
    /// own.
    public var neutral: Template?
    /// How the labels' probabilities are corrected.
    public var calibration: LabelCalibration?
    /// When no answer is given.
    public var abstention: Abstention?

    /// How spans are read; nil for other readouts.
    public var spans: SpanSettings?
    /// How texts are written; nil for other readouts.
    public var texts: TextSettings?

    /// A model, so that a prompt is not used with another.
    public struct ModelIdentity: Codable, Sendable, Hashable {
        /// Which family it is of, such as `llama`.
        public var family: ModelFamily
        /// The hash of the weights; see Checkpoints' `ModelFingerprint`.
        public var fingerprint: String
        /// The file or folder name it was loaded from, for people.
        public var file: String
        /// The width of its rows.
        public var width: Int
        /// How many layers it has.
        public var layers: Int
        /// How many key/value heads it has.
        public var keyValueHeads: Int
        /// How many heads its queries have; nil in older files.
        public var heads: Int?
        /// How wide a head is.
        public var headWidth: Int
    }

    /// Tokens of a fixed text: two tokenizers that agree on it are taken for the same.
    public struct TokenizerProbe: Codable, Sendable, Hashable {
        /// How many tokens there are.
        public var vocabulary: Int
        /// The tokens of ``TokenizerProbe/text``.
        public var tokens: [Int32]

        /// Latin, Hangul composed and not, digits, an emoji and white space.
        public static let text = "The 3 quick-brown foxes, 안녕하세요 한글 1234!  \n\tnaïve café 🙂"
    }

    /// The label scores of one example.
    public struct ScoreProbe: Codable, Sendable, Hashable {
        /// The example's fields.
        public var fields: [String: String]
        /// The log-probability of each label among the labels, in the verbalizer's order.
        public var scores: [Float]
    }
}
