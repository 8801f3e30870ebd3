internal import Layers
internal import Tensors

// How fresh parameters start: PyTorch's defaults, which the published recipes assume.

extension Linear {
    /// Uniform in ±1/√K, weight and bias alike (`torch.nn.Linear`).
    func start(_ random: inout CounterRandom, on backend: any Backend) -> NamedTensors {
        let bound = 1 / Float(weight.shape.width).squareRoot()
        return parameters.reduce(into: NamedTensors()) {
            $0[$1.name] = .uniform($1.shape, within: bound, &random, on: backend)
        }
    }
}

extension LSTM {
    /// Uniform in ±1/√hidden, all alike (`torch.nn.LSTM`).
    func start(_ random: inout CounterRandom, on backend: any Backend) -> NamedTensors {
        let bound = 1 / Float(hidden).squareRoot()
        return parameters.reduce(into: NamedTensors()) {
            $0[$1.name] = .uniform($1.shape, within: bound, &random, on: backend)
        }
    }
}

extension Tensor {
    /// Normal numbers of mean 0.
    static func normal(
        _ shape: Shape, scale: Float = 1, _ random: inout CounterRandom, on backend: any Backend
    ) -> Tensor {
        Tensor((0..<shape.count).map { _ in random.normal() * scale }, shape: shape, on: backend)
    }

    /// Uniform numbers in ±`bound`.
    static func uniform(
        _ shape: Shape, within bound: Float, _ random: inout CounterRandom, on backend: any Backend
    ) -> Tensor {
        Tensor((0..<shape.count).map { _ in (2 * random.uniform() - 1) * bound }, shape: shape, on: backend)
    }
}
