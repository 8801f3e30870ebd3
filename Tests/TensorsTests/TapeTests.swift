import Tensors
import TestSupport
import Testing

@Suite struct TapeTests {
    private let backend = CPUBackend.shared

    @Test func `gradients accumulate over every use of a value`() {
        let tape = Tape()
        let x = tape.watch(Tensor([1, 2, 3], shape: [3], on: backend), as: "x")
        let y = x * x + x.scaled(by: 2) - x
        let gradients = tape.gradients(of: (y + x).sum())
        // d(x² + 2x)/dx
        expectClose(gradients["x"]?.floats ?? [], [4, 6, 8])
    }

    // The first leaf's gradient once replaced the second's.
    @Test func `leaves of one name share a gradient`() {
        let tape = Tape()
        let weight = Tensor([1, 2], shape: [2], on: backend)
        let (first, second) = (tape.watch(weight, as: "w"), tape.watch(weight, as: "w"))
        #expect(tape.gradients(of: (first.scaled(by: 3) + second).sum())["w"]?.floats == [4, 4])
    }

    @Test func `a share handed to two parents is not changed under either`() {
        let tape = Tape()
        let a = tape.watch(Tensor([1, 2], shape: [2], on: backend), as: "a")
        let b = tape.watch(Tensor([3, 4], shape: [2], on: backend), as: "b")
        // Both addends of + get one gradient tensor; a then receives more.
        let gradients = tape.gradients(of: ((a + b) + a).sum())
        #expect(gradients["a"]?.floats == [2, 2])
        #expect(gradients["b"]?.floats == [1, 1])
    }

    @Test func `a watched value that the scalar does not depend on has no entry`() {
        let tape = Tape()
        let x = tape.watch(Tensor([1], shape: [1], on: backend), as: "used")
        let unused = tape.watch(Tensor([1], shape: [1], on: backend), as: "unused")
        let elsewhere = unused.scaled(by: 3)
        #expect(elsewhere.isRecorded)
        #expect(tape.gradients(of: x.scaled(by: 2).sum()).names == ["used"])
    }

    @Test func `a scalar off the tape has no gradients`() {
        let tape = Tape()
        let x = tape.watch(Tensor([1], shape: [1], on: backend), as: "x")
        #expect(tape.gradients(of: x.detached).isEmpty)
        #expect(Tape().gradients(of: x).isEmpty)
        #expect(tape.gradients(of: x)["x"]?.floats == [1])
    }

    @Test func `nothing is recorded where nothing is watched`() {
        let x = Tensor([1, 2], shape: [1, 2], on: backend)
        #expect(!(x + x).isRecorded)
        #expect(!x.matmul(x).isRecorded)
        let tape = Tape()
        let watched = tape.watch(x, as: "x")
        #expect((watched + x).isRecorded && !(watched + x).detached.isRecorded)
    }

    @Test func `a tape can be used again for new values`() {
        let tape = Tape()
        for factor in [2, 5] as [Float] {
            let x = tape.watch(Tensor([1, 1], shape: [2], on: backend), as: "x")
            let y = tape.watch(Tensor([1, 1], shape: [2], on: backend), as: "y")
            let gradients = tape.gradients(of: (x.scaled(by: factor) + y).sum())
            #expect(gradients["x"]?.floats == [factor, factor])
            #expect(gradients["y"]?.floats == [1, 1])
        }
    }

    // Indices of a consumed tape once named other values: the gradient was silently wrong.
    @Test func `a value of a consumed tape is refused`() async {
        await #expect(processExitsWith: .failure) {
            let tape = Tape()
            let x = tape.watch(Tensor([1], shape: [1], on: CPUBackend.shared), as: "x")
            _ = tape.gradients(of: x.scaled(by: 2))
            _ = tape.gradients(of: x.scaled(by: 3))
        }
    }

    @Test func `an operation over two tapes is refused`() async {
        await #expect(processExitsWith: .failure) {
            let x = Tensor([1], shape: [1], on: CPUBackend.shared)
            _ = Tape().watch(x, as: "x") + Tape().watch(x, as: "x")
        }
    }

    @Test func `what an operation kept is freed as the walk passes it`() {
        let own = CPUBackend()
        let tape = Tape()
        let before: Int
        let gradients: NamedTensors
        do {
            let x = tape.watch(Tensor(repeating: 1, shape: [1_000], on: own), as: "x")
            before = own.memory.inUse
            gradients = tape.gradients(of: (x * x * x).applying(.tanh).sum())
        }
        #expect(gradients.count == 1)
        // The gradient alone is left; x went with the scope.
        #expect(own.memory.inUse == before)
    }
}

