package import Tensors
import Testing

/// One thing that every backend must get right.
///
/// Cases go through the operations of `Tensor`, so that values and gradients are tested together; primitives
/// that no operation shows are called directly.
package struct BackendCase: Sendable, CustomTestStringConvertible {
    /// What is true of a backend that passes, in a few words.
    package let name: String
    /// Records issues; throws where a golden cannot be read.
    package let run: @Sendable (any Backend) throws -> Void

    package var testDescription: String { name }
}

/// The list that a new backend is run through.
package enum BackendConformance {
    /// All cases.
    package static let cases: [BackendCase] =
        elementwise + functions + reductions + products + storedWeights + rowsAndColumns + layers + attention
        + attentionGradients + optimizers
}

/// Compares an operation with a golden's output and gradients.
///
/// `inputs` are names in the golden after `prefix`, in the order that `function` takes them.
func expectGolden(
    _ golden: Golden, _ prefix: String, _ inputs: [String], on backend: any Backend, absolute: Double = 1e-5,
    gradientTolerance: Double = 1e-4, _ function: ([Tensor]) -> Tensor
) throws {
    let tape = Tape()
    let watched = try inputs.map { tape.watch(try golden.tensor(prefix + $0, on: backend), as: $0) }
    let output = function(watched)
    expectClose(output, try golden.floats(prefix + "output"), absolute: absolute, "\(prefix)output")
    let cotangent = Tensor(try golden.floats(prefix + "cotangent"), shape: output.shape, on: backend)
    let gradients = tape.gradients(of: (output * cotangent).sum())
    for name in inputs {
        expectClose(
            gradients[name]?.floats ?? [], try golden.floats("\(prefix)gradient.\(name)"),
            absolute: gradientTolerance, relative: gradientTolerance, "\(prefix)gradient.\(name)")
    }
}

/// Row counts and widths that meet every tail: none, one, odd, and enough that threads share the work.
let oddShapes: [Shape] = [[0, 7], [1, 1], [1, 33], [3, 7], [5, 33], [2_400, 7], [2, 20_001]]
