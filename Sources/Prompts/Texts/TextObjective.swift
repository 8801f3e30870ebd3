package import Layers
package import Models
package import Tensors
internal import Training

/// A prompt with the text that should follow it.
package struct TargetText: Hashable, Sendable {
    package var prompt: [PromptRow]
    /// The tokens of the text, its end among them; at least one.
    package var target: [Int32]

    package init(prompt: [PromptRow], target: [Int32]) {
        (self.prompt, self.target) = (prompt, target)
    }
}

/// Cross-entropy of the targets' tokens, the mean over all of a batch, in nats; the prompts' own tokens have no loss.
///
/// Where we differ from Li & Liang 2021 (code): they sum over the tokens of a text, which makes the loss, and with it
/// the rate, depend on lengths.
package struct TextObjective: Objective {
    let model: any LanguageModel
    let tensors: @Sendable (Pass) -> PromptTensors

    package init(_ model: any LanguageModel, tensors: @escaping @Sendable (Pass) -> PromptTensors) {
        self.model = model
        self.tensors = tensors
    }

    package func loss(_ batch: [TargetText], _ pass: Pass) -> Tensor {
        let packed = PackedPrompts(
            batch.map { text in
                let first = text.prompt.count - 1
                return PackedPrompts.Request(
                    prompt: text.prompt + text.target.dropLast().map(PromptRow.token),
                    question: .rows(Array(first..<first + text.target.count)))
            })
        let logits = model.logits(packed.input(model, [tensors(pass)], pass), pass)
        return logits.crossEntropy(batch.flatMap(\.target))
    }

    package func weight(of batch: [TargetText]) -> Float { Float(batch.reduce(0) { $0 + $1.target.count }) }

    /// Minus the loss of held-out rows, a few at a time.
    func score(_ rows: [TargetText], _ pass: Pass) -> Double {
        var (sum, count) = (0.0, 0.0)
        for start in stride(from: 0, to: rows.count, by: 8) {
            let batch = Array(rows[start..<min(start + 8, rows.count)])
            let weight = Double(weight(of: batch))
            sum += weight * Double(loss(batch, pass).scalar)
            count += weight
        }
        return -sum / max(1, count)
    }
}
