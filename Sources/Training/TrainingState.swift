public import Tensors

/// A run between two steps: all that is needed to go on as if nothing had happened.
public struct TrainingState: Sendable {
    /// The weights that are trained, float32.
    public internal(set) var weights: NamedTensors
    /// What the optimizer remembers.
    public internal(set) var optimizer: OptimizerState
    /// How many steps were made; which batches come next follows from it.
    public internal(set) var step: Int
    /// The best evaluation so far and the weights that got it.
    public internal(set) var best: Best?
    /// How many evaluations in a row were no better than the best.
    public internal(set) var evaluationsSinceBest: Int
    /// The loss of each step.
    public internal(set) var losses: [Float]
    /// How long steps and evaluations took, in every process that made some.
    public internal(set) var seconds: Double

    /// The best evaluation of a run.
    public struct Best: Sendable {
        /// Higher is better.
        public let score: Double
        /// After how many steps it was.
        public let step: Int
        /// The weights that got it.
        public let weights: NamedTensors
    }

    /// A run before its first step.
    ///
    /// - Parameter weights: those to be trained; float16 and bfloat16 are expanded.
    /// - Throws: ``TrainingError/nothingToTrain`` if there are none.
    public init(training weights: NamedTensors) throws(TrainingError) {
        guard !weights.isEmpty else { throw .nothingToTrain }
        self.weights = weights.mapValues { $0.detached.float32() }
        optimizer = OptimizerState()
        step = 0
        evaluationsSinceBest = 0
        (losses, seconds) = ([], 0)
    }

    /// The weights to keep: the best evaluation's, or the last ones where there was none.
    public var chosenWeights: NamedTensors { best?.weights ?? weights }
}

// MARK: On disk

extension TrainingState {
    /// The part of a state that is no tensor; written as JSON beside ``tensors``.
    public struct Record: Hashable, Codable, Sendable {
        /// The version of this layout.
        public var format: Int
        /// How many steps were made.
        public var step: Int
        /// How often the optimizer moved each weight.
        public var optimizerSteps: [String: Int]
        /// The best evaluation, where there was one.
        public var bestScore: Double?
        /// After how many steps the best evaluation was.
        public var bestStep: Int?
        /// How many evaluations in a row were no better than the best.
        public var evaluationsSinceBest: Int
        /// The loss of each step; a state of an earlier version has none.
        public var losses: [Float]?
        /// How long the steps took; a state of an earlier version does not know it.
        public var seconds: Double?
    }

    /// The version of the layout that this code writes and reads.
    public static let format = 1

    /// Everything that is no tensor.
    public var record: Record {
        Record(
            format: Self.format, step: step, optimizerSteps: optimizer.steps, bestScore: best?.score,
            bestStep: best?.step, evaluationsSinceBest: evaluationsSinceBest, losses: losses, seconds: seconds
        )
    }

    /// All tensors under one roof: `weights/…`, `moments/first/…`, `moments/second/…` and `best/…`.
    public var tensors: NamedTensors {
        [("weights/", weights), ("moments/", optimizer.moments), ("best/", best?.weights ?? NamedTensors())]
            .reduce(NamedTensors()) { $0.overlaid(by: $1.1.prefixed($1.0)) }
    }

    /// The state that was written as ``record`` and ``tensors``.
    ///
    /// - Throws: ``TrainingError/badState(reason:)`` where the two do not make one.
    public init(_ record: Record, tensors: NamedTensors) throws(TrainingError) {
        guard record.format == Self.format else {
            throw .badState(reason: "it has layout \(record.format), this version reads \(Self.format)")
        }
        weights = tensors.below("weights/")
        guard !weights.isEmpty else { throw .badState(reason: "it holds no weights") }
        guard record.step >= 0, record.evaluationsSinceBest >= 0 else {
            throw .badState(reason: "it counts \(record.step) steps")
        }
        optimizer = OptimizerState(moments: tensors.below("moments/"), steps: record.optimizerSteps)
        step = record.step
        evaluationsSinceBest = record.evaluationsSinceBest
        (losses, seconds) = (record.losses ?? [], record.seconds ?? 0)
        let kept = tensors.below("best/")
        if let score = record.bestScore, let bestStep = record.bestStep {
            guard kept.names == weights.names else {
                throw .badState(reason: "its best weights are not all there")
            }
            best = Best(score: score, step: bestStep, weights: kept)
        }
        try checkMoments()
    }

    private func checkMoments() throws(TrainingError) {
        for name in optimizer.moments.names {
            let weight = name.split(separator: "/", maxSplits: 1).last.flatMap { weights[String($0)] }
            guard let weight, weight.shape == optimizer.moments[name]?.shape else {
                throw .badState(reason: "the moment '\(name)' fits no weight")
            }
        }
    }
}

extension NamedTensors {
    fileprivate func prefixed(_ prefix: String) -> NamedTensors {
        names.reduce(into: NamedTensors()) { $0[prefix + $1] = self[$1] }
    }

    fileprivate func below(_ prefix: String) -> NamedTensors {
        names.filter { $0.hasPrefix(prefix) }
            .reduce(into: NamedTensors()) { $0[String($1.dropFirst(prefix.count))] = self[$1] }
    }
}
