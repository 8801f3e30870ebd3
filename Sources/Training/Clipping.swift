package import Tensors

extension NamedTensors {
    /// The Euclidean norm of all tensors together, summed in double precision in the order of their names.
    package var norm: Double {
        names.reduce(0) { sum, name in sum + (self[name].map { $0.backend.sumOfSquares($0) } ?? 0) }
            .squareRoot()
    }
}

/// What gradients are multiplied by so that their common norm does not pass a limit (Pascanu et al. 2013), as
/// PyTorch's `clip_grad_norm_` has it.
package func clippingScale(norm: Double, limit: Float?) -> Float {
    guard let limit else { return 1 }
    return Float(min(1, Double(limit) / (norm + 1e-6)))
}
