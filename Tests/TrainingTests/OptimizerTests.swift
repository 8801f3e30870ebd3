import Tensors
import TestSupport
import Testing
import Training

@Suite struct OptimizerTests {
    /// Walks the golden's path with the recorded gradients' own function: `curvature * (weights - centre)`.
    private func expectPath(
        _ golden: Golden, _ name: String, _ start: any Optimizer, rates: [Float]
    ) throws -> any Optimizer {
        var optimizer = start
        let (centre, curvature) = (try golden.tensor("centre"), try golden.tensor("curvature"))
        var weights = NamedTensors(["w": try golden.tensor("start")])
        var path = try golden.floats("start")
        for rate in rates {
            let w = try #require(weights["w"])
            optimizer.step(
                &weights, along: NamedTensors(["w": curvature * (w - centre)]), rate: rate, gradientScale: 1)
            path += try #require(weights["w"]).floats
        }
        expectClose(path, try golden.floats(name + ".weights"), absolute: 1e-5, relative: 1e-5, name)
        return optimizer
    }

    @Test(arguments: ["plain", "decay", "other_betas", "falling"])
    func `ten steps of AdamW are PyTorch's`(_ name: String) throws {
        let golden = try Golden("training/adamw")
        let settings = AdamW.Settings(
            beta1: try golden.number(name + ".beta1"), beta2: try golden.number(name + ".beta2"),
            epsilon: try golden.number(name + ".epsilon"), decay: try golden.number(name + ".decay"))
        _ = try expectPath(golden, name, AdamW(settings), rates: try golden.floats(name + ".rates"))
    }

    @Test(arguments: ["default", "decay", "late"])
    func `ten steps of Adafactor are T5X's`(_ name: String) throws {
        let golden = try Golden("training/adafactor")
        let settings = Adafactor.Settings(
            decay: try golden.number(name + ".decay"), stepOffset: Int(try golden.number(name + ".offset")))
        let rates = [Float](repeating: try golden.number(name + ".rate"), count: 10)
        let optimizer = try expectPath(golden, name, Adafactor(settings), rates: rates)
        let second = try #require(optimizer.state.moments["second/w"])
        expectClose(second, try golden.floats(name + ".second"), relative: 1e-4)
    }

    @Test func `momentum adds a share of the last direction`() throws {
        let backend = CPUBackend.shared
        var optimizer = SGD(SGD.Settings(momentum: 0.5, decay: 0.1))
        var weights = NamedTensors(["w": Tensor([2], shape: [1], on: backend)])
        let gradients = NamedTensors(["w": Tensor([1], shape: [1], on: backend)])
        optimizer.step(&weights, along: gradients, rate: 0.1, gradientScale: 1)
        // 2 - 0.1 (1 + 0.1 * 2)
        expectClose(try #require(weights["w"]), [1.88])
        optimizer.step(&weights, along: gradients, rate: 0.1, gradientScale: 2)
        // direction 2 + 0.1 * 1.88 + 0.5 * 1.2
        expectClose(try #require(weights["w"]), [1.88 - 0.1 * 2.788])
    }

    @Test func `a weight without a gradient keeps its value, its moments and its step count`() throws {
        let backend = CPUBackend.shared
        var optimizer = AdamW()
        var weights = NamedTensors([
            "a": Tensor([1], shape: [1], on: backend), "b": Tensor([1], shape: [1], on: backend),
        ])
        let both = weights
        optimizer.step(&weights, along: both, rate: 0.1, gradientScale: 1)
        optimizer.step(&weights, along: both.filter { $0 == "a" }, rate: 0.1, gradientScale: 1)
        expectClose(try #require(weights["a"]), [0.8], absolute: 1e-4)
        expectClose(try #require(weights["b"]), [0.9], absolute: 1e-4)
        #expect(optimizer.state.steps == ["a": 2, "b": 1])
    }

    @Test(arguments: ["above", "below", "large", "zero"])
    func `clipping by the common norm is PyTorch's`(_ name: String) throws {
        let golden = try Golden("training/clipping")
        let keys = ["first", "second", "third"]
        let gradients = NamedTensors(
            Dictionary(
                uniqueKeysWithValues: try keys.map { ($0, try golden.tensor("\(name).gradient.\($0)")) }))
        let norm = gradients.norm
        expectClose([Float(norm)], [try golden.number(name + ".norm")], relative: 1e-6)
        let scale = clippingScale(norm: norm, limit: try golden.number(name + ".limit"))
        for key in keys {
            let clipped = try #require(gradients[key]).scaled(by: scale)
            expectClose(clipped, try golden.floats("\(name).clipped.\(key)"), relative: 1e-6)
        }
    }

    @Test func `settings survive JSON`() throws {
        for kind in [
            OptimizerKind.adamW(AdamW.Settings(decay: 0.1)), .adafactor(), .sgd(SGD.Settings(momentum: 0.9)),
        ] {
            #expect(try JSON.roundTrip(kind) == kind)
        }
    }
}
