import Layers
import Tensors
import TestSupport
import Testing

@Suite struct LSTMTests {
    @Test func `two layers in both directions give PyTorch's output and gradients`() throws {
        let golden = try Golden("tensors/lstm")
        let (width, hidden) = (Int(try golden.number("width")), Int(try golden.number("hidden")))
        let lstm = LSTM(ParameterPath(), inputs: width, hidden: hidden, layers: 2, isBidirectional: true)
        #expect(lstm.outputs == 2 * hidden)
        var weights = NamedTensors()
        for parameter in lstm.parameters {
            weights[parameter.name] = try golden.tensor(parameter.name)
            #expect(weights[parameter.name]?.shape == parameter.shape, "\(parameter.name)")
        }
        let tape = Tape()
        let x = tape.watch(try golden.tensor("input"), as: "input")
        let output = lstm(x, .training(weights, on: tape) { _ in true })
        expectClose(output, try golden.floats("output"), absolute: 1e-5)
        let cotangent = try golden.tensor("cotangent")
        let gradients = tape.gradients(of: (output * cotangent).sum())
        #expect(gradients.count == weights.count + 1)
        for name in gradients.names {
            let gradient = try #require(gradients[name])
            expectClose(gradient, try golden.floats("gradient." + name), absolute: 1e-5, relative: 1e-5, name)
        }
    }

    @Test func `one row, one direction`() {
        let lstm = LSTM(ParameterPath("cell"), inputs: 2, hidden: 3)
        #expect(lstm.parameters.map(\.name).first == "cell.weight_ih_l0" && lstm.outputs == 3)
        let weights = lstm.parameters.reduce(into: NamedTensors()) {
            $0[$1.name] = Tensor(repeating: 0, shape: $1.shape, on: CPUBackend.shared)
        }
        let row = Tensor([1, 2], shape: [1, 2], on: CPUBackend.shared)
        #expect(lstm(row, .inference(weights)).floats == [0, 0, 0])
    }
}
