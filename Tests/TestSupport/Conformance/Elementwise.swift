import Tensors
import Testing

extension BackendConformance {
    static let elementwise: [BackendCase] = [
        BackendCase(name: "sums, differences, products and multiples of elements", run: pairs),
        BackendCase(name: "a row laid over every row", run: rowOverRows),
        BackendCase(name: "elementwise gradients agree with finite differences", run: elementwiseGradients),
        BackendCase(name: "dropout keeps its share, scaled, and the same places again", run: dropout),
        BackendCase(name: "an elementwise result holds no denormals", run: denormals),
    ]

    @Sendable private static func pairs(_ backend: any Backend) {
        var random = RandomTensors(seed: 1, on: backend)
        for shape in oddShapes {
            let (a, b) = (random.pattern(shape), random.pattern(shape))
            let (x, y) = (a.floats, b.floats)
            expectClose(a + b, zip(x, y).map { $0 + $1 }, "+ \(shape)")
            expectClose(a - b, zip(x, y).map { $0 - $1 }, "- \(shape)")
            expectClose(a * b, zip(x, y).map { $0 * $1 }, "* \(shape)")
            expectClose(a.scaled(by: -3, plus: 0.5), x.map { -3 * $0 + 0.5 }, "scaled \(shape)")
            expectClose(
                Tensor(repeating: 2.5, shape: shape, on: backend), x.map { _ in 2.5 }, "filled \(shape)")
        }
    }

    @Sendable private static func rowOverRows(_ backend: any Backend) {
        var random = RandomTensors(seed: 2, on: backend)
        for shape in oddShapes {
            let (a, row) = (random.pattern(shape), random.pattern([shape.width]))
            let (x, r) = (a.floats, row.floats)
            expectClose(a.adding(row: row), x.indices.map { x[$0] + r[$0 % r.count] }, "adding \(shape)")
            expectClose(
                a.multiplied(row: row), x.indices.map { x[$0] * r[$0 % r.count] }, "multiplied \(shape)")
        }
    }

    @Sendable private static func elementwiseGradients(_ backend: any Backend) {
        var random = RandomTensors(seed: 3, on: backend)
        for shape in [[1, 1], [1, 33], [3, 7]] as [Shape] {
            let (a, b, row) = (random.normal(shape), random.normal(shape), random.normal([shape.width]))
            expectGradient(of: { $0[0] + $0[1] }, at: [a, b], "+")
            expectGradient(of: { $0[0] - $0[1] }, at: [a, b], "-")
            expectGradient(of: { $0[0] * $0[1] }, at: [a, b], "*")
            expectGradient(of: { $0[0] * $0[0] + $0[0] }, at: [a], "a value used thrice")
            expectGradient(of: { $0[0].scaled(by: -2, plus: 1) }, at: [a], "scaled")
            expectGradient(of: { 0.5 * $0[0] }, at: [a], "factor")
            expectGradient(of: { $0[0].adding(row: $0[1]) }, at: [a, row], "adding row")
            expectGradient(of: { $0[0].multiplied(row: $0[1]) }, at: [a, row], "multiplied row")
            expectGradient(of: { $0[0].reshaped([shape.count]) * $0[1].reshaped([shape.count]) }, at: [a, b])
            let key = DropoutKey(seed: 1, step: 2, site: 3)
            expectGradient(of: { $0[0].droppingOut(rate: 0.4, key: key) }, at: [a], "dropout")
        }
    }

    @Sendable private static func dropout(_ backend: any Backend) {
        let key = DropoutKey(seed: 17, step: 4, site: 9)
        let count = 40_003
        let ones = Tensor(repeating: 1, shape: [count], on: backend)
        let dropped = ones.droppingOut(rate: 0.3, key: key).floats
        let kept = dropped.filter { $0 != 0 }
        #expect(kept.allSatisfy { abs($0 - 1 / 0.7) < 1e-6 })
        // Four deviations of a binomial are 0.0092.
        #expect(abs(Double(kept.count) / Double(count) - 0.7) < 0.0092)
        #expect(ones.droppingOut(rate: 0.3, key: key).floats == dropped)
        #expect(
            Tensor(repeating: 1, shape: [7], on: backend).droppingOut(rate: 0.3, key: key).floats
                == Array(dropped.prefix(7)))
        for other in [
            DropoutKey(seed: 18, step: 4, site: 9), DropoutKey(seed: 17, step: 5, site: 9),
            DropoutKey(seed: 17, step: 4, site: 10),
        ] {
            let places = ones.droppingOut(rate: 0.3, key: other).floats
            let same = zip(places, dropped).count { ($0 == 0) == ($1 == 0) }
            // Independent places agree at 0.7² + 0.3² = 0.58 of them.
            #expect(abs(Double(same) / Double(count) - 0.58) < 0.01)
        }
    }

    @Sendable private static func denormals(_ backend: any Backend) {
        let small = Tensor(repeating: 1e-30, shape: [20_001], on: backend)
        let tiny = Tensor(repeating: 1e-10, shape: [20_001], on: backend)
        #expect((small * tiny).floats.allSatisfy { $0 == 0 })
        #expect(small.scaled(by: 1e-10).floats.allSatisfy { $0 == 0 })
        #expect(small.multiplied(row: tiny).floats.allSatisfy { $0 == 0 })
        let logits = Tensor([0, -95, -88], shape: [1, 3], on: backend)
        #expect(logits.applying(.exp).floats.allSatisfy { $0 == 0 || $0.isNormal })
        #expect(
            Tensor([95, 100], shape: [2], on: backend).scaled(by: -1).applying(.sigmoid).floats == [0, 0])
        let product = Tensor(repeating: 1e-25, shape: [8, 64], on: backend)
        #expect(product.matmul(product).floats.allSatisfy { $0 == 0 })
    }
}
