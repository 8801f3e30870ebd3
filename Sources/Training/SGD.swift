public import Tensors

/// Plain gradient descent, with or without momentum: `m = momentum·m + g`, `θ = θ - rate·m`, as PyTorch has
/// it.
public struct SGD: Optimizer {
    /// The numbers of the rule.
    public struct Settings: Hashable, Codable, Sendable {
        /// How much of the last direction is kept; 0 keeps no moment.
        public var momentum: Float
        /// Added to the gradient, times the weight.
        public var decay: Float

        /// The numbers of the rule.
        public init(momentum: Float = 0, decay: Float = 0) {
            self.momentum = momentum
            self.decay = decay
        }
    }

    /// The numbers of the rule.
    public let settings: Settings
    /// Moments and step counts.
    public var state: OptimizerState

    /// The rule, going on from a state.
    public init(_ settings: Settings = Settings(), state: OptimizerState = OptimizerState()) {
        self.settings = settings
        self.state = state
    }

    /// Moves every weight that has a gradient.
    public mutating func step(
        _ weights: inout NamedTensors, along gradients: NamedTensors, rate: Float, gradientScale: Float = 1
    ) {
        for name in gradients.names {
            guard let weight = weights[name], let gradient = gradients[name] else { continue }
            _ = state.count(name)
            var direction = gradientScale == 1 ? gradient : gradient.scaled(by: gradientScale)
            if settings.decay != 0 { direction = direction + weight.scaled(by: settings.decay) }
            if settings.momentum != 0 {
                direction =
                    direction + state.moment("first", name, like: weight).scaled(by: settings.momentum)
                state.moments["first/" + name] = direction
            }
            weights[name] = weight - direction.scaled(by: rate)
        }
    }
}
