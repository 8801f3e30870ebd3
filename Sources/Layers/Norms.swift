package import Tensors

/// Root-mean-square norm of each row (Zhang & Sennrich 2019).
package struct RMSNorm: Sendable {
    /// `[D]`.
    package let weight: Parameter
    private let epsilon: Float
    private let weightOffset: Float

    /// A norm whose parameter is `path.weight`.
    ///
    /// - Parameter weightOffset: added to the weight; 1 for Gemma, which stores its weights around zero.
    package init(_ path: ParameterPath, width: Int, epsilon: Float, weightOffset: Float = 0) {
        weight = (path / "weight").parameter([width])
        self.epsilon = epsilon
        self.weightOffset = weightOffset
    }

    package var parameters: [Parameter] { [weight] }

    package func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
        x.rmsNorm(pass[weight], epsilon: epsilon, weightOffset: weightOffset)
    }

    /// The norm of each head by itself: `[N, H * W]` with a weight of `[W]`.
    package func eachHead(_ x: Tensor, _ pass: Pass) -> Tensor {
        let width = weight.shape.count
        return self(x.reshaped([x.shape.count / width, width]), pass).reshaped(x.shape)
    }
}

/// Layer norm of each row (Ba et al. 2016).
package struct LayerNorm: Sendable {
    /// `[D]`.
    package let weight: Parameter
    /// `[D]`.
    package let bias: Parameter
    private let epsilon: Float

    /// A norm whose parameters are `path.weight` and `path.bias`.
    package init(_ path: ParameterPath, width: Int, epsilon: Float) {
        weight = (path / "weight").parameter([width])
        bias = (path / "bias").parameter([width])
        self.epsilon = epsilon
    }

    package var parameters: [Parameter] { [weight, bias] }

    package func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
        x.layerNorm(pass[weight], bias: pass[bias], epsilon: epsilon)
    }
}
