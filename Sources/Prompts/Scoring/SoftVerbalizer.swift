package import Layers
package import Models
package import Tensors

/// A trained vector for each label in place of the output matrix: `P(label | x) ∝ exp(v_label · f(x))` (WARP, Hambardzumyan
/// et al. 2021, §3), with `f` what the output matrix would be multiplied by at the answer.
///
/// A vector starts as the mean of the output rows of the label's first word's tokens, so that before any step the labels
/// score what those words do without the output layer's bias. Where we differ: the answer of a causal model is read at
/// the row in front of it.
package struct SoftVerbalizer: TrainedReadout {
    /// `[labels, E]`, as wide as the rows of the output matrix.
    package static let parameterName = "verbalizer.weight"

    private let model: any LanguageModel
    private let words: EncodedVerbalizer
    private let masks: Int?
    private let weight: Parameter

    package init(_ model: any LanguageModel, _ words: EncodedVerbalizer, masks: Int? = nil) {
        self.model = model
        self.words = words
        self.masks = masks
        weight = Parameter(name: Self.parameterName, shape: [words.labels.count, model.traits.inputWidth])
    }

    package var labels: [String] { words.labels }
    package var parameters: [Parameter] { [weight] }

    /// The rows of the output matrix are not read, nor its bias.
    package func mayStartFlat(_ name: String) -> Bool { WeightSelection.scoresVocabulary(name) }

    package func start(_ random: inout CounterRandom, _ pretrained: PretrainedModel) -> NamedTensors {
        let first = words.wordsOfLabel.map { words.words[$0.lowerBound].tokens }
        let rows = model.outputRows(first.flatMap { $0 }, .inference(pretrained.weights)).detached
        var shares = [Float](repeating: 0, count: first.count * rows.shape.rows)
        var start = 0
        for (label, tokens) in first.enumerated() {
            for token in tokens.indices {
                shares[label * rows.shape.rows + start + token] = 1 / Float(tokens.count)
            }
            start += tokens.count
        }
        let mean = Tensor(shares, shape: [first.count, rows.shape.rows], on: rows.backend)
        return NamedTensors([Self.parameterName: mean.matmul(rows.transposed())])
    }

    package func request(_ prompt: EncodedPrompt, owner: Int) -> PackedPrompts.Request {
        prompt.stateRequest(masks: masks, owner: owner)
    }

    package func rowCount(_ prompt: EncodedPrompt) -> Int { prompt.stateRows(masks: masks) }

    /// The labels' scores, `[requests, labels]`; natural log, not normalised.
    package func scores(_ hidden: Tensor, _ pass: Pass) -> Tensor {
        model.outputStates(hidden, pass).matmul(pass[weight])
    }

    package func logProbabilities(_ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass)
        -> Tensor
    {
        scores(hidden, pass).logSoftmax()
    }
}