@Suite struct PullbackCostTests {
    /// What the pullback of an operation asked of the backend when only some inputs are watched.
    private func cost(
        watching watched: Set<Int>, of inputs: (inout RandomTensors) -> [Tensor],
        _ function: ([Tensor]) -> Tensor
    ) -> [String: Int] {
        let backend = RecordingBackend()
        var random = RandomTensors(seed: 1, on: backend)
        let tape = Tape()
        let values = inputs(&random).enumerated().map {
            watched.contains($0) ? tape.watch($1, as: String($0)) : $1
        }
        let scalar = function(values).sum()
        _ = backend.takeCounts()
        let gradients = tape.gradients(of: scalar)
        #expect(Set(gradients.names.compactMap(Int.init)) == watched)
        var counts = backend.takeCounts()
        // The seed of the walk and the sum's share.
        counts["filled"] = counts["filled"].flatMap { $0 > 2 ? $0 - 2 : nil }
        return counts
    }

    private let matrices: (inout RandomTensors) -> [Tensor] = {
        [$0.normal([3, 4]), $0.normal([5, 4]), $0.normal([5])]
    }

    @Test func `a frozen weight costs no weight gradient`() {
        let linear: ([Tensor]) -> Tensor = { $0[0].matmul($0[1], bias: $0[2]) }
        #expect(cost(watching: [0], of: matrices, linear) == ["matmul untransposed": 1])
        #expect(cost(watching: [1], of: matrices, linear) == ["matmul transposed": 1])
        #expect(cost(watching: [2], of: matrices, linear) == ["sumRows": 1])
    }

    @Test func `arithmetic computes nothing for a constant`() {
        let pair: (inout RandomTensors) -> [Tensor] = { [$0.normal([3, 4]), $0.normal([3, 4])] }
        #expect(cost(watching: [0], of: pair) { $0[0] * $0[1] } == ["multiply": 1])
        #expect(cost(watching: [0], of: pair) { $0[0] - $0[1] } == [:])
        #expect(cost(watching: [1], of: pair) { $0[0] - $0[1] } == ["scale": 1])
        let row: (inout RandomTensors) -> [Tensor] = { [$0.normal([3, 4]), $0.normal([4])] }
        #expect(cost(watching: [0], of: row) { $0[0].adding(row: $0[1]) } == [:])
        #expect(cost(watching: [0], of: row) { $0[0].multiplied(row: $0[1]) } == ["multiply row": 1])
        #expect(
            cost(watching: [1], of: row) { $0[0].multiplied(row: $0[1]) } == ["multiply": 1, "sumRows": 1])
    }

    @Test func `joined parts and tables off the tape cost nothing`() {
        let pair: (inout RandomTensors) -> [Tensor] = { [$0.normal([3, 4]), $0.normal([3, 4])] }
        #expect(cost(watching: [1], of: pair) { Tensor.joinColumns($0) } == ["columns": 1])
        #expect(cost(watching: [1], of: pair) { Tensor.joinRows($0) } == ["scatterAdd": 1])
    }

    @Test func `norms and attention make the gradients that are asked for`() {
        let row: (inout RandomTensors) -> [Tensor] = { [$0.normal([3, 4]), $0.normal([4])] }
        #expect(
            cost(watching: [0], of: row) { $0[0].rmsNorm($0[1], epsilon: 1e-5) } == ["rmsNormPullback": 1])
        #expect(
            cost(watching: [0, 1], of: row) { $0[0].rmsNorm($0[1], epsilon: 1e-5) }
                == ["rmsNormPullback with weight": 1])
        let attention: (inout RandomTensors) -> [Tensor] = { random in
            (0..<5).map { _ in random.normal([3, 4]) }
        }
        let attend: ([Tensor]) -> Tensor = { values in
            Tensor.attention(
                AttentionInput(
                    queries: values[0], keys: values[1], values: values[2], lengths: [3],
                    pasts: [(values[3], values[4])], pastsOf: [[0]], heads: 2, keyValueHeads: 2,
                    isCausal: true,
                    scale: 1))
        }
        #expect(cost(watching: [0, 1, 2], of: attention, attend) == ["attentionPullback": 1])
        #expect(cost(watching: [3, 4], of: attention, attend) == ["attentionPullback with pasts": 1])
    }

    @Test func `a trained prompt costs a long frozen chain one product a layer`() {
        let backend = RecordingBackend()
        var random = RandomTensors(seed: 2, on: backend)
        let weights = (0..<6).map { _ in random.normal([8, 8]) }
        let tape = Tape()
        let soft = tape.watch(random.normal([2, 8]), as: "soft")
        let rows = Tensor.rows([0, 5, 3, 6], of: [random.normal([5, 8]), soft])
        let scalar = weights.reduce(rows) { $0.matmul($1).applying(.tanh) }.sum()
        _ = backend.takeCounts()
        #expect(tape.gradients(of: scalar).names == ["soft"])
        let counts = backend.takeCounts()
        #expect(counts == ["filled": 2, "matmul untransposed": 6, "applyPullback": 6, "scatterAdd": 1])
    }
}
