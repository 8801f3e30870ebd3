import Tensors
import Testing

/// `x · wᵀ + bias` in double precision: `[N, K]`, `[O, K]` -> `[N, O]`.
func referenceProduct(_ x: Tensor, _ weight: Tensor, bias: [Float]? = nil) -> [Float] {
    let (inputs, outputs) = (weight.shape.width, weight.shape[0])
    let (a, w) = (x.floats.map(Double.init), weight.floats.map(Double.init))
    return (0..<x.shape.rows * outputs).map { place in
        let (row, column) = (place / outputs * inputs, place % outputs * inputs)
        var total = Double(bias?[place % outputs] ?? 0)
        for k in 0..<inputs { total += a[row + k] * w[column + k] }
        return Float(total)
    }
}

extension BackendConformance {
    static let products: [BackendCase] = [
        BackendCase(name: "matrix products agree with torch", run: productGolden),
        BackendCase(name: "matrix products of every small size", run: smallProducts),
        BackendCase(name: "matrix products that threads share", run: sharedProducts),
        BackendCase(
            name: "gradients of matrix products agree with finite differences", run: productGradients),
    ]

    @Sendable private static func productGolden(_ backend: any Backend) throws {
        let golden = try Golden("tensors/matmul")
        for name in ["small", "one_row", "tails"] {
            try expectGolden(golden, name + ".", ["input", "weight"], on: backend) { $0[0].matmul($0[1]) }
            try expectGolden(golden, name + "_bias.", ["input", "weight", "bias"], on: backend) {
                $0[0].matmul($0[1], bias: $0[2])
            }
        }
        try expectGolden(golden, "untransposed.", ["input", "weight"], on: backend) {
            $0[0].matmul($0[1].transposed())
        }
        let (x, w) = (
            try golden.tensor("untransposed.input", on: backend),
            try golden.tensor("untransposed.weight", on: backend)
        )
        expectClose(backend.matmul(x, untransposed: w), try golden.floats("untransposed.output"))
    }

    @Sendable private static func smallProducts(_ backend: any Backend) {
        var random = RandomTensors(seed: 31, on: backend)
        for rows in [0, 1, 2, 3, 4, 5, 7, 33] {
            for (inputs, outputs) in [(1, 1), (7, 33), (33, 7), (16, 1), (65, 17)] {
                let (x, weight) = (random.normal([rows, inputs]), random.normal([outputs, inputs]))
                let bias = random.normal([outputs])
                let what = "[\(rows), \(inputs)] by [\(outputs), \(inputs)]"
                expectClose(x.matmul(weight), referenceProduct(x, weight), absolute: 2e-5, what)
                expectClose(
                    x.matmul(weight, bias: bias), referenceProduct(x, weight, bias: bias.floats),
                    absolute: 2e-5, what)
                let y = random.normal([rows, outputs])
                expectClose(
                    backend.matmul(y, untransposed: weight), referenceProduct(y, weight.transposed()),
                    absolute: 2e-5, "untransposed \(what)")
                expectClose(
                    backend.matmul(transposed: y, x), referenceProduct(y.transposed(), x.transposed()),
                    absolute: 3e-5, "outer \(what)")
            }
        }
        let empty = Tensor([], shape: [0, 4], on: backend)
        #expect(backend.matmul(transposed: empty, empty).floats == [Float](repeating: 0, count: 16))
    }

    @Sendable private static func sharedProducts(_ backend: any Backend) {
        var random = RandomTensors(seed: 32, on: backend)
        // By outputs, by rows, and with a tail of a few rows.
        for (rows, inputs, outputs) in [(3, 65, 301), (9, 17, 1_203), (300, 33, 5)] {
            let (x, weight) = (random.pattern([rows, inputs]), random.pattern([outputs, inputs]))
            let what = "[\(rows), \(inputs)] by [\(outputs), \(inputs)]"
            expectClose(x.matmul(weight), referenceProduct(x, weight), absolute: 1e-4, what)
            let y = random.pattern([rows, outputs])
            expectClose(
                backend.matmul(y, untransposed: weight), referenceProduct(y, weight.transposed()),
                absolute: 1e-4, what)
            expectClose(
                backend.matmul(transposed: y, x), referenceProduct(y.transposed(), x.transposed()),
                absolute: 1e-4, what)
        }
    }

    @Sendable private static func productGradients(_ backend: any Backend) {
        var random = RandomTensors(seed: 33, on: backend)
        for (rows, inputs, outputs) in [(1, 1, 1), (1, 33, 7), (3, 7, 33), (6, 5, 4)] {
            let (x, weight) = (random.normal([rows, inputs]), random.normal([outputs, inputs]))
            let bias = random.normal([outputs])
            expectGradient(of: { $0[0].matmul($0[1], bias: $0[2]) }, at: [x, weight, bias], "matmul")
            expectGradient(of: { $0[0].transposed() }, at: [x], "transposed")
        }
    }
}
