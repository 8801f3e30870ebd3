import Layers
import Tensors
import TestSupport
import Testing

@Suite struct PassTests {
    private let backend = CPUBackend.shared

    @Test func `paths are joined with dots`() {
        let path = ParameterPath() / "model" / "layers" / 3 / "mlp"
        #expect(path.name == "model.layers.3.mlp")
        #expect(
            (path / "weight").parameter([2, 3])
                == Parameter(name: "model.layers.3.mlp.weight", shape: [2, 3]))
    }

    @Test func `a trained weight used twice gets the sum of both gradients, a frozen one none`() throws {
        let a = Parameter(name: "a", shape: [2])
        let b = Parameter(name: "b", shape: [2])
        let weights = NamedTensors([
            "a": Tensor([1, 2], shape: [2], on: backend), "b": Tensor([3, 4], shape: [2], on: backend),
        ])
        let tape = Tape()
        let pass = Pass.training(weights, on: tape) { $0 == "a" }
        let gradients = tape.gradients(of: (pass[a] * pass[a] * pass[b]).sum())
        #expect(gradients.names == ["a"])
        expectClose(try #require(gradients["a"]), [6, 16])
    }

    @Test func `inference records nothing and drops nothing`() {
        let pass = Pass.inference(NamedTensors(["a": Tensor([1, 2], shape: [2], on: backend)]))
        #expect(!pass.isTraining)
        #expect(!pass[Parameter(name: "a", shape: [2])].isRecorded)
        let x = Tensor(repeating: 1, shape: [100], on: backend)
        expectClose(pass.dropout(x, rate: 0.5), x.floats)
    }

    @Test func `dropout depends on seed, step and place alone`() {
        let x = Tensor(repeating: 1, shape: [64], on: backend)
        func sites(seed: UInt64, step: UInt64) -> [[Float]] {
            let pass = Pass.training(NamedTensors(), on: Tape(), dropoutSeed: seed, step: step) { _ in false }
            return (0..<2).map { _ in pass.dropout(x, rate: 0.5).floats }
        }
        let first = sites(seed: 1, step: 1)
        #expect(first == sites(seed: 1, step: 1))
        #expect(first[0] != first[1])
        #expect(first != sites(seed: 1, step: 2) && first != sites(seed: 2, step: 1))
        #expect(Set(first[0]) == [0, 2])
    }
}
