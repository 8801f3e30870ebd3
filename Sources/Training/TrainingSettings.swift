/// How a run goes: what moves the weights, how fast, and when it ends.
public struct TrainingSettings: Hashable, Codable, Sendable {
    /// How many steps the run makes at most.
    public var steps: Int
    /// What moves the weights.
    public var optimizer: OptimizerKind
    /// The base learning rate.
    public var rate: Float
    /// How the rate changes over the run.
    public var schedule: Schedule
    /// The gradients' common norm is brought down to this; nil for no limit.
    public var gradientNormLimit: Float?
    /// How many batches give one step their mean gradient.
    public var batchesPerStep: Int
    /// Decides where dropout falls.
    public var seed: UInt64
    /// How many steps lie between two evaluations; nil for none.
    public var evaluationInterval: Int?
    /// After how many evaluations without a better score the run ends; nil for never.
    public var patience: Int?
    /// Weights that move at a rate of their own; all others at the run's.
    public var groups: [ParameterGroup]

    /// How a run goes.
    public init(
        steps: Int, optimizer: OptimizerKind = .adamW(), rate: Float, schedule: Schedule = .constant(),
        gradientNormLimit: Float? = nil, batchesPerStep: Int = 1, seed: UInt64 = 0,
        evaluationInterval: Int? = nil, patience: Int? = nil, groups: [ParameterGroup] = []
    ) {
        self.steps = steps
        self.optimizer = optimizer
        self.rate = rate
        self.schedule = schedule
        self.gradientNormLimit = gradientNormLimit
        self.batchesPerStep = max(1, batchesPerStep)
        self.seed = seed
        self.evaluationInterval = evaluationInterval
        self.patience = patience
        self.groups = groups
    }

    /// The learning rate of a step, counted from 0.
    public func rate(at step: Int) -> Float { Float(Double(rate) * schedule.share(at: step)) }
}
