package import Tensors

/// A linear map of every row, with or without a bias.
package struct Linear: Sendable {
    /// `[O, K]`.
    package let weight: Parameter
    /// `[O]`.
    package let bias: Parameter?

    /// A map from `inputs` to `outputs` whose parameters are `path.weight` and `path.bias`.
    package init(_ path: ParameterPath, inputs: Int, outputs: Int, hasBias: Bool = false) {
        weight = (path / "weight").parameter([outputs, inputs])
        bias = hasBias ? (path / "bias").parameter([outputs]) : nil
    }

    package var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }

    /// `[N, K]` -> `[N, O]`, with the low-rank change of the weight where the pass has one.
    package func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
        let mapped = x.matmul(pass[weight], bias: bias.map { pass[$0] })
        guard let change = pass.lowRankChange(of: weight) else { return mapped }
        return mapped + change(x, pass)
    }
}
