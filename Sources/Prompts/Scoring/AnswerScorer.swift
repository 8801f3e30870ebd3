public import Layers
public import Models
public import Tensors

/// How likely a causal model finds each answer of a verbalizer, prompt by prompt.
///
/// This is the pipeline's second step, the answer search over a closed set. An answer of several tokens, or
/// one with text behind it, is scored exactly: the sum of log p(token | everything before it) over the
/// answer's tokens and, where the slot is not at the end, over the text behind it (the likelihood of the
/// whole filled text, up to the part in front of the slot, which all answers share).
public struct AnswerScorer: Sendable {
    /// The words that are scored.
    public let words: EncodedVerbalizer
    private let model: any LanguageModel
    private let rule: ScoringRule
    private let neutral = NeutralScores()

    /// A scorer of a model and a verbalizer's words.
    public init(_ model: any LanguageModel, _ words: EncodedVerbalizer, rule: ScoringRule = .sum) {
        self.model = model
        self.words = words
        self.rule = rule
    }

    /// Whether one row of scores says everything about a prompt: every word is one token and nothing follows
    /// it.
    package func isFlat(_ prompts: [EncodedPrompt]) -> Bool {
        words.trie.isFlat && prompts.allSatisfy { $0.after.isEmpty }
    }

    /// The summed log-probability of every word behind every prompt, `[prompts, words]`, in nats.
    ///
    /// Where every word is one token and ends the text, a constant of each prompt is left out (the logarithm
    /// of the softmax's sum over the vocabulary, which all words share), and only the words' rows of the
    /// output matrix are read. Gradients flow to whatever the pass trains, and to `soft`.
    ///
    /// - Parameters:
    ///   - prompts: all of one template.
    ///   - soft: `[P, D]`, the rows of the prompts' soft slots.
    ///   - pasts: blocks that every prompt reads first.
    ///   - pass: the weights, and the tape where something is trained.
    public func wordScores(_ prompts: [EncodedPrompt], soft: Tensor?, pasts: [KeyValues] = [], _ pass: Pass)
        -> Tensor
    {
        let packed = PackedPrompts(prompts.map { request($0, owner: 0) })
        let hidden = model.hidden(packed.input(model, soft: soft, pass, pasts: pasts), pass)
        return wordScores(hidden, packed.readings, pass)
    }

    /// The log-probability of every token of every word behind every prompt, over the whole vocabulary, in
    /// nats.
    public func answerScores(_ prompts: [EncodedPrompt], soft: Tensor?, pasts: [KeyValues] = [], _ pass: Pass)
        -> [AnswerScores]
    {
        let packed = PackedPrompts(prompts.map { request($0, owner: 0) })
        let hidden = model.hidden(packed.input(model, soft: soft, pass, pasts: pasts), pass)
        return model.answerScores(hidden, packed.readings, pass)
    }

    /// The words' scores from hidden states; see ``wordScores(_:soft:pasts:_:)``.
    private func wordScores(_ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass) -> Tensor {
        if words.trie.isFlat, readings.allSatisfy({ $0.readouts.count == 1 }) {
            return model.scores(hidden, vocabulary: words.words.map { $0.tokens[0] }, pass)
        }
        return Self.sums(readings, model.scores(hidden, vocabulary: nil, pass).logSoftmax())
    }

    /// The sum along each candidate's path, `[prompts, words]`.
    ///
    /// Paths are filled up with a zero to the length of the longest, so that one product adds them all.
    static func sums(_ readings: [PackedPrompts.Reading], _ logProbabilities: Tensor) -> Tensor {
        let paths = readings.flatMap { reading in reading.steps.map { (reading, $0) } }
        let longest = paths.map(\.1.count).max() ?? 0
        let zero = Int32(logProbabilities.shape.count)
        let places = paths.flatMap { reading, path in
            path.map { index($0, reading, logProbabilities) }
                + [Int32](repeating: zero, count: longest - path.count)
        }
        let backend = logProbabilities.backend
        let tables = [column(of: logProbabilities), Tensor(repeating: 0, shape: [1, 1], on: backend)]
        let steps = Tensor.rows(places, of: tables).reshaped([paths.count, longest])
        return steps.matmul(Tensor(repeating: 1, shape: [1, longest], on: backend))
            .reshaped([readings.count, paths.count / max(1, readings.count)])
    }

