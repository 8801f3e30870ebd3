import Tensors
import Testing

extension BackendConformance {
    static let layers: [BackendCase] = [
        BackendCase(name: "root-mean-square norm agrees with torch", run: rmsNormGolden),
        BackendCase(name: "layer norm agrees with torch", run: layerNormGolden),
        BackendCase(name: "rotary positions agree with transformers", run: rotaryGolden),
        BackendCase(name: "norms of every size, and their gradients", run: norms),
        BackendCase(name: "rotary positions turn and turn back, some pairs or all", run: rotary),
    ]

    @Sendable private static func rmsNormGolden(_ backend: any Backend) throws {
        let golden = try Golden("tensors/rms_norm")
        for name in ["plain.", "offset.", "large_epsilon."] {
            let (epsilon, offset) = (try golden.number(name + "epsilon"), try golden.number(name + "offset"))
            // One row is so small that its gradients are in the hundreds.
            try expectGolden(golden, name, ["input", "weight"], on: backend) {
                $0[0].rmsNorm($0[1], epsilon: epsilon, weightOffset: offset)
            }
        }
    }

    @Sendable private static func layerNormGolden(_ backend: any Backend) throws {
        let golden = try Golden("tensors/layer_norm")
        for name in ["plain.", "bert."] {
            let epsilon = try golden.number(name + "epsilon")
            try expectGolden(golden, name, ["input", "weight", "bias"], on: backend) {
                $0[0].layerNorm($0[1], bias: $0[2], epsilon: epsilon)
            }
        }
    }

    @Sendable private static func rotaryGolden(_ backend: any Backend) throws {
        let golden = try Golden("tensors/rotary")
        let positions = try golden.integers("positions")
        for name in ["plain.", "wide_base.", "linear.", "llama3."] {
            let angles = RotaryAngles(
                positions: positions, frequencies: try golden.floats(name + "frequencies"),
                headWidth: Int(try golden.number("width")))
            try expectGolden(golden, name, ["input"], on: backend) { $0[0].rotated(angles) }
        }
    }

    @Sendable private static func norms(_ backend: any Backend) {
        var random = RandomTensors(seed: 61, on: backend)
        for shape in oddShapes {
            let (x, weight, bias) = (
                random.pattern(shape), random.pattern([shape.width]), random.pattern([shape.width])
            )
            let (values, w, b) = (x.floats.map(Double.init), weight.floats, bias.floats)
            var (rms, layer): ([Float], [Float]) = ([], [])
            for start in stride(from: 0, to: values.count, by: shape.width) {
                let row = values[start..<start + shape.width]
                let mean = row.reduce(0, +) / Double(row.count)
                let square = row.reduce(0) { $0 + $1 * $1 } / Double(row.count)
                let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
                for (value, (weight, bias)) in zip(row, zip(w, b)) {
                    rms.append(Float(value / (square + 1e-5).squareRoot()) * (weight + 1))
                    layer.append(Float((value - mean) / (variance + 1e-5).squareRoot()) * weight + bias)
                }
            }
            expectClose(
                x.rmsNorm(weight, epsilon: 1e-5, weightOffset: 1), rms, absolute: 2e-5, relative: 2e-5,
                "rms \(shape)")
            expectClose(
                x.layerNorm(weight, bias: bias, epsilon: 1e-5), layer, absolute: 2e-5, relative: 2e-5,
                "layer \(shape)")
            expectWeightGradients(x, weight, on: backend)
        }
        for shape in [[1, 7], [1, 33], [3, 7]] as [Shape] {
            let (x, weight, bias) = (
                random.normal(shape), random.normal([shape.width]), random.normal([shape.width])
            )
            expectGradient(
                of: { $0[0].rmsNorm($0[1], epsilon: 0.1, weightOffset: 1) }, at: [x, weight], "rms norm")
            expectGradient(
                of: { $0[0].layerNorm($0[1], bias: $0[2], epsilon: 0.1) }, at: [x, weight, bias], "layer norm"
            )
        }
        let one = random.normal([3, 1])
        expectGradient(
            of: { $0[0].rmsNorm($0[1], epsilon: 0.1) }, at: [one, random.normal([1])], "width one")
    }

    /// The weights' gradients from the outputs: the output is linear in weight and bias.
    private static func expectWeightGradients(_ x: Tensor, _ weight: Tensor, on backend: any Backend) {
        let (zero, one) = (weight.scaled(by: 0), weight.scaled(by: 0, plus: 1))
        let tape = Tape()
        let watched = tape.watch(weight, as: "weight")
        let rms = tape.gradients(of: x.rmsNorm(watched, epsilon: 1e-5).sum())["weight"]
        let plain = x.rmsNorm(one, epsilon: 1e-5)
        expectClose(rms?.floats ?? [], backend.sumRows(plain).floats, absolute: 2e-4, "rms weight \(x.shape)")
        let (weightAgain, bias) = (tape.watch(weight, as: "weight"), tape.watch(zero, as: "bias"))
        let layer = tape.gradients(of: x.layerNorm(weightAgain, bias: bias, epsilon: 1e-5).sum())
        let centred = x.layerNorm(one, bias: zero, epsilon: 1e-5)
        expectClose(
            layer["weight"]?.floats ?? [], backend.sumRows(centred).floats, absolute: 2e-4, "\(x.shape)")
        expectClose(
            layer["bias"]?.floats ?? [], zero.floats.map { _ in Float(x.shape.rows) }, "bias \(x.shape)")
    }

    @Sendable private static func rotary(_ backend: any Backend) {
        var random = RandomTensors(seed: 62, on: backend)
        for (rows, heads, width, pairs) in [
            (0, 2, 4, 2), (1, 1, 2, 1), (3, 3, 8, 4), (3, 2, 8, 3), (900, 3, 8, 4),
        ] {
            let x = random.pattern([rows, heads * width])
            let angles = RotaryAngles(
                positions: (0..<rows).map { Int32($0 * 7 % 90) },
                frequencies: (0..<pairs).map { 1 / Float($0 + 1) }, headWidth: width)
            let turned = x.rotated(angles)
            expectClose(backend.rotary(turned, angles, inverse: true), x, absolute: 3e-6, "\(rows) rows back")
            let (before, after) = (x.floats, turned.floats)
            for place in before.indices where place % (width / 2) >= pairs {
                #expect(before[place] == after[place], "coordinates past the pairs stay")
            }
            #expect(
                abs(backend.sumOfSquares(x) - backend.sumOfSquares(turned)) <= 1e-5 * backend.sumOfSquares(x))
            if rows == 3 { expectGradient(of: { $0[0].rotated(angles) }, at: [x], "rotary") }
        }
        // The dot product of a query and a key depends on how far apart they are.
        let (q, k) = (random.normal([1, 8]), random.normal([1, 8]))
        let products = [0, 40].map { (shift: Int32) -> Float in
            let turned = [(q, Int32(9)), (k, 4)].map { vector, position in
                vector.rotated(
                    RotaryAngles(
                        positions: [position + shift], frequencies: [1, 0.3, 0.1, 0.01], headWidth: 8))
            }
            return (turned[0] * turned[1]).sum().scalar
        }
        #expect(abs(products[0] - products[1]) < 1e-4)
        let scaled = RotaryAngles(positions: [5, 6], frequencies: [1, 0.3], magnitude: 1.3, headWidth: 4)
        expectGradient(of: { $0[0].rotated(scaled) }, at: [random.normal([2, 8])], "rotary with a magnitude")
    }
}
