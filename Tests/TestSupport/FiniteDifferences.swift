package import Tensors
package import Testing

/// Fails unless the tape's gradients of `function` agree with finite differences at `inputs`.
///
/// `function` may give any shape: its output is reduced to a number by fixed random weights, in double
/// precision, so that rounding in a float32 sum does not drown the difference. Per input: random directions
/// of ones and minus ones, which any wrong element disturbs, and single coordinates.
///
/// The four points of a difference lie `step` apart; smooth functions of inputs near one want 0.02.
/// `relative` is of the larger of the two derivatives: a gradient that is a twentieth off fails.
package func expectGradient(
    of function: ([Tensor]) -> Tensor, at inputs: [Tensor], step: Float = 0.02, absolute: Double = 1e-3,
    relative: Double = 1e-2, seed: UInt64 = 11, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let faults = gradientFaults(
        of: function, at: inputs, step: step, absolute: absolute, relative: relative, seed: seed)
    guard let first = faults.first else { return }
    let more = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
    Issue.record(
        Comment(rawValue: (what.isEmpty ? "" : what + ": ") + first + more), sourceLocation: sourceLocation)
}

/// The derivatives in which tape and finite differences disagree, a sentence each.
package func gradientFaults(
    of function: ([Tensor]) -> Tensor, at inputs: [Tensor], step: Float = 0.02, absolute: Double = 1e-3,
    relative: Double = 1e-2, seed: UInt64 = 11
) -> [String] {
    var random = RandomTensors(seed: seed, on: inputs[0].backend)
    let tape = Tape()
    let output = function(inputs.enumerated().map { tape.watch($1, as: String($0)) })
    let weights = random.uniform(output.shape, in: 0.5..<1.5)
    let weightFloats = weights.floats
    let gradients = tape.gradients(of: (output * weights).sum())

    func value(_ index: Int, moved direction: [Float], by distance: Float) -> Double {
        var moved = inputs
        let start = inputs[index].floats
        moved[index] = Tensor(
            zip(start, direction).map { $0 + distance * $1 }, shape: inputs[index].shape,
            on: inputs[index].backend)
        return zip(function(moved).floats, weightFloats).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }

    var faults: [String] = []
    for index in inputs.indices where inputs[index].shape.count > 0 {
        let count = inputs[index].shape.count
        let gradient = gradients[String(index)]?.floats ?? [Float](repeating: 0, count: count)
        if gradient.count != count {
            faults.append("input \(index): \(gradient.count) derivatives of \(count) elements")
            continue
        }
        var directions = (0..<3).map { _ in ("a random direction", random.signs(count)) }
        for coordinate in Set(random.integers(4, below: count)).sorted() {
            var direction = [Float](repeating: 0, count: count)
            direction[Int(coordinate)] = 1
            directions.append(("element \(coordinate)", direction))
        }
        for (name, direction) in directions {
            // Five-point rule: the error falls with the fourth power of the step.
            let near = value(index, moved: direction, by: step) - value(index, moved: direction, by: -step)
            let far =
                value(index, moved: direction, by: 2 * step) - value(index, moved: direction, by: -2 * step)
            let measured = (8 * near - far) / (12 * Double(step))
            let claimed = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            if !(abs(measured - claimed) <= absolute + relative * max(abs(measured), abs(claimed))) {
                faults.append(
                    "input \(index), \(name): the tape says \(claimed), differences say \(measured)")
            }
        }
    }
    return faults
}