    private static func column(of matrix: Tensor) -> Tensor { matrix.reshaped([matrix.shape.count, 1]) }

    private static func index(
        _ place: PackedPrompts.Step, _ reading: PackedPrompts.Reading, _ matrix: Tensor
    ) -> Int32 {
        Int32((reading.readouts.lowerBound + place.readout) * matrix.shape.width + Int(place.token))
    }
}

extension AnswerScorer: LabelScorer {
    package var labels: [String] { words.labels }

    package func request(_ prompt: EncodedPrompt, owner: Int) -> PackedPrompts.Request {
        PackedPrompts.Request(
            prompt: prompt.before,
            candidates: words.words.map { $0.tokens.map(PromptRow.token) + prompt.after }, owner: owner)
    }

    package func rowCount(_ prompt: EncodedPrompt) -> Int {
        let branches = words.trie.innerNodes.count - 1 + words.words.count * prompt.after.count
        return prompt.before.count + branches
    }

    /// By the scorer's rule; gradients flow where that is ``ScoringRule/sum``.
    package func logProbabilities(
        _ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass
    ) throws -> Tensor {
        guard rule != .sum else { return words.labelLogProbabilities(wordScores(hidden, readings, pass)) }
        return try table(model.answerScores(hidden, readings, pass), on: hidden.backend)
    }

    package func logProbabilities(
        _ hidden: Tensor, of prompts: [EncodedPrompt], _ readings: [PackedPrompts.Reading], _ pass: Pass
    ) throws -> Tensor {
        guard rule.needsNeutralText else { return try logProbabilities(hidden, readings, pass) }
        var answers = model.answerScores(hidden, readings, pass)
        let neutral = try neutralScores(prompts, pass)
        for index in answers.indices { answers[index].neutralSteps = neutral[prompts[index].neutral] }
        return try table(answers, on: hidden.backend)
    }

    private func table(_ answers: [AnswerScores], on backend: any Backend) throws -> Tensor {
        let scores = try answers.map { try rule.scores($0, words).scores }
        return Tensor(scores.flatMap { $0 }, shape: [scores.count, labels.count], on: backend).logSoftmax()
    }

    /// The words' steps behind each neutral text, each text read once.
    private func neutralScores(_ prompts: [EncodedPrompt], _ pass: Pass) throws -> [[PromptRow]: [[Float]]] {
        if prompts.contains(where: { !$0.after.isEmpty }) {
            throw VerbalizerError.ruleCannotScore(rule, reason: "text stands behind the slot")
        }
        return neutral.scores(Array(Set(prompts.map(\.neutral)))) { contexts in
            let packed = PackedPrompts(
                contexts.map { context in
                    .init(prompt: context, candidates: words.words.map { $0.tokens.map(PromptRow.token) })
                })
            let hidden = model.hidden(packed.input(model, soft: nil, pass), pass)
            return model.answerScores(hidden, packed.readings, pass).map(\.steps)
        }
    }
}

extension EncodedVerbalizer {
    /// The log-probability of each label among the labels, `[prompts, labels]`, from the summed
    /// log-probabilities of words: those of one label's words are added as probabilities.
    ///
    /// - Parameter scores: `[prompts, words]`, in nats; a constant a prompt may be missing.
    package func labelLogProbabilities(_ scores: Tensor) -> Tensor {
        labelSums(scores.logSoftmax())
    }

    /// The log of each label's summed word probabilities, `[prompts, labels]`.
    ///
    /// - Parameter scores: `[prompts, words]`, log-probabilities in nats.
    package func labelSums(_ scores: Tensor) -> Tensor {
        guard words.count > labels.count else { return scores }
        return Tensor.joinColumns(
            wordsOfLabel.map { range in
                let words = scores.columns(range)
                guard range.count > 1 else { return words }
                // log(p + q) = log p - log(p / (p + q)): finite, with a gradient, where p and q are both
                // tiny.
                return words.columns(0..<1) - words.logSoftmax().columns(0..<1)
            })
    }
}
