package import Layers
package import Models
package import Tensors

/// Many words a label, each with a weight: `score(label | x) = Σ_w α_w log p(w | x)`, with p among all words of all labels
/// and α the softmax of the label's weights (KPT, Hu et al. 2022, §3.3).
///
/// With equal weights, where training starts, it is ``ScoringRule/jointSoftmaxMean``. Where the words are calibrated, p is
/// divided by what the model says of them whatever the input and scaled to sum to 1 (§3.2). A word of several tokens counts
/// by the mean of their scores at the answer. Where we differ: logarithms are taken as they are, where OpenPrompt adds
/// 1e-15 to each probability; and α is computed, not stored, so that prompts go on learning.
package struct WeightedWords: TrainedReadout {
    /// `[words]`, before the softmax.
    package static let parameterName = "words.weight"
    /// `[words]`, the log-probability of each word among the words whatever the input, in nats.
    package static let calibrationName = "words.calibration"
    /// The rate of the paper's few-shot runs (§4.2).
    package static let rate: Float = 5e-2

    private let model: any LanguageModel
    private let words: EncodedVerbalizer
    private let masks: Int?
    private let weight: Parameter
    private let calibration: Parameter?

    package init(
        _ model: any LanguageModel, _ words: EncodedVerbalizer, masks: Int? = nil, isCalibrated: Bool = false
    ) {
        self.model = model
        self.words = words
        self.masks = masks
        let shape: Shape = [words.words.count]
        weight = Parameter(name: Self.parameterName, shape: shape)
        calibration = isCalibrated ? Parameter(name: Self.calibrationName, shape: shape) : nil
    }

    package var labels: [String] { words.labels }
    package var parameters: [Parameter] { [weight] }
    package var constants: [Parameter] { calibration.map { [$0] } ?? [] }
    package var ownRate: Float? { Self.rate }

    /// The weights of labels that have one word each do nothing.
    package func mayStartFlat(_ name: String) -> Bool { name == Self.parameterName }

    /// Zeros: all words of a label count the same.
    package func start(_ random: inout CounterRandom, _ pretrained: PretrainedModel) -> NamedTensors {
        NamedTensors([
            Self.parameterName: Tensor(repeating: 0, shape: weight.shape, on: pretrained.backend)
        ])
    }

    package func request(_ prompt: EncodedPrompt, owner: Int) -> PackedPrompts.Request {
        prompt.stateRequest(masks: masks, owner: owner)
    }

    package func rowCount(_ prompt: EncodedPrompt) -> Int { prompt.stateRows(masks: masks) }

    package func logProbabilities(_ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass)
        -> Tensor
    {
        var shares = words.slotScores(hidden, model, pass).logSoftmax()
        if let calibration {
            shares = shares.adding(row: pass[calibration].scaled(by: -1)).logSoftmax()
        }
        return words.labelTotals(shares.multiplied(row: alphas(pass))).logSoftmax()
    }

    /// The softmax of each label's weights, `[words]`.
    private func alphas(_ pass: Pass) -> Tensor {
        let row = pass[weight].reshaped([1, words.words.count])
        return Tensor.joinColumns(words.wordsOfLabel.map { row.columns($0).logSoftmax().applying(.exp) })
            .reshaped([words.words.count])
    }
}

extension EncodedVerbalizer {
    /// The mean of each word's tokens' scores at the answer, `[prompts, words]`; natural log, not normalised.
    ///
    /// - Parameter hidden: `[prompts, D]`, the states at the answer.
    func slotScores(_ hidden: Tensor, _ model: any LanguageModel, _ pass: Pass) -> Tensor {
        let tokens = Array(Set(words.flatMap(\.tokens))).sorted()
        let scores = model.scores(hidden, vocabulary: tokens, pass)
        guard words.map(\.tokens) != tokens.map({ [$0] }) else { return scores }
        let place = Dictionary(uniqueKeysWithValues: zip(tokens, tokens.indices))
        return scores.matmul(means(tokens.count, on: hidden.backend) { place[$0] ?? 0 })
    }

    /// A matrix `[words, columns]` whose rows are the means of each word's tokens.
    private func means(_ columns: Int, on backend: any Backend, _ place: (Int32) -> Int) -> Tensor {
        var shares = [Float](repeating: 0, count: words.count * columns)
        for (word, entry) in words.enumerated() {
            for token in entry.tokens {
                shares[word * columns + place(token)] += 1 / Float(entry.tokens.count)
            }
        }
        return Tensor(shares, shape: [words.count, columns], on: backend)
    }

    /// The sum over each label's words, `[prompts, labels]`.
    fileprivate func labelTotals(_ scores: Tensor) -> Tensor {
        var members = [Float](repeating: 0, count: labels.count * words.count)
        for (label, range) in wordsOfLabel.enumerated() {
            for word in range { members[label * words.count + word] = 1 }
        }
        return scores.matmul(Tensor(members, shape: [labels.count, words.count], on: scores.backend))
    }
}
