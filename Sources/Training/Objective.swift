public import Layers
public import Tensors

/// What training makes smaller.
public protocol Objective: Sendable {
    /// What one loss is computed from.
    associatedtype Batch: Sendable

    /// The loss of a batch, a scalar: the mean over whatever ``weight(of:)`` counts.
    func loss(_ batch: Batch, _ pass: Pass) throws -> Tensor

    /// How much a batch counts beside others whose gradients are accumulated with its own, such as its number
    /// of examples.
    func weight(of batch: Batch) -> Float
}

extension Objective {
    /// Every batch counts the same.
    public func weight(of batch: Batch) -> Float { 1 }
}
