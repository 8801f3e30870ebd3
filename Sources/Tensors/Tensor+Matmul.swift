extension Tensor {
    /// A linear map of every row: `self · weightᵀ + bias`.
    ///
    /// - Parameters:
    ///   - weight: `[O, K]`, any element type; quantised weights are expanded inside the product.
    ///   - bias: `[O]`.
    /// - Returns: `[N, O]` for a tensor of `[N, K]`.
    public func matmul(_ weight: Tensor, bias: Tensor? = nil) -> Tensor {
        precondition(
            weight.shape.rank == 2 && weight.shape.width == shape.width,
            "matmul: rows of \(shape) and weight \(weight.shape)")
        precondition(
            bias.map { $0.shape.count == weight.shape[0] } ?? true,
            "matmul: bias \(bias?.shape ?? []) for \(weight.shape[0]) outputs")
        let (needsInput, needsWeight, needsBias) = (isRecorded, weight.isRecorded, bias?.isRecorded ?? false)
        // A frozen weight's gradient needs no input, so the input is not kept alive for it.
        let x = needsWeight ? detached : nil
        let w = weight.detached
        let biasShape = bias?.shape
        return backend.matmul(self, weight, bias: bias)
            .recorded(from: [self, weight] + (bias.map { [$0] } ?? [])) { upstream in
                let backend = upstream.backend
                return [
                    needsInput ? backend.matmul(upstream, untransposed: w) : nil,
                    x.map { backend.matmul(transposed: upstream, $0) },
                    needsBias ? biasShape.map { backend.sumRows(upstream).reshaped($0) } : nil,
                ]
            }
    }

    /// Rows and columns exchanged: `[N, D]` -> `[D, N]`.
    public func transposed() -> Tensor {
        precondition(shape.rank == 2, "transposed: \(shape)")
        return backend.transposed(self).recorded(from: [self]) { [$0.backend.transposed($0)] }
    }
}
