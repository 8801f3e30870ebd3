import Tensors
import Testing

extension BackendConformance {
    static let storedWeights: [BackendCase] =
        [
            BackendCase(name: "stored weights expand as the gguf package expands them", run: expansionGolden),
            BackendCase(name: "a bias may be stored too", run: storedBias),
        ]
        + ElementType.allCases.map { type in
            BackendCase(name: "products with \(type) weights are products with their expansion") { backend in
                storedProducts(type, on: backend)
            }
        }

    @Sendable private static func expansionGolden(_ backend: any Backend) throws {
        let golden = try Golden("tensors/quantised")
        for type in ElementType.allCases where type != .float32 {
            let bytes = try golden.floats("\(type).bytes").map { UInt8($0) }
            let shape = try golden.shape("\(type).output")
            let stored = Tensor.stored(bytes, shape: shape, as: type, on: backend)
            let expected = try golden.floats("\(type).output")
            let largest = Double(expected.reduce(0) { max($0, abs($1)) })
            // Where scale and minimum nearly cancel, a fused multiplication and addition rounds once, gguf
            // twice.
            expectClose(stored.float32(), expected, absolute: 1e-7 * largest, relative: 1e-6, "\(type)")
            expectClose(stored.floats, expected, absolute: 1e-7 * largest, relative: 1e-6, "\(type)")
            guard shape.rank == 2 else { continue }
            let rows = stored.rows([1, 0, 1])
            let width = shape.width
            let second = Array(expected[width...])
            expectClose(
                rows, second + expected[..<width] + second, absolute: 1e-7 * largest, relative: 1e-6,
                "rows of \(type)")
        }
    }

    @Sendable private static func storedBias(_ backend: any Backend) {
        var random = RandomTensors(seed: 42, on: backend)
        let weight = random.normal([9, 5])
        for type in [ElementType.float16, .bfloat16] {
            let bias = random.stored([9], as: type)
            for rows in [1, 6] {
                let x = random.normal([rows, 5])
                expectClose(
                    x.matmul(weight, bias: bias), referenceProduct(x, weight, bias: bias.floats),
                    "\(type) bias")
            }
        }
    }

    private static func storedProducts(_ type: ElementType, on backend: any Backend) {
        var random = RandomTensors(seed: 41, on: backend)
        // 768 columns: a piece and a half of the dot products; 450 rows: panels and a tail on two threads.
        let (inputs, outputs) = (768, 450)
        // So few outputs that rows are shared out instead.
        let narrow = random.stored([20, 256], as: type)
        let many = random.pattern([70, 256])
        expectProduct(many.matmul(narrow), many.matmul(narrow.float32()).floats, "70 rows by 20 of \(type)")
        let weight = random.stored([outputs, inputs], as: type)
        let plain = weight.float32()
        for rows in [0, 1, 2, 3, 4, 5, 64] {
            let x = random.pattern([rows, inputs])
            let bias = rows % 2 == 0 ? random.pattern([outputs]) : nil
            expectProduct(
                x.matmul(weight, bias: bias), x.matmul(plain, bias: bias).floats, "\(rows) rows by \(type)")
            let y = random.pattern([rows, outputs])
            expectProduct(
                backend.matmul(y, untransposed: weight), backend.matmul(y, untransposed: plain).floats,
                "\(rows) rows by \(type), untransposed")
        }
        let x = random.pattern([5, inputs])
        let tape = Tape()
        let watched = tape.watch(x, as: "x")
        let gradient = tape.gradients(of: watched.matmul(weight).sum())["x"]
        let ones = Tensor(repeating: 1, shape: [5, outputs], on: backend)
        expectProduct(gradient ?? x, backend.matmul(ones, untransposed: plain).floats, "input gradient")
    }

    /// Close in proportion to the size of a typical element: sums of large terms may come out small.
    private static func expectProduct(_ actual: Tensor, _ expected: [Float], _ what: String) {
        let squares = expected.reduce(0.0) { $0 + Double($1) * Double($1) }
        let typical = (squares / Double(max(1, expected.count))).squareRoot()
        expectClose(actual, expected, absolute: 5e-6 * typical, what)
    }
}
