public import Training

/// What a run of a method is told; the learning settings' own members are members of it too.
@dynamicMemberLookup
public protocol MethodSettings: Codable, Hashable, Sendable {
    /// How long, how fast and from how many examples at a time.
    var learning: LearningSettings { get set }
}

extension MethodSettings {
    /// A member of the learning settings.
    public subscript<Value>(dynamicMember path: WritableKeyPath<LearningSettings, Value>) -> Value {
        get { learning[keyPath: path] }
        set { learning[keyPath: path] = newValue }
    }
}

/// How fast a method learns.
public enum LearningRate: Codable, Sendable, Hashable {
    /// The method's own rule for a model; see each method.
    case automatic
    /// So many times what ``LearningRate/automatic`` is, for comparing rates without knowing any.
    case automaticTimes(Float)
    /// A learning-rate range test (Smith 2017).
    case rangeTest
    /// The user's.
    case fixed(Float)
}

/// How long, how fast and from how many examples at a time a method learns: the same numbers for every method.
public struct LearningSettings: Codable, Sendable, Hashable {
    /// How many steps a run makes at most.
    public var steps = 60
    /// How many examples a step learns from.
    public var batch = 16
    /// How fast what is trained moves.
    public var rate = LearningRate.automatic
    /// What moves it.
    public var optimizer = OptimizerKind.adamW(AdamW.Settings())
    /// In how many steps the rate rises to its full height, before it falls in a straight line to 0.
    public var warmup = 0
    /// The gradients' norm is brought down to this; nil for no limit, as the reference recipe has it.
    public var gradientNormLimit: Float?
    /// How many batches give one step its gradient.
    public var batchesPerStep = 1
    /// How many steps lie between two looks at the dev rows.
    public var evaluationInterval = 10
    /// After how many looks without a better score the run ends; nil for never.
    public var patience: Int?
    /// Whether rows in front of all that is trained are read once and kept, as keys and values, for all epochs.
    public var readsInputsOnce = true
    /// What is made smaller; nil for the margin where a masked model's answers have several tokens, and else the
    /// cross-entropy.
    public var loss: AnswerLoss?
    /// Decides the order of the rows and what is random in the start.
    public var seed: UInt64 = 0

    /// The defaults.
    public init() {}

    /// Throws ``PromptError/badSetting(name:value:allowed:)`` for a setting out of its range.
    func check() throws {
        func require(_ holds: Bool, _ name: String, _ value: String, _ allowed: String) throws {
            guard holds else { throw PromptError.badSetting(name: name, value: value, allowed: allowed) }
        }
        try require(steps >= 1, "the number of steps", "\(steps)", "at least 1")
        try require(batch >= 1, "the batch", "\(batch)", "at least 1")
        try require(batchesPerStep >= 1, "batches a step", "\(batchesPerStep)", "at least 1")
        try require(evaluationInterval >= 1, "the evaluation interval", "\(evaluationInterval)", "at least 1")
        try require(warmup >= 0, "the warmup", "\(warmup)", "at least 0 steps")
        if let patience { try require(patience >= 1, "the patience", "\(patience)", "at least 1") }
        if let gradientNormLimit {
            try require(
                gradientNormLimit > 0, "the gradient norm limit", "\(gradientNormLimit)", "a number above 0")
        }
        switch rate {
        case .fixed(let number), .automaticTimes(let number):
            try require(number > 0 && number.isFinite, "the learning rate", "\(number)", "a number above 0")
        case .automatic, .rangeTest: break
        }
    }

    /// The trainer's settings at a rate.
    func training(rate: Float, groups: [ParameterGroup] = []) -> TrainingSettings {
        TrainingSettings(
            steps: steps, optimizer: optimizer, rate: rate, schedule: .linear(warmup: warmup, total: steps),
            gradientNormLimit: gradientNormLimit, batchesPerStep: batchesPerStep, seed: seed,
            evaluationInterval: evaluationInterval, patience: patience, groups: groups)
    }

    /// Names and values for a manifest, so that a run can be repeated.
    func described(rate: Float) -> [String: String] {
        var values: [String: String] = [
            "steps": "\(steps)", "batch": "\(batch)", "rate": "\(rate)", "warmup": "\(warmup)",
            "batchesPerStep": "\(batchesPerStep)", "evaluationInterval": "\(evaluationInterval)",
            "seed": "\(seed)",
        ]
        values["gradientNormLimit"] = gradientNormLimit.map { "\($0)" }
        values["loss"] = loss?.rawValue
        values["patience"] = patience.map { "\($0)" }
        values["optimizer"] = optimizer.json
        return values
    }
}
