public import Datasets
internal import Layers
public import Models
internal import Tensors
public import Training

/// Pattern-Exploiting Training and its iterative form (Schick & Schütze 2021).
///
/// A model is tuned for each pattern and seed; together they label unlabelled rows, softly; a classifier is taught
/// these labels. In iPET the models also label for each other: generation after generation each starts again from the
/// pretrained model, on the train rows and a growing set that some of the others have labelled.
///
/// Without any labelled row iPET starts from what the untuned model is surest of (§4, "zero-shot"): ten rows, drawn from
/// the hundred that are the most probable for each label.
///
/// Where we differ: a model is asked once, when it is trained, for its scores of all rows, and is then let go, so that
/// memory does not grow with the ensemble; the classifier reads the text and a mask, whose state it does not use.
public struct PET: Sendable {
    /// The name on the command line.
    public static let name = "pet"

    /// What a run is told.
    public struct Settings: Codable, Hashable, Sendable {
        /// The seeds of each pattern's models.
        public var seeds: [UInt64] = [0, 1, 2]
        /// How much the language-model loss on unlabelled rows counts; 0 leaves it away.
        public var alpha: Float = 1e-4
        /// How many unlabelled rows stand beside each labelled one in a step.
        public var unlabelledARow = 3
        /// How many unlabelled texts, in the pattern with the answer left open, stand in front of every text that a
        /// pattern's model learns from and is asked; see `Priming`.
        public var priming = 0
        /// How a pattern's model learns.
        public var learning = PET.learning(steps: 100)
        /// How the models are put together.
        public var weighting = EnsembleWeighting.weighted
        /// The temperature of distillation.
        public var temperature: Float = 2
        /// How the classifier learns.
        public var distillation = PET.learning(steps: 200)
        /// The rate of the classifier's head.
        public var headRate: Float = 1e-3
        /// How iPET's generations grow; nil for PET.
        public var sampling: GenerationSampling?
        /// How many generations follow the first; nil for as many as make the last learn from 1,000 rows.
        public var generations: Int?

        /// The defaults.
        public init() {}
    }

    /// The paper's recipe but for the rate, which is the small models' (``ModelTuning/rate``; the paper's is 1e-5):
    /// AdamW with decay 0.01, gradients clipped at 1, the rate falling in a straight line.
    private static func learning(steps: Int) -> LearningSettings {
        var learning = LearningSettings()
        learning.steps = steps
        learning.optimizer = .adamW(AdamW.Settings(decay: 0.01))
        learning.gradientNormLimit = 1
        return learning
    }

    /// What happened, for progress and reports.
    public enum Event: Sendable {
        /// A model of a pattern and seed in a generation is being trained: number so many of so many.
        case member(number: Int, of: Int, generation: Int, pattern: Int, seed: UInt64)
        /// A model was taken as an earlier run had kept it.
        case kept(number: Int, of: Int, generation: Int)
        /// A step was made.
        case step(StepReport, of: Int)
        /// The classifier is being taught.
        case distilling
        /// Something that the user should know.
        case warning(String)
    }

    /// What a run found.
    public struct Outcome: Sendable {
        /// The scores of the test rows by every model of the last generation.
        package var members: [EnsembleMember]
        /// The same of the first generation; equal to ``members`` without iPET.
        package var first: [EnsembleMember]
        /// The classifier: a prompt of model weights and a head.
        public var classifier: Prompt
    }

    /// What this run was told.
    public let settings: Settings
    /// Told of everything that happens.
    public var observe: @Sendable (Event) -> Void = { _ in }

    /// PET with its settings.
    public init(_ settings: Settings) { self.settings = settings }

    /// Trains the ensemble, generation by generation, and teaches the classifier.
    ///
    /// - Parameters:
    ///   - train: the labelled rows; iPET needs none.
    ///   - unlabelled: rows whose labels, where they have any, are not looked at.
    ///   - test: rows that every model scores; not learned from.
    ///   - patterns: at least one.
    ///   - task: the name and the limits; the classifier is asked with its template.
    ///   - pretrained: the model that each pattern starts from. On a causal one there is no loss on unlabelled rows.
    ///   - work: keeps each finished model's scores, so that a run which was stopped goes on behind them.
    ///   - stop: raised when the user asks to stop.
    /// - Throws: `CancellationError`; ``PromptError`` where rows or patterns are missing.
    public func run(
        train: Dataset, unlabelled: [Example], test: [Example], _ patterns: [PatternVerbalizer],
        _ task: PromptTask, to pretrained: PretrainedModel, work: WorkFolder = WorkFolder(nil),
        stop: StopSignal = StopSignal()
    ) throws -> Outcome {
        try check(train, unlabelled, patterns)
        let ensemble = PETEnsemble(
            settings: settings, train: train, unlabelled: unlabelled, test: test, patterns: patterns,
            task: task, pretrained: pretrained, work: work,
            rowsDigest: try WorkFolder.digest(train.examples, unlabelled, test), stop: stop, observe: observe)
        let first = try ensemble.generation(0, learning: Array(repeating: [], count: ensemble.count))
        var last = first
        if let sampling = settings.sampling {
            let rows = train.examples.count
            for generation in 1...max(1, settings.generations ?? sampling.generations(from: rows)) {
                last = try ensemble.generation(
                    generation, learning: ensemble.newRows(generation, sampling, last))
            }
        }
        return Outcome(
            members: last, first: first,
            classifier: try ensemble.classifier(settings.weighting.average(last) { $0.unlabelled }))
    }

    private func check(_ train: Dataset, _ unlabelled: [Example], _ patterns: [PatternVerbalizer]) throws {
        func require(_ holds: Bool, _ name: String) throws {
            guard holds else { throw PromptError.badSetting(name: name, value: "0", allowed: "at least 1") }
        }
        try require(!patterns.isEmpty, "the number of patterns")
        try require(!settings.seeds.isEmpty, "the number of seeds")
        try require(
            !train.examples.isEmpty || settings.sampling != nil, "the number of train rows without iPET")
        try require(settings.priming >= 0, "the number of texts in front")
        try require(!unlabelled.isEmpty, "the number of unlabelled rows")
        for pattern in patterns where Set(pattern.verbalizer.labels) != Set(train.labels) {
            throw PromptError.labelsDiffer(
                missing: Set(train.labels).symmetricDifference(pattern.verbalizer.labels).sorted(),
                known: pattern.verbalizer.labels)
        }
    }
}
