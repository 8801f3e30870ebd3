package import Layers
package import Tensors

/// A linear map from one hidden state to the labels' scores: what fine-tuning puts on a model, and what a linear
/// probe trains.
///
/// On a causal model it reads the last row in front of the answer's slot, on a masked model the first token, `[CLS]`,
/// behind soft rows that stand in front of everything (Liu et al. 2022, §3.3). Where we differ from PEFT: it reads the first
/// row, which is a soft one there.
package struct ClassificationHead: LabelScorer {
    /// What the names of its parameters begin with.
    package static let path = ParameterPath("score")

    package let labels: [String]
    private let map: Linear

    /// A head for a model of this width.
    package init(labels: [String], width: Int) {
        self.labels = labels
        map = Linear(Self.path, inputs: width, outputs: labels.count, hasBias: true)
    }

    /// `score.weight`, `[labels, D]`, and `score.bias`.
    package var parameters: [Parameter] { map.parameters }

    /// Normal numbers of deviation 0.02, as Hugging Face's models start theirs; the bias zero.
    package func start(_ random: inout CounterRandom, on backend: any Backend) -> NamedTensors {
        parameters.reduce(into: NamedTensors()) { start, parameter in
            start[parameter.name] =
                parameter.shape.rank == 1
                ? Tensor(repeating: 0, shape: parameter.shape, on: backend)
                : .normal(parameter.shape, scale: 0.02, &random, on: backend)
        }
    }

    package func request(_ prompt: EncodedPrompt, owner: Int) -> PackedPrompts.Request {
        let rows = prompt.rows
        let first = rows.firstIndex { if case .token = $0 { true } else { false } } ?? 0
        return PackedPrompts.Request(
            prompt: rows, question: .rows([prompt.kind == .causal ? rows.count - 1 : first]), owner: owner,
            separator: prompt.separator)
    }

    package func rowCount(_ prompt: EncodedPrompt) -> Int { prompt.rows.count }

    package func logProbabilities(_ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass)
        -> Tensor
    {
        scores(hidden, pass).logSoftmax()
    }

    /// The scores of hidden states, `[R, labels]`, natural log, not normalised.
    package func scores(_ hidden: Tensor, _ pass: Pass) -> Tensor { map(hidden, pass) }
}
