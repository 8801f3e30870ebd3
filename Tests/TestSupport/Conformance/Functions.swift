import Foundation
import Tensors
import Testing

extension ElementFunction {
    /// The function and its derivative, in double precision.
    package func reference(_ x: Double) -> (value: Double, derivative: Double) {
        let sigmoid = 1 / (1 + Foundation.exp(-x))
        switch self {
        case .relu: return (max(0, x), x > 0 ? 1 : 0)
        case .silu: return (x * sigmoid, sigmoid * (1 + x * (1 - sigmoid)))
        case .gelu:
            let below = 0.5 * erfc(-x / 2.0.squareRoot())
            return (x * below, below + x * Foundation.exp(-x * x / 2) / (2 * Double.pi).squareRoot())
        case .geluTanh:
            let root = (2 / Double.pi).squareRoot()
            let t = Foundation.tanh(root * (x + 0.044715 * x * x * x))
            return (
                0.5 * x * (1 + t), 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x)
            )
        case .tanh:
            let t = Foundation.tanh(x)
            return (t, 1 - t * t)
        case .sigmoid: return (sigmoid, sigmoid * (1 - sigmoid))
        case .exp: return (Foundation.exp(x), Foundation.exp(x))
        case .log: return (Foundation.log(x), 1 / x)
        case .square: return (x * x, 2 * x)
        }
    }
}

extension BackendConformance {
    static let functions: [BackendCase] =
        ElementFunction.allCases.map { function in
            BackendCase(name: "\(function) and its derivative, far and near") { backend in
                expectFunction(function, on: backend)
            }
        } + [
            BackendCase(name: "activations agree with torch", run: activations),
            BackendCase(name: "gated activations agree with torch", run: gatedActivations),
            BackendCase(name: "gates of every size and their gradients", run: gates),
        ]

    private static func expectFunction(_ function: ElementFunction, on backend: any Backend) {
        for count in [0, 1, 33, 10_001] {
            let low: Float = function == .log ? 0.01 : -12
            let values = (0..<count).map { low + 24 * Float($0) / Float(max(1, count)) + 0.0003 }
            let x = Tensor(values, shape: [count], on: backend)
            let references = values.map { function.reference(Double($0)) }
            let tape = Tape()
            let output = tape.watch(x, as: "x").applying(function)
            expectClose(
                output, references.map { Float($0.value) }, absolute: 2e-6, relative: 2e-6, "\(function)")
            let slope = tape.gradients(of: output.sum())["x"]?.floats ?? []
            expectClose(
                slope, references.map { Float($0.derivative) }, absolute: 3e-6, relative: 3e-6, "\(function)'"
            )
        }
        var random = RandomTensors(seed: 4, on: backend)
        // Away from the kink of relu and the pole of log.
        expectGradient(
            of: { $0[0].applying(function) }, at: [random.uniform([3, 7], in: 0.3..<2)], "\(function)")
    }

    @Sendable private static func activations(_ backend: any Backend) throws {
        let golden = try Golden("tensors/activations")
        for (name, function) in named + [("relu", .relu), ("tanh", .tanh), ("sigmoid", .sigmoid)] {
            try expectGolden(golden, name + ".", ["input"], on: backend) { $0[0].applying(function) }
        }
    }

    @Sendable private static func gatedActivations(_ backend: any Backend) throws {
        let golden = try Golden("tensors/gated_activations")
        for (name, function) in named {
            try expectGolden(golden, name + ".", ["gate", "up"], on: backend) {
                $0[0].gating($0[1], function)
            }
        }
    }

    private static let named: [(String, ElementFunction)] = [
        ("silu", .silu), ("gelu", .gelu), ("gelu_tanh", .geluTanh),
    ]

    @Sendable private static func gates(_ backend: any Backend) {
        var random = RandomTensors(seed: 5, on: backend)
        for function in ElementFunction.allCases where function != .log {
            for shape in [[0, 7], [1, 1], [2_400, 7]] as [Shape] {
                let (gate, up) = (random.pattern(shape), random.pattern(shape))
                expectClose(
                    gate.gating(up, function),
                    zip(gate.floats, up.floats).map {
                        Float(function.reference(Double($0)).value * Double($1))
                    },
                    "\(function) gate \(shape)")
            }
            let (gate, up) = (random.uniform([3, 7], in: 0.2..<2), random.normal([3, 7]))
            expectGradient(of: { $0[0].gating($0[1], function) }, at: [gate, up], "\(function) gate")
        }
    }
}
