/// Prefix-Tuning (Li & Liang 2021): trained keys and values before everything, in every layer, the model frozen.
///
/// Where we differ: the answer is read by a verbalizer and the loss is a softmax over the labels, and the default
/// start is the keys and values of written words (§4.4 of the paper uses them where data are few), trained as they
/// are. With ``Settings/reparametrisation`` the paper's network makes them, fitted to the words first.
public struct PrefixTuning: PrefixMethod {
    /// The name on the command line.
    public static let name = "prefix-tuning"

    /// What a run is told.
    public struct Settings: PrefixSettings {
        /// `P`, how many positions the prefix takes. ``PrefixInitialisation/written(_:)`` brings its own number.
        public var rows = 20
        /// What keys and values start from.
        public var initialisation = PrefixInitialisation.words(SoftInitialisation.defaultText)
        /// The network that makes them in training; nil to train them themselves.
        public var reparametrisation: PrefixEncoder.Settings?
        /// The layers that get them; nil for all.
        public var layers: [Int]?
        /// The share of their numbers that is zeroed in training.
        public var dropout: Float = 0
        /// How labels are read.
        public var readout = Readout.verbalizer
        /// How long and how fast.
        public var learning = LearningSettings()

        /// The defaults.
        public init() {}
    }

    /// What the automatic rate is, for every model: keys and values are about as large everywhere.
    ///
    /// The best of 3e-3, 1e-2 and 3e-2 on SmolLM2-135M by the dev rows of sib200_en (8 a label, 30 steps of 8, one
    /// seed): 0.73, 0.75 and 0.77.
    public static let rate: Float = 3e-2

    /// What this run was told.
    public let settings: Settings

    /// The method with its settings.
    public init(_ settings: Settings) { self.settings = settings }
}
