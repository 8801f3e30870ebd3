package import Layers
package import Models
package import Tensors
internal import Training

/// The loss of spans (Devlin et al. 2019, §4.2): half the cross-entropy of the start plus half that of the end, the mean
/// over windows, in nats.
///
/// A start competes with the tokens of its window's context, and with "not in this part", which windows without the
/// answer are taught. Where we differ from BERT's code: tokens of the question do not compete.
package struct SpanObjective: LayeredObjective {
    let head: ClassificationHead
    package let model: any LanguageModel
    package let tensors: @Sendable (Pass) -> PromptTensors

    package init(
        _ model: any LanguageModel, tensors: @escaping @Sendable (Pass) -> PromptTensors
    ) {
        head = Self.head(width: model.traits.width)
        self.model = model
        self.tensors = tensors
    }

    /// `score.weight`, `[2, D]`: the start's and the end's score of a hidden state.
    static func head(width: Int) -> ClassificationHead {
        ClassificationHead(labels: ["start", "end"], width: width)
    }

    /// For each window the log-probabilities of its ``SpanWindow/candidates`` as start and as end, `[2, candidates]`.
    package func logProbabilities(_ windows: [SpanWindow], _ pass: Pass) -> [Tensor] {
        let (input, readings) = reading(windows, pass)
        let scores = head.scores(model.hidden(input, pass), pass)
        return readings.map { scores.rows($0.readouts).transposed().logSoftmax() }
    }

    package func packed(_ windows: [SpanWindow]) -> PackedPrompts {
        PackedPrompts(
            windows.map { window in
                PackedPrompts.Request(
                    prompt: window.rows, question: .rows(window.candidates), separator: window.separator)
            }, sharesPrefix: false)
    }

    package func loss(_ batch: [SpanWindow], _ pass: Pass) -> Tensor {
        let parts = zip(logProbabilities(batch, pass), batch).map { table, window in
            table.picking([window.start, window.end]).sum()
        }
        return parts.dropFirst().reduce(parts[0], +).scaled(by: -1 / Float(2 * batch.count))
    }

    package func weight(of batch: [SpanWindow]) -> Float { Float(batch.count) }
}
