package import Layers
package import Models
package import Tensors
internal import Training

/// A prompt with the text that should follow it.
package struct TargetText: LayeredRow, InputRow {
    package var prompt: [PromptRow]
    /// The tokens of the text, its end among them; at least one.
    package var target: [Int32]
    /// A block that holds rows in front of the prompt's, where they were read before.
    package var past: KeyValues?
    package var lower: LowerRows?

    package init(prompt: [PromptRow], target: [Int32]) {
        (self.prompt, self.target) = (prompt, target)
    }

    package var front: [PromptRow] { prompt }

    package mutating func replaceFirst(_ count: Int, by block: KeyValues) {
        past = block
        prompt.removeFirst(count)
    }

    /// The prompt and the text, read where its tokens are foretold.
    fileprivate func request(owner: Int) -> PackedPrompts.Request {
        let first = prompt.count - 1
        return PackedPrompts.Request(
            prompt: prompt + target.dropLast().map(PromptRow.token),
            question: .rows(Array(first..<first + target.count)), owner: owner)
    }
}

/// Cross-entropy of the targets' tokens, the mean over all of a batch, in nats; the prompts' own tokens have no loss.
///
/// Where we differ from Li & Liang 2021 (code): they sum over the tokens of a text, which makes the loss, and with it
/// the rate, depend on lengths.
package struct TextObjective: LayeredObjective {
    package let model: any LanguageModel
    package let tensors: @Sendable (Pass) -> PromptTensors

    package init(_ model: any LanguageModel, tensors: @escaping @Sendable (Pass) -> PromptTensors) {
        self.model = model
        self.tensors = tensors
    }

    package func loss(_ batch: [TargetText], _ pass: Pass) -> Tensor {
        model.logits(input(batch, pass), pass).crossEntropy(batch.flatMap(\.target))
    }

    package func packed(_ batch: [TargetText]) -> PackedPrompts {
        PackedPrompts(batch.map { $0.request(owner: 0) }, sharesPrefix: false)
    }

    private func input(_ batch: [TargetText], _ pass: Pass) -> ModelInput {
        if batch.allSatisfy({ $0.lower != nil }) { return reading(batch, pass).input }
        let shared = tensors(pass)
        guard batch.contains(where: { $0.past != nil }) else {
            return PackedPrompts(batch.map { $0.request(owner: 0) }).input(model, [shared], pass)
        }
        return PackedPrompts(batch.enumerated().map { $0.element.request(owner: $0.offset) })
            .input(model, batch.map { shared.followed(by: $0.past) }, pass)
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
