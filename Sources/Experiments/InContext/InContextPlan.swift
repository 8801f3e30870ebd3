public import Datasets
public import Prompts

/// What in-context learning is to show and to correct.
public struct InContextPlan: Sendable {
    /// How examples are shown; the seed is replaced by each of ``seeds``.
    public var settings = DemonstrationSettings()
    /// The draws of examples that are measured, each by itself.
    public var seeds: [UInt64] = [0]
    /// The rows that examples are drawn from.
    public var pool: [Example] = []
    /// The corrections that are measured beside the probabilities as they are.
    public var calibrations: [LabelCalibration.Method] = []
    /// What contextual calibration puts into the fields.
    public var contentFree = ContextualCalibration.contentFreeTexts
    /// Rows with labels that no example is drawn from, for what is fitted.
    public var heldOut: Dataset?
    /// The precision above which answers are given; nil to answer always.
    public var precision: Double?

    /// Prompts that answer beside the plan's own; the majority counts.
    public var voters: [Prompt] = []

    /// A plan that shows nothing and corrects nothing.
    public init() {}
}

/// The answers of one draw of examples under one correction.
public struct InContextRun: Sendable {
    /// The draw.
    public let seed: UInt64
    /// The correction; nil for the probabilities as they are.
    public let method: LabelCalibration.Method?
    /// The prompt that gives these answers again.
    public let prompt: Prompt
    /// An answer a row.
    public let answers: [Prediction]
    /// How long the answers of this draw took, in seconds; corrections take none.
    public let seconds: Double

    /// `none`, or the correction's name.
    public var name: String { method?.rawValue ?? "none" }
}
