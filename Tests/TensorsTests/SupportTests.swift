import Tensors
import TestSupport
import Testing

/// The tools of the tests can fail.
@Suite struct SupportTests {
    @Test func `a difference names the first index and the worst`() throws {
        let fault = try #require(difference([1, 2.1, 3, 9], [1, 2, 3, 4], absolute: 1e-3, relative: 0))
        #expect(
            fault.hasPrefix("2 of 4 elements differ; the first is [1]: 2.1 instead of 2.0; the worst is [3]"))
        #expect(difference([1, 2], [1, 2.0001], absolute: 0, relative: 1e-4) == nil)
        #expect(difference([1, 2], [1, 2.0001], absolute: 0, relative: 1e-5) != nil)
        #expect(difference([1], [1, 2], absolute: 1, relative: 1) == "1 elements instead of 2")
    }

    @Test func `NaN and infinity differ from everything else`() throws {
        #expect(difference([.nan, .infinity, 0], [.nan, .infinity, -0.0], absolute: 0, relative: 0) == nil)
        #expect(difference([.nan], [0], absolute: 1e30, relative: 1) != nil)
        #expect(difference([1], [.infinity], absolute: 1, relative: 1) != nil)
        #expect(difference([.infinity], [-.infinity], absolute: 1, relative: 1) != nil)
        #expect(difference([.infinity], [1], absolute: 1, relative: 1) != nil)
        let fault = try #require(difference([5, .nan, 9], [1, 1, 1], absolute: 0, relative: 0))
        #expect(fault.contains("the worst is [1]: nan"))
    }

    /// tanh with a derivative that is off by a factor.
    private func bent(_ x: Tensor, by factor: Float, constant: Float = 0) -> Tensor {
        let kept = x.detached
        return kept.applying(.tanh).recorded(from: [x]) { upstream in
            [upstream.backend.applyPullback(.tanh, kept, upstream).scaled(by: factor, plus: constant)]
        }
    }

    @Test func `finite differences find a wrong gradient`() {
        var random = RandomTensors(seed: 1)
        let x = random.normal([3, 7])
        #expect(gradientFaults(of: { bent($0[0], by: 1) }, at: [x]).isEmpty)
        for (factor, constant) in [(1.05, 0), (0.95, 0), (-1, 0), (0, 0), (1, 0.05)] as [(Float, Float)] {
            #expect(!gradientFaults(of: { bent($0[0], by: factor, constant: constant) }, at: [x]).isEmpty)
        }
        #expect(
            !gradientFaults(of: { $0[0].detached + $0[1] }, at: [x, x]).isEmpty, "a gradient that is missing")
    }

    @Test func `finite differences find one wrong element of many`() {
        var random = RandomTensors(seed: 2)
        let x = random.normal([4, 8])
        var mask = [Float](repeating: 1, count: 32)
        mask[19] = 0
        let holes = Tensor(mask, shape: [4, 8], on: CPUBackend.shared)
        let faults = gradientFaults(
            of: { inputs in
                inputs[0].detached.scaled(by: 2).recorded(from: [inputs[0]]) { [$0.scaled(by: 2) * holes] }
            }, at: [x])
        #expect(!faults.isEmpty)
    }

    @Test func `a golden says who made it`() throws {
        let golden = try Golden("tensors/matmul")
        #expect(golden.metadata["script"] == "Oracles/tensors/matmul.py")
        #expect(golden.metadata["seed"] == "101")
        #expect(try golden.shape("small.input") == [7, 13])
        #expect(golden.names.count == 48 && golden.contains("tails.output"))
    }

    @Test func `a missing golden or tensor is an error with its name`() throws {
        #expect(throws: (any Error).self) { try Golden("tensors/nothing") }
        let golden = try Golden("tensors/matmul")
        let error = #expect(throws: Golden.Fault.self) { try golden.floats("nothing") }
        #expect(error?.description == "tensors/matmul has no tensor named nothing")
    }

    @Test func `random tensors are the same again`() {
        var (one, two) = (RandomTensors(seed: 3), RandomTensors(seed: 3))
        #expect(one.normal([5]).floats == two.normal([5]).floats)
        var other = RandomTensors(seed: 4)
        #expect(one.normal([5]).floats != other.normal([5]).floats)
        for type in ElementType.allCases {
            #expect(one.stored([2, 256], as: type).floats.allSatisfy { $0.isFinite }, "\(type)")
        }
    }
}
