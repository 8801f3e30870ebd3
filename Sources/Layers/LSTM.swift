package import Tensors

/// A long short-term memory (Hochreiter & Schmidhuber 1997) over one sequence, as `torch.nn.LSTM` has it.
///
/// Gates stand in the order input, forget, candidate, output; each has two biases, which are added; the state
/// starts at zero. A bidirectional layer gives the forward direction's columns first.
package struct LSTM: Sendable {
    /// One direction of one layer.
    private struct Direction: Sendable {
        let inputWeight: Parameter
        let hiddenWeight: Parameter
        let inputBias: Parameter
        let hiddenBias: Parameter
        let hidden: Int
        let isReversed: Bool

        var parameters: [Parameter] { [inputWeight, hiddenWeight, inputBias, hiddenBias] }

        init(_ path: ParameterPath, layer: Int, inputs: Int, hidden: Int, isReversed: Bool) {
            let ending = "_l\(layer)" + (isReversed ? "_reverse" : "")
            inputWeight = (path / ("weight_ih" + ending)).parameter([4 * hidden, inputs])
            hiddenWeight = (path / ("weight_hh" + ending)).parameter([4 * hidden, hidden])
            inputBias = (path / ("bias_ih" + ending)).parameter([4 * hidden])
            hiddenBias = (path / ("bias_hh" + ending)).parameter([4 * hidden])
            self.hidden = hidden
            self.isReversed = isReversed
        }

        /// `[T, K]` -> `[T, hidden]`.
        func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
            let fromInput = x.matmul(pass[inputWeight], bias: pass[inputBias])
            var state = Tensor(repeating: 0, shape: [1, hidden], on: x.backend)
            var cell = state
            var outputs: [Tensor] = []
            let steps = Array(0..<x.shape.rows)
            for step in isReversed ? steps.reversed() : steps {
                let gates =
                    fromInput.rows(step..<step + 1) + state.matmul(pass[hiddenWeight], bias: pass[hiddenBias])
                func gate(_ index: Int, _ function: ElementFunction) -> Tensor {
                    gates.columns(index * hidden..<(index + 1) * hidden).applying(function)
                }
                cell = gate(1, .sigmoid) * cell + gate(0, .sigmoid) * gate(2, .tanh)
                state = gate(3, .sigmoid) * cell.applying(.tanh)
                outputs.append(state)
            }
            return Tensor.joinRows(isReversed ? outputs.reversed() : outputs)
        }
    }

    private let layers: [[Direction]]
    /// The columns of the output.
    package let outputs: Int
    /// The columns of one direction.
    package let hidden: Int

    /// Layers whose parameters are `path.weight_ih_l0`, `path.weight_hh_l0`, `path.bias_ih_l0`, `path.bias_hh_l0`,
    /// and so on.
    ///
    /// - Parameter hidden: the columns that one direction gives.
    package init(
        _ path: ParameterPath, inputs: Int, hidden: Int, layers: Int = 1, isBidirectional: Bool = false
    ) {
        let directions = isBidirectional ? [false, true] : [false]
        let outputs = hidden * directions.count
        self.layers = (0..<layers).map { layer in
            directions.map { isReversed in
                Direction(
                    path, layer: layer, inputs: layer == 0 ? inputs : outputs, hidden: hidden,
                    isReversed: isReversed)
            }
        }
        self.outputs = outputs
        self.hidden = hidden
    }

    package var parameters: [Parameter] { layers.flatMap { $0.flatMap(\.parameters) } }

    /// `[T, K]` -> `[T, hidden]`, or twice the columns in both directions.
    package func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
        layers.reduce(x) { x, directions in Tensor.joinColumns(directions.map { $0(x, pass) }) }
    }
}
