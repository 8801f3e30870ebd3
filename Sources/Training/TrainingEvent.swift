/// What happens in a run.
public enum TrainingEvent: Hashable, Sendable {
    case step(StepReport)
    case evaluation(EvaluationReport)
}

/// One step of a run.
public struct StepReport: Hashable, Codable, Sendable {
    /// How many steps were made with this one.
    public let step: Int
    /// The loss before the step.
    public let loss: Float
    /// The norm of all gradients together, before clipping.
    public let gradientNorm: Double
    /// The learning rate.
    public let rate: Float
    /// How long the step took.
    public let seconds: Double
}

/// One evaluation of a run.
public struct EvaluationReport: Hashable, Codable, Sendable {
    /// After how many steps it was.
    public let step: Int
    /// Higher is better.
    public let score: Double
    /// Whether no earlier evaluation was as good.
    public let isBest: Bool
}

/// Why a run ended.
public enum TrainingEnd: Hashable, Sendable {
    /// All steps were made.
    case finished
    /// The score did not rise for as many evaluations as the settings allow.
    case outOfPatience
    /// Someone asked for it; the state can be gone on from.
    case stopped
}
