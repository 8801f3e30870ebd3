public import Layers
public import Models
public import Tensors

/// How likely a causal model finds each answer of a verbalizer, prompt by prompt.
///
/// This is the pipeline's second step, the answer search over a closed set. An answer of several tokens, or one with
/// text behind it, is scored exactly: the sum of log p(token | everything before it) over the answer's tokens and,
/// where the slot is not at the end, over the text behind it (the likelihood of the whole filled text, up to the part
/// in front of the slot, which all answers share).
public struct AnswerScorer: Sendable {
    /// The words that are scored.
    public let words: EncodedVerbalizer
    private let model: any LanguageModel

    /// A scorer of a model and a verbalizer's words.
    public init(_ model: any LanguageModel, _ words: EncodedVerbalizer) {
        self.model = model
        self.words = words
    }

    /// Whether one row of scores says everything about a prompt: every word is one token and nothing follows it.
    func isFlat(_ prompts: [EncodedPrompt]) -> Bool {
        words.trie.isFlat && prompts.allSatisfy { $0.after.isEmpty }
    }

    /// The summed log-probability of every word behind every prompt, `[prompts, words]`, in nats.
    ///
    /// Where every word is one token and ends the text, a constant of each prompt is left out (the logarithm of the
    /// softmax's sum over the vocabulary, which all words share), and only the words' rows of the output matrix are
    /// read. Gradients flow to whatever the pass trains, and to `soft`.
    ///
    /// - Parameter soft: `[P, D]`, the rows of the prompts' soft slots.
    public func wordScores(_ prompts: [EncodedPrompt], soft: Tensor?, pasts: [KeyValues] = [], _ pass: Pass) -> Tensor {
        let packed = PackedPrompts(prompts.map(request))
        let hidden = model.hidden(packed.input(model, soft: soft, pass, pasts: pasts), pass)
        if isFlat(prompts) {
            return model.scores(hidden, vocabulary: words.words.map { $0.tokens[0] }, pass)
        }
        return Self.sums(packed, model.scores(hidden, vocabulary: nil, pass).logSoftmax())
    }

    /// The log-probability of every token of every word behind every prompt, over the whole vocabulary, in nats.
    public func answerScores(_ prompts: [EncodedPrompt], soft: Tensor?, pasts: [KeyValues] = [], _ pass: Pass)
        -> [AnswerScores]
    {
        let packed = PackedPrompts(prompts.map(request))
        let hidden = model.hidden(packed.input(model, soft: soft, pass, pasts: pasts), pass)
        let logits = model.scores(hidden, vocabulary: nil, pass).logSoftmax()
        let places = packed.steps.flatMap { $0.flatMap { $0 } }
        let values = Self.elements(places, of: logits).floats
        var next = values.makeIterator()
        return packed.steps.map { answers in
            AnswerScores(steps: answers.map { steps in steps.map { _ in next.next() ?? 0 } })
        }
    }

    private func request(_ prompt: EncodedPrompt) -> PackedPrompts.Request {
        PackedPrompts.Request(
            prompt: prompt.before, candidates: words.words.map { $0.tokens.map(PromptRow.token) + prompt.after })
    }

    /// Elements of a matrix, `[places]`.
    private static func elements(_ places: [PackedPrompts.Step], of matrix: Tensor) -> Tensor {
        let width = matrix.shape.width
        let flat = matrix.reshaped([matrix.shape.count, 1])
        return flat.rows(places.map { Int32($0.readout * width + Int($0.token)) }).reshaped([places.count])
    }

    /// The sum along each candidate's path, `[prompts, words]`.
    private static func sums(_ packed: PackedPrompts, _ logProbabilities: Tensor) -> Tensor {
        var places: [PackedPrompts.Step: Int] = [:]
        var order: [PackedPrompts.Step] = []
        for step in packed.steps.joined().joined() where places.updateValue(order.count, forKey: step) == nil {
            order.append(step)
        }
        for (index, step) in order.enumerated() { places[step] = index }
        let paths = packed.steps.joined().map { $0.compactMap { places[$0] } }
        var membership = [Float](repeating: 0, count: paths.count * order.count)
        for (path, members) in paths.enumerated() {
            for member in members { membership[path * order.count + member] = 1 }
        }
        let matrix = Tensor(membership, shape: [paths.count, order.count], on: logProbabilities.backend)
        let sums = elements(order, of: logProbabilities).reshaped([1, order.count]).matmul(matrix)
        return sums.reshaped([packed.steps.count, paths.count / max(1, packed.steps.count)])
    }
}

extension EncodedVerbalizer {
    /// The log-probability of each label among the labels, `[prompts, labels]`, from the summed log-probabilities of
    /// words: those of one label's words are added as probabilities.
    ///
    /// - Parameter scores: `[prompts, words]`, in nats; a constant a prompt may be missing.
    package func labelLogProbabilities(_ scores: Tensor) -> Tensor {
        let normalised = scores.logSoftmax()
        guard words.count > labels.count else { return normalised }
        var membership = [Float](repeating: 0, count: labels.count * words.count)
        for (label, range) in wordsOfLabel.enumerated() {
            for word in range { membership[label * words.count + word] = 1 }
        }
        let matrix = Tensor(membership, shape: [labels.count, words.count], on: scores.backend)
        // The floor keeps the logarithm finite where every word of a label has lost all its probability.
        return normalised.applying(.exp).matmul(matrix).scaled(by: 1, plus: 1e-30).applying(.log)
    }
}
