package import Tensors

/// Two linear maps with a function between them (Vaswani et al. 2017, §3.3).
package struct FeedForward: Sendable {
    private let inner: Linear
    private let outer: Linear
    private let activation: ElementFunction

    package init(inner: Linear, outer: Linear, activation: ElementFunction) {
        self.inner = inner
        self.outer = outer
        self.activation = activation
    }

    package var parameters: [Parameter] { inner.parameters + outer.parameters }

    /// `[N, D]` -> `[N, D]`.
    package func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
        outer(inner(x, pass).applying(activation), pass)
    }
}

/// The gated feed-forward layer of Llama and Gemma: `down(activation(gate(x)) * up(x))` (Shazeer 2020).
package struct GatedFeedForward: Sendable {
    private let gate: Linear
    private let up: Linear
    private let down: Linear
    private let activation: ElementFunction

    /// A layer whose maps are `path.gate_proj`, `path.up_proj` and `path.down_proj`.
    package init(
        _ path: ParameterPath, width: Int, inner: Int, activation: ElementFunction, hasBias: Bool = false
    ) {
        gate = Linear(path / "gate_proj", inputs: width, outputs: inner, hasBias: hasBias)
        up = Linear(path / "up_proj", inputs: width, outputs: inner, hasBias: hasBias)
        down = Linear(path / "down_proj", inputs: inner, outputs: width, hasBias: hasBias)
        self.activation = activation
    }

    package var parameters: [Parameter] { gate.parameters + up.parameters + down.parameters }

    /// `[N, D]` -> `[N, D]`.
    package func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
        down(gate(x, pass).gating(up(x, pass), activation), pass)
    }
}
