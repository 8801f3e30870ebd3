/// P-tuning v2 (Liu et al. 2022): trained keys and values in any layers, with or without a network that makes them,
/// read by a classification head or by label words; the model frozen.
///
/// Where we differ: keys and values start as those of written words and not at random, none of their numbers are dropped
/// in training, and the default readout is the label words, which need no fresh weights where rows are few. A head learns
/// at the prompt's rate, as in the paper's code.
public struct DeepPrompt: PrefixMethod {
    /// The name on the command line.
    public static let name = "deep-prompt"

    /// What a run is told.
    public struct Settings: PrefixSettings {
        /// `P`, how many positions the prompt takes in each layer.
        public var rows = 16
        /// The layers that get keys and values; nil for all.
        public var layers: [Int]?
        /// What keys and values start from.
        ///
        /// The paper draws them at random. On SmolLM2-135M that destroys what the model knows, and 30 steps do not bring it
        /// back: 0.20 of the dev rows of sib200_en (8 a label, one seed), against 0.71 from words.
        public var initialisation = PrefixInitialisation.words(SoftInitialisation.defaultText)
        /// The network that makes them in training; nil to train them themselves. Which is better depends on the task
        /// (§3.3 of the paper).
        public var reparametrisation: PrefixEncoder.Settings?
        /// The share of their numbers that is zeroed in training.
        ///
        /// The paper's code has 0.1. Over three seeds (16 rows a label) that leaves SmolLM2-135M at 0.52 of the dev rows of
        /// trec6, where it reaches 0.68 without; a 22M masked model has 0.72 with it and 0.71 without, mean of trec6, sst2, subj.
        public var dropout: Float = 0
        /// How labels are read.
        public var readout = Readout.verbalizer
        /// How long and how fast.
        public var learning = LearningSettings()

        /// The defaults.
        public init() {}
    }

    /// What the automatic rate is.
    ///
    /// The better of 1e-2 and 3e-2 by dev rows of a 22M masked model (16 a label, 60 steps of 16, one seed): 0.69, 0.66, 0.59
    /// against 0.69, 0.69, 0.68 on sst2, subj and trec6; on SmolLM2-135M and sib200_en as above they are 0.71 and 0.68.
    public static let rate: Float = 3e-2

    /// What this run was told.
    public let settings: Settings

    /// The method with its settings.
    public init(_ settings: Settings) { self.settings = settings }
}
