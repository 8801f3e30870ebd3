public import Tensors

/// A rule that moves weights against their gradients; a value, moments included.
public protocol Optimizer: Sendable {
    /// What the rule remembers from step to step.
    var state: OptimizerState { get set }

    /// Moves every weight that has a gradient; the others, and their moments, stay as they are.
    ///
    /// - Parameters:
    ///   - weights: all that are trained, by name.
    ///   - gradients: those that were computed, by the same names.
    ///   - rate: the learning rate of this step.
    ///   - gradientScale: multiplies every gradient first (clipping).
    mutating func step(
        _ weights: inout NamedTensors, along gradients: NamedTensors, rate: Float, gradientScale: Float)
}

/// What an optimizer remembers: moments, and how often each weight was moved.
public struct OptimizerState: Sendable {
    /// Named `first/…` or `second/…` and the weight's own name.
    public var moments: NamedTensors
    /// How many steps each weight has made; the corrections of Adam depend on it.
    public var steps: [String: Int]

    /// What an optimizer remembers, by default nothing yet.
    public init(moments: NamedTensors = NamedTensors(), steps: [String: Int] = [:]) {
        self.moments = moments
        self.steps = steps
    }

    /// Counts a step of a weight, from 1.
    mutating func count(_ name: String) -> Int {
        steps[name, default: 0] += 1
        return steps[name, default: 1]
    }

    /// A moment of a weight, zeros at first.
    func moment(_ kind: String, _ name: String, like weight: Tensor) -> Tensor {
        moments[kind + "/" + name] ?? Tensor(repeating: 0, shape: weight.shape, on: weight.backend)
    }
}

/// Which optimizer a run uses, as its settings say it.
public enum OptimizerKind: Hashable, Codable, Sendable {
    case adamW(AdamW.Settings = AdamW.Settings())
    case adafactor(Adafactor.Settings = Adafactor.Settings())
    case sgd(SGD.Settings = SGD.Settings())

    /// The optimizer, going on from a state.
    public func optimizer(_ state: OptimizerState = OptimizerState()) -> any Optimizer {
        switch self {
        case .adamW(let settings): AdamW(settings, state: state)
        case .adafactor(let settings): Adafactor(settings, state: state)
        case .sgd(let settings): SGD(settings, state: state)
        }
    }
}
