package import Layers
internal import Models
package import Tensors
internal import Training

extension Tensor {
    /// How far these scores are from a teacher's at a temperature: KL(softmax(t/T) ‖ softmax(s/T)) · T², the mean over
    /// rows, in nats (Hinton et al. 2015; PET's code).
    ///
    /// - Parameter teacher: `[N, C]`, scores of any offset; a constant.
    package func distillation(from teacher: Tensor, temperature: Float) -> Tensor {
        precondition(shape == teacher.shape, "distillation: \(shape) from \(teacher.shape)")
        let own = scaled(by: 1 / temperature).logSoftmax()
        let other = teacher.detached.scaled(by: 1 / temperature).logSoftmax()
        let difference = other - own
        return (other.applying(.exp) * difference).sum()
            .scaled(by: temperature * temperature / Float(max(1, shape.rows)))
    }
}

/// A text with the scores that an ensemble gives it.
package struct SoftLabel: Sendable {
    package var prompt: EncodedPrompt
    /// One a label, of any offset.
    package var scores: [Float]

    package init(prompt: EncodedPrompt, scores: [Float]) {
        self.prompt = prompt
        self.scores = scores
    }
}

/// Teaches a classifier the soft labels of an ensemble (Schick & Schütze 2021, §3.3).
package struct DistillationObjective: Objective {
    private let objective: AnswerObjective
    private let temperature: Float

    package init(_ objective: AnswerObjective, temperature: Float) {
        self.objective = objective
        self.temperature = temperature
    }

    package func loss(_ batch: [SoftLabel], _ pass: Pass) throws -> Tensor {
        let scores = try objective.logProbabilities(batch.map(\.prompt), pass)
        let teacher = Tensor(batch.flatMap(\.scores), shape: scores.shape, on: scores.backend)
        return scores.distillation(from: teacher, temperature: temperature)
    }

    package func weight(of batch: [SoftLabel]) -> Float { Float(batch.count) }
}
