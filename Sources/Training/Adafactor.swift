import Foundation
public import Tensors

/// Adafactor (Shazeer & Stern 2018) as Lester et al. 2021 train soft prompts with it: no factoring of the
/// second moment, no scaling by the size of the weights, no first moment.
///
/// The equations are T5X's, `t` from 0: `v = βv + (1 - β)(g² + 1e-30)` with `β = 1 - (t + 1)^-0.8`, `u = g /
/// √v` brought down to a root mean square of 1, and `θ = (1 - decay)θ - rate·u`.
public struct Adafactor: Optimizer {
    /// The numbers of the rule; the defaults are those of Lester et al.
    public struct Settings: Hashable, Codable, Sendable {
        /// What share of itself a weight loses at a step, whatever the rate.
        ///
        /// Hugging Face's Adafactor multiplies decay by the rate: its `weight_decay` is ours over the rate
        /// (1e-5 at a rate of 0.3 is 3.3e-5 there).
        public var decay: Float
        /// The exponent by which the memory of the second moment lengthens.
        public var decayExponent: Double
        /// The root mean square that an update is brought down to.
        public var clip: Float
        /// Added to the squared gradient.
        public var epsilon: Float
        /// The step from which `t` counts; T5X goes on from the pretrained checkpoint's (about 1.1 million).
        public var stepOffset: Int

        /// The numbers of the rule.
        public init(
            decay: Float = 1e-5, decayExponent: Double = 0.8, clip: Float = 1, epsilon: Float = 1e-30,
            stepOffset: Int = 0
        ) {
            self.decay = decay
            self.decayExponent = decayExponent
            self.clip = clip
            self.epsilon = epsilon
            self.stepOffset = stepOffset
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
            let step = Double(state.count(name) + settings.stepOffset)
            let numbers = AdafactorStep(
                rate: rate, decay2: Float(1 - pow(step, -settings.decayExponent)), epsilon: settings.epsilon,
                clip: settings.clip, weightDecay: settings.decay, gradientScale: gradientScale)
            let moved = weight.backend.adafactor(
                weight: weight, second: state.moment("second", name, like: weight), gradient: gradient,
                numbers)
            weights[name] = moved.weight
            state.moments["second/" + name] = moved.second
        }
    }
}
