import Foundation
import Tensors
import Testing

extension BackendConformance {
    static let reductions: [BackendCase] = [
        BackendCase(name: "sums over all elements and over rows", run: sums),
        BackendCase(name: "log-softmax agrees with torch", run: softmaxGolden),
        BackendCase(name: "log-softmax of huge, equal and many logits", run: softmaxExtremes),
        BackendCase(name: "cross-entropy agrees with torch", run: crossEntropyGolden),
        BackendCase(name: "cross-entropy against distributions", run: distributions),
        BackendCase(name: "gradients of reductions agree with finite differences", run: reductionGradients),
    ]

    @Sendable private static func sums(_ backend: any Backend) {
        var random = RandomTensors(seed: 21, on: backend)
        for shape in oddShapes {
            let a = random.pattern(shape)
            let x = a.floats.map(Double.init)
            let magnitude = x.reduce(0) { $0 + abs($1) }
            #expect(abs(Double(a.sum().scalar) - x.reduce(0, +)) <= 1e-6 * magnitude, "sum \(shape)")
            #expect(
                abs(Double(a.mean().scalar) * Double(max(1, x.count)) - x.reduce(0, +)) <= 1e-6 * magnitude)
            let squares = x.reduce(0) { $0 + $1 * $1 }
            #expect(abs(backend.sumOfSquares(a) - squares) <= 1e-6 * squares, "squares \(shape)")
            var columns = [Double](repeating: 0, count: shape.width)
            for index in x.indices { columns[index % shape.width] += x[index] }
            expectClose(backend.sumRows(a), columns.map(Float.init), absolute: 3e-4, "sumRows \(shape)")
        }
    }

    @Sendable private static func softmaxGolden(_ backend: any Backend) throws {
        let golden = try Golden("tensors/softmax")
        // A row near 1000 is rounded to 6e-5 before anything is computed.
        try expectGolden(golden, "log_softmax.", ["input"], on: backend, absolute: 1e-4) {
            $0[0].logSoftmax()
        }
        try expectGolden(golden, "softmax.", ["input"], on: backend, absolute: 1e-4) {
            $0[0].logSoftmax().applying(.exp)
        }
        try expectGolden(golden, "one_column.", ["input"], on: backend) { $0[0].logSoftmax().applying(.exp) }
    }

    @Sendable private static func softmaxExtremes(_ backend: any Backend) {
        let huge = Tensor([3e38, -3e38, 3e38, -1e30], shape: [2, 2], on: backend).logSoftmax().floats
        #expect(huge[0] == 0 && huge[2] == 0 && huge[1] <= -3e38 && huge[3] <= -1e30)
        #expect(Tensor([7], shape: [1, 1], on: backend).logSoftmax().floats == [0])
        #expect(Tensor([], shape: [0, 5], on: backend).logSoftmax().floats.isEmpty)
        let masked = Tensor([-.infinity, 1, 1], shape: [1, 3], on: backend).logSoftmax()
        expectClose(masked, [-.infinity, -log(2), -log(2)], "a logit of minus infinity")
        #expect(
            Tensor([1, .nan, 2], shape: [1, 3], on: backend).logSoftmax().floats.allSatisfy { $0.isNaN })
        // Wider than a piece of the sum, and rows for several threads.
        let width = 5_003
        let equal = Tensor(repeating: 4, shape: [9, width], on: backend).logSoftmax()
        expectClose(equal, [Float](repeating: -Float(log(Double(width))), count: 9 * width), "equal logits")
    }

    @Sendable private static func crossEntropyGolden(_ backend: any Backend) throws {
        let golden = try Golden("tensors/cross_entropy")
        for name in ["small.", "vocabulary.", "one_row."] {
            let targets = try golden.integers(name + "targets")
            // One row's logits stand near 500, where float32 is 3e-5 apart.
            try expectGolden(golden, name, ["logits"], on: backend, absolute: 4e-5) {
                $0[0].crossEntropy(targets)
            }
            let each = try golden.tensor(name + "logits", on: backend).logSoftmax().picking(targets).scaled(
                by: -1)
            expectClose(each, try golden.floats(name + "each"), absolute: 8e-5, "\(name)each")
        }
    }

    @Sendable private static func distributions(_ backend: any Backend) {
        var random = RandomTensors(seed: 22, on: backend)
        let logits = random.normal([3, 7])
        let targets = random.normal([3, 7]).logSoftmax().applying(.exp)
        let expected = zip(logits.logSoftmax().floats, targets.floats).reduce(0.0) {
            $0 - Double($1.0) * Double($1.1)
        }
        expectClose(logits.crossEntropy(distributions: targets), [Float(expected / 3)])
        expectGradient(of: { $0[0].crossEntropy(distributions: targets) }, at: [logits])
        // A distribution with all weight in one place is a target.
        let certain = Tensor([0, 1, 0, 1, 0, 0], shape: [2, 3], on: backend)
        let two = random.normal([2, 3])
        expectClose(two.crossEntropy(distributions: certain), two.crossEntropy([1, 0]))
    }

    @Sendable private static func reductionGradients(_ backend: any Backend) {
        var random = RandomTensors(seed: 23, on: backend)
        for shape in [[1, 1], [1, 33], [3, 7]] as [Shape] {
            let a = random.normal(shape)
            expectGradient(of: { $0[0].sum() }, at: [a], "sum")
            expectGradient(of: { $0[0].mean() }, at: [a], "mean")
            expectGradient(of: { $0[0].logSoftmax() }, at: [a], "logSoftmax")
            let targets = random.integers(shape.rows, below: shape.width)
            expectGradient(of: { $0[0].crossEntropy(targets) }, at: [a], "crossEntropy")
        }
    }
}
