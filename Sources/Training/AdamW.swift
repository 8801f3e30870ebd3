public import Tensors

/// Adam with weight decay kept out of the moments (Loshchilov & Hutter 2019, algorithm 2).
///
/// Decay is multiplied by the rate, as PyTorch has it; the paper multiplies it by the schedule alone.
/// `epsilon` is added after the square root.
public struct AdamW: Optimizer {
    /// The numbers of the rule; the defaults are PyTorch's but for the decay, which is 0.01 there.
    public struct Settings: Hashable, Codable, Sendable {
        /// How much of the mean gradient is kept at a step.
        public var beta1: Float
        /// How much of the mean squared gradient is kept at a step.
        public var beta2: Float
        /// Added to the root of the mean squared gradient.
        public var epsilon: Float
        /// What share of itself a weight loses at a step, times the rate.
        public var decay: Float

        /// The numbers of the rule.
        public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, decay: Float = 0) {
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
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
            let moments = (
                first: state.moment("first", name, like: weight),
                second: state.moment("second", name, like: weight)
            )
            let numbers = AdamWStep(
                rate: rate, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
                decay: settings.decay, step: state.count(name), gradientScale: gradientScale)
            let moved = weight.backend.adamW(weight: weight, moments: moments, gradient: gradient, numbers)
            weights[name] = moved.weight
            state.moments["first/" + name] = moved.first
            state.moments["second/" + name] = moved.second
        }
    }
}
