import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

/// A readout beside PyTorch (Oracles/prompts/readouts.py): its first gradient and ten steps.
struct TenSteps {
    let golden: Golden
    /// What the golden's names begin with.
    let part: String

    /// Sequences of tokens that lie end to end.
    func lists(_ name: String) throws -> [[Int32]] {
        let tokens = try golden.integers("\(part).\(name)s")
        var start = 0
        return try golden.integers("\(part).\(name)_lengths").map { length in
            defer { start += Int(length) }
            return Array(tokens[start..<start + Int(length)])
        }
    }

    /// What is trained, as it starts, and the soft rows among it.
    func start(_ names: [String]) throws -> (weights: NamedTensors, soft: Parameter) {
        let weights = try names.reduce(into: NamedTensors()) { start, name in
            start[name == "soft" ? SoftPrompt.parameterName : name] = try golden.tensor(
                "\(part).start.\(name)")
        }
        let shape = weights[SoftPrompt.parameterName]?.shape ?? []
        return (weights, Parameter(name: SoftPrompt.parameterName, shape: shape))
    }

    /// Expects PyTorch's gradients at the start, and its losses.
    func check<Goal: Objective>(
        _ objective: Goal, _ batch: Goal.Batch, from start: NamedTensors, over tiny: PretrainedModel
    ) throws where Goal.Batch: Sendable {
        let tape = Tape()
        let trained = Set(start.names)
        let pass = Pass.training(tiny.weights.overlaid(by: start), on: tape, where: trained.contains)
        let gradients = tape.gradients(of: try objective.loss(batch, pass))
        for name in start.names {
            let key = name == SoftPrompt.parameterName ? "soft" : name
            expectClose(
                try #require(gradients[name]), try golden.floats("\(part).gradient.\(key)"), absolute: 1e-4,
                relative: 1e-3, key)
        }
        var state = try TrainingState(training: start)
        _ = try Trainer(objective, TrainingSettings(steps: 10, rate: 1e-2, schedule: .linear(total: 10))).run(
            &state, over: tiny.weights, batches: Same(batch: batch))
        let last = Pass.inference(tiny.weights.overlaid(by: state.weights))
        let losses = state.losses + [try objective.loss(batch, last).scalar]
        expectClose(losses, try golden.floats("\(part).losses"), absolute: 1e-4, relative: 1e-4)
    }
}
