import Foundation
import Tensors
import Testing

extension BackendConformance {
    static let optimizers: [BackendCase] = [
        BackendCase(name: "ten steps of AdamW agree with torch", run: adamW),
        BackendCase(name: "ten steps of Adafactor agree with T5X", run: adafactor),
        BackendCase(name: "optimizer steps of large and empty weights", run: optimizerSizes),
    ]

    @Sendable private static func adamW(_ backend: any Backend) throws {
        let golden = try Golden("training/adamw")
        for name in ["plain", "decay", "other_betas", "falling"] {
            let path = try Path(golden, name)
            let rates = try golden.floats("\(name).rates")
            var weight = path.weight(0, on: backend)
            var moments = (first: weight.scaled(by: 0), second: weight.scaled(by: 0))
            for step in rates.indices {
                let next = backend.adamW(
                    // Half the gradient, doubled: the scale of clipping takes part.
                    weight: weight, moments: moments,
                    gradient: path.gradient(step, on: backend).scaled(by: 0.5),
                    AdamWStep(
                        rate: rates[step], beta1: try golden.number("\(name).beta1"),
                        beta2: try golden.number("\(name).beta2"),
                        epsilon: try golden.number("\(name).epsilon"),
                        decay: try golden.number("\(name).decay"), step: step + 1, gradientScale: 2))
                (weight, moments) = (next.weight, (next.first, next.second))
                expectClose(weight, path.weight(step + 1, on: backend), "\(name), step \(step + 1)")
            }
        }
    }

    @Sendable private static func adafactor(_ backend: any Backend) throws {
        let golden = try Golden("training/adafactor")
        for name in ["default", "decay", "late"] {
            let path = try Path(golden, name)
            var weight = path.weight(0, on: backend)
            var second = weight.scaled(by: 0)
            let offset = Double(try golden.number("\(name).offset"))
            for step in 0..<path.steps {
                let next = backend.adafactor(
                    weight: weight, second: second, gradient: path.gradient(step, on: backend),
                    AdafactorStep(
                        rate: try golden.number("\(name).rate"),
                        decay2: Float(1 - pow(Double(step + 1) + offset, -0.8)),
                        weightDecay: try golden.number("\(name).decay")))
                (weight, second) = (next.weight, next.second)
                expectClose(
                    weight, path.weight(step + 1, on: backend), absolute: 3e-5, relative: 3e-5,
                    "\(name), step \(step + 1)")
            }
            expectClose(second, try golden.floats("\(name).second"), relative: 1e-4, "\(name), second moment")
        }
    }

    @Sendable private static func optimizerSizes(_ backend: any Backend) {
        var random = RandomTensors(seed: 71, on: backend)
        for shape in [[0], [1], [40_001]] as [Shape] {
            let (weight, gradient) = (random.pattern(shape), random.pattern(shape))
            let zero = weight.scaled(by: 0)
            let adam = backend.adamW(
                weight: weight, moments: (zero, zero), gradient: gradient, AdamWStep(rate: 0.1, step: 1))
            // The first step of Adam moves each weight by the rate, against the sign of its gradient.
            let signs = zip(weight.floats, gradient.floats).map { $0 - ($1 < 0 ? -0.1 : $1 > 0 ? 0.1 : 0) }
            expectClose(adam.weight, signs, absolute: 1e-4, "\(shape)")
            let factor = backend.adafactor(
                weight: weight, second: zero, gradient: gradient, AdafactorStep(rate: 0.1, decay2: 0))
            expectClose(factor.weight, signs, absolute: 1e-4, "\(shape)")
        }
    }

    /// Weights before and after each step of a golden, and the gradients between.
    private struct Path {
        let weights: [Float]
        let gradients: [Float]
        let shape: Shape

        init(_ golden: Golden, _ name: String) throws {
            weights = try golden.floats("\(name).weights")
            gradients = try golden.floats("\(name).gradients")
            shape = Shape(Array(try golden.shape("\(name).weights").lengths.dropFirst()))
        }

        var steps: Int { gradients.count / shape.count }

        func weight(_ step: Int, on backend: any Backend) -> Tensor { slice(weights, step, backend) }

        func gradient(_ step: Int, on backend: any Backend) -> Tensor { slice(gradients, step, backend) }

        private func slice(_ values: [Float], _ step: Int, _ backend: any Backend) -> Tensor {
            Tensor(Array(values[step * shape.count..<(step + 1) * shape.count]), shape: shape, on: backend)
        }
    }
}
