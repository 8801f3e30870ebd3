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

    /// `[N, K]` -> `[N, O]`.
    package func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
        x.matmul(pass[weight], bias: bias.map { pass[$0] })
    }
}
