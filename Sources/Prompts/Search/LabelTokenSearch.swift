public import Datasets
internal import Layers
public import Models
package import Tensors
internal import Tokenizers
internal import Training

/// AutoPrompt's choice of label words, in two steps (Shin et al. 2020, §2.3).
///
/// First a logistic regression learns each label from the state at the answer, the triggers being masks still:
/// p(y | h) ∝ exp(h · y + β). Then every token is scored by what the regression says of its output embedding,
/// s(y, w) = p(y | w), and a label takes the tokens that it scores highest.
public struct LabelTokenSearch: Sendable {
    /// What a search is told; the numbers are the reference's.
    public struct Settings: Codable, Hashable, Sendable {
        /// How many words a label gets.
        public var wordsPerLabel = 3
        /// How often the regression sees all rows.
        public var epochs = 50
        /// How many rows a step of it learns from.
        public var batch = 32
        /// Adam's rate.
        public var rate: Float = 3e-4
        /// Which tokens may be words.
        public var filter = TriggerFilter()
        /// Decides the order of the rows.
        public var seed: UInt64 = 0

        /// The reference's numbers.
        public init() {}
    }

    /// A trained regression.
    package struct Regression: Sendable {
        /// `[labels, D]`.
        package var weight: Tensor
        /// `[labels]`.
        package var bias: Tensor

        package init(weight: Tensor, bias: Tensor) {
            self.weight = weight
            self.bias = bias
        }
    }

    private let settings: Settings

    /// A search with its settings.
    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// The words of each label, best first.
    ///
    /// Only tokens whose text is tokenized into themselves behind the template are taken, and no token twice.
    /// - Throws: ``PromptError`` for a model without a head for words or rows without labels.
    public func words(_ rows: Dataset, _ task: PromptTask, _ pretrained: PretrainedModel) throws -> Verbalizer
    {
        let labels = try rows.labelIndices()
        let answers = try AnswerStates(task, pretrained)
        let states = pretrained.model.outputStates(
            try answers.hidden(rows.examples), .inference(pretrained.weights))
        let learned = try regression(states, labels.map(Int32.init), count: rows.labels.count)
        var words = try WordCandidates(settings.filter, task.template, labels: rows.labels, pretrained)
        return try words.verbalizer(
            tokens(learned, pretrained), labels: rows.labels, wordsPerLabel: settings.wordsPerLabel)
    }

    /// Step one.
    package func regression(_ states: Tensor, _ labels: [Int32], count: Int) throws -> Regression {
        let goal = SoftmaxRegression(states: states, labels: labels, count: count)
        let rows = labels.indices.map { $0 }
        let batches = ShuffledBatches(rows, size: min(settings.batch, rows.count), seed: settings.seed)
        let plan = TrainingSettings(
            steps: settings.epochs * batches.batchesPerEpoch, optimizer: .adamW(AdamW.Settings(decay: 0)),
            rate: settings.rate, seed: settings.seed)
        let zero = Tensor(repeating: 0, shape: goal.weight.shape, on: states.backend)
        let flat = Tensor(repeating: 0, shape: goal.bias.shape, on: states.backend)
        var state = try TrainingState(
            training: NamedTensors([goal.weight.name: zero, goal.bias.name: flat]))
        // Balanced rows leave the biases where they are at first.
        _ = try Trainer(goal, plan, mayStartFlat: { _ in true })
            .run(&state, over: NamedTensors(), batches: batches)
        return Regression(
            weight: state.weights[goal.weight.name] ?? zero, bias: state.weights[goal.bias.name] ?? flat)
    }

    /// Step two: for each label all tokens that are text, by falling s(y, w); of equal ones the lower number first.
    package func tokens(_ regression: Regression, _ pretrained: PretrainedModel) -> [[Int32]] {
        let pass = Pass.inference(pretrained.weights)
        let (tokenizer, count) = (pretrained.tokenizer, regression.bias.shape.count)
        var scores = [[Float]](repeating: [], count: count)
        let size = tokenizer.vocabularySize
        for start in stride(from: 0, to: size, by: 8192) {
            let tokens = (start..<min(start + 8192, size)).map(Int32.init)
            let table = pretrained.model.outputRows(tokens, pass)
                .matmul(regression.weight, bias: regression.bias).logSoftmax()
            for label in 0..<count { scores[label] += table.columns(label..<label + 1).floats }
        }
        let special = tokenizer.specialTokens.all
        let plain = (0..<size).filter { !special.contains(Int32($0)) }
        return scores.map { own in
            plain.sorted { (own[$1], $0) < (own[$0], $1) }.map(Int32.init)
        }
    }
}

/// Cross-entropy of labels that a linear map reads off fixed states.
private struct SoftmaxRegression: Objective {
    let states: Tensor
    let labels: [Int32]
    let weight: Parameter
    let bias: Parameter

    init(states: Tensor, labels: [Int32], count: Int) {
        self.states = states
        self.labels = labels
        weight = Parameter(name: "regression.weight", shape: [count, states.shape.width])
        bias = Parameter(name: "regression.bias", shape: [count])
    }

    func loss(_ rows: [Int], _ pass: Pass) -> Tensor {
        states.rows(rows.map(Int32.init)).matmul(pass[weight], bias: pass[bias])
            .crossEntropy(rows.map { labels[$0] })
    }

    func weight(of rows: [Int]) -> Float { Float(rows.count) }
}
