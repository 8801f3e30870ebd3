import Synchronization
public import Tensors

/// One walk through a model: which weights, which tape, which dropout.
///
/// A pass replaces a training flag, a global tape and a random state. What is trained is a condition on
/// names; everything else is a constant and costs no gradient.
public struct Pass: Sendable {
    private let weights: NamedTensors
    private let training: Training?

    /// A pass that only computes: no tape, no dropout.
    public static func inference(_ weights: NamedTensors) -> Pass { Pass(weights: weights, training: nil) }

    /// A pass that records the weights whose names satisfy a condition, and drops out where layers ask for
    /// it.
    ///
    /// - Parameters:
    ///   - weights: all that the model reads, trained and frozen.
    ///   - tape: gets each trainable weight once, under its own name; trainable weights are float32.
    ///   - dropoutSeed: the run's seed.
    ///   - step: the training step; another step drops out elsewhere.
    ///   - isTrainable: whether the weight of a name is trained.
    public static func training(
        _ weights: NamedTensors, on tape: Tape, dropoutSeed: UInt64 = 0, step: UInt64 = 0,
        where isTrainable: @escaping @Sendable (String) -> Bool
    ) -> Pass {
        Pass(
            weights: weights,
            training: Training(tape: tape, isTrainable: isTrainable, seed: dropoutSeed, step: step))
    }

    /// Whether this pass records gradients and drops out.
    public var isTraining: Bool { training != nil }

    /// The weight of a parameter: the only way to one.
    ///
    /// - Precondition: the weight is there and has the declared shape; loading has checked the names of a
    ///   file.
    public subscript(parameter: Parameter) -> Tensor {
        guard let weight = weights[parameter.name] else {
            preconditionFailure("Pass: no weight is called '\(parameter.name)'")
        }
        precondition(
            weight.shape == parameter.shape,
            "Pass: '\(parameter.name)' is \(weight.shape), its layer declares \(parameter.shape)")
        return training?.watched(weight, parameter.name) ?? weight
    }

    /// The shape of the weight of a name, nil where there is none.
    package func shape(of name: String) -> Shape? { weights[name]?.shape }

    /// Zeros at random places of `x` when training; `x` itself otherwise (Srivastava et al. 2014).
    ///
    /// The places depend on the seed, the step, and how many dropouts of the pass came before.
    public func dropout(_ x: Tensor, rate: Float) -> Tensor {
        guard let training, rate > 0 else { return x }
        return x.droppingOut(rate: rate, key: training.nextDropout())
    }
}

extension Pass {
    /// What a recording pass remembers: the leaves it has made, and the dropouts it has counted.
    private final class Training: Sendable {
        private let tape: Tape
        private let isTrainable: @Sendable (String) -> Bool
        private let seed: UInt64
        private let step: UInt64
        private let leaves = Mutex<[String: Tensor]>([:])
        private let sites = Mutex<UInt64>(0)

        init(tape: Tape, isTrainable: @escaping @Sendable (String) -> Bool, seed: UInt64, step: UInt64) {
            self.tape = tape
            self.isTrainable = isTrainable
            self.seed = seed
            self.step = step
        }

        /// The leaf of a trainable weight, the same one at every call; nil for a frozen weight.
        func watched(_ weight: Tensor, _ name: String) -> Tensor? {
            guard isTrainable(name) else { return nil }
            return leaves.withLock { leaves in
                if let leaf = leaves[name] { return leaf }
                let leaf = tape.watch(weight, as: name)
                leaves[name] = leaf
                return leaf
            }
        }

        func nextDropout() -> DropoutKey {
            sites.withLock { site in
                defer { site += 1 }
                return DropoutKey(seed: seed, step: step, site: site)
            }
        }
    }
}
