/// Weights that move at a rate of their own, as a prompt and the model under it do in P-tuning.
public struct ParameterGroup: Hashable, Codable, Sendable {
    /// Their names.
    public var names: Set<String>
    /// What the run's rate is multiplied by for them.
    public var rateShare: Float
    /// What moves them; nil for the run's own optimizer.
    public var optimizer: OptimizerKind?

    /// Weights by name.
    public init(names: Set<String>, rateShare: Float, optimizer: OptimizerKind? = nil) {
        self.names = names
        self.rateShare = rateShare
        self.optimizer = optimizer
    }
}
