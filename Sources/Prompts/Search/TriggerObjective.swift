package import Layers
package import Models
package import Tensors

/// How well trigger tokens make a model answer: the loss whose gradient proposes tokens, and the scores that choose
/// among them (Shin et al. 2020, §2.2).
package struct TriggerObjective: Sendable {
    /// The label words.
    package let words: EncodedVerbalizer
    private let pretrained: PretrainedModel
    private let scorer: any LabelScorer
    /// How many rows are computed together; memory grows with it.
    private static let rowsAWalk = 2048

    /// An objective of label words on a model.
    package init(_ pretrained: PretrainedModel, _ words: EncodedVerbalizer, masks: Int? = nil) {
        self.pretrained = pretrained
        self.words = words
        scorer = pretrained.model.scorer(words, masks: masks)
    }

    private var model: any LanguageModel { pretrained.model }

    /// Whether the answer is one token at one place, so that its probability among the whole vocabulary is at hand.
    private func isFlat(_ prompts: [EncodedPrompt]) -> Bool {
        words.trie.isFlat
            && prompts.allSatisfy { $0.readouts.count == 1 && ($0.kind == .masked || $0.after.isEmpty) }
    }

    /// Minus the mean log-probability of each prompt's own label, in nats.
    ///
    /// A label's probability is the sum of its words' among the whole vocabulary, as the paper has it. Where words
    /// have several tokens, or text follows on a causal model, it is their share among the labels' words.
    package func loss(_ batch: [LabelledPrompt], triggers: Tensor?, _ pass: Pass) throws -> Tensor {
        let prompts = batch.map(\.prompt)
        let (hidden, readings) = walk(prompts, triggers, pass)
        let labels =
            isFlat(prompts)
            ? words.labelSums(columns(of: model.scores(hidden, vocabulary: nil, pass).logSoftmax()))
            : try scorer.logProbabilities(hidden, readings, pass)
        return labels.picking(batch.map(\.label)).mean().scaled(by: -1)
    }

    /// The words' columns of the vocabulary's, `[prompts, words]`.
    private func columns(of logProbabilities: Tensor) -> Tensor {
        Tensor.joinColumns(
            words.words.map { word in
                logProbabilities.columns(Int(word.tokens[0])..<Int(word.tokens[0]) + 1)
            })
    }

    private func walk(_ prompts: [EncodedPrompt], _ triggers: Tensor?, _ pass: Pass) -> (
        hidden: Tensor, readings: [PackedPrompts.Reading]
    ) {
        let packed = PackedPrompts(
            prompts.map { scorer.request($0, owner: 0) }, sharesPrefix: model.traits.isCausal)
        return (model.hidden(packed.input(model, soft: triggers, pass), pass), packed.readings)
    }

    /// The gradient of the mean loss with respect to the embedded triggers, `[T, D]`: the mean over all examples,
    /// summed over nothing else.
    ///
    /// - Parameter batches: walked one by one; what is added up is that of one large batch.
    package func gradient(_ batches: [[LabelledPrompt]], at triggers: [Int32]) throws -> Tensor {
        let pass = Pass.inference(pretrained.weights)
        let rows = model.embed(triggers, pass)
        let total = batches.reduce(0) { $0 + $1.count }
        var sum = Tensor(repeating: 0, shape: rows.shape, on: rows.backend)
        for batch in batches where !batch.isEmpty {
            let tape = Tape()
            let loss = try loss(batch, triggers: tape.watch(rows, as: "triggers"), pass)
            guard let share = tape.gradients(of: loss)["triggers"] else { continue }
            sum = sum + share.scaled(by: Float(batch.count) / Float(max(1, total)))
        }
        return sum
    }

    /// How one example was answered.
    package struct Answer: Hashable, Sendable {
        /// Whether the likeliest label is the example's own.
        package let isRight: Bool
        /// The log-probability of the right label among the labels' words, in nats.
        package let logLikelihood: Double
    }

    /// What a set of triggers got on some examples.
    package struct Score: Hashable, Sendable {
        /// How many were answered right.
        package var right = 0
        /// The sum of the log-probability of the right label among the labels' words, in nats.
        package var logLikelihood = 0.0
        /// Of how many.
        package var count = 0

        /// So many answers more.
        mutating func add(_ answers: [Answer]) {
            for answer in answers {
                right += answer.isRight ? 1 : 0
                logLikelihood += answer.logLikelihood
            }
            count += answers.count
        }
    }

    /// The score of a set of triggers on examples.
    package func score(_ triggers: [Int32], on batch: [LabelledPrompt]) throws -> Score {
        var score = Score()
        score.add(try answers([triggers], on: batch)[0])
        return score
    }

    /// What several sets of triggers answer to the same examples: a list a set, in the order of the examples.
    ///
    /// All sets stand in the same walks: on a causal model what the prompts share in front of the trigger that
    /// differs is read once; on a masked model they are rows of one packed batch.
    package func answers(_ sets: [[Int32]], on batch: [LabelledPrompt]) throws -> [[Answer]] {
        var results = sets.map { _ in [Answer]() }
        let questions = batch.flatMap { item in
            sets.indices.map { (set: $0, prompt: item.prompt.filling(sets[$0]), label: Int(item.label)) }
        }
        var start = 0
        while start < questions.count {
            try Task.checkCancellation()
            var (end, rows) = (start, 0)
            while end < questions.count, end == start || rows <= Self.rowsAWalk {
                rows += scorer.rowCount(questions[end].prompt)
                end += 1
            }
            try add(questions[start..<end], to: &results)
            start = end
        }
        return results
    }

    private func add(
        _ questions: ArraySlice<(set: Int, prompt: EncodedPrompt, label: Int)>, to results: inout [[Answer]]
    ) throws {
        let pass = Pass.inference(pretrained.weights)
        let (hidden, readings) = walk(questions.map(\.prompt), nil, pass)
        let table = try scorer.logProbabilities(hidden, readings, pass)
        let (values, width) = (table.floats, table.shape.width)
        for (row, question) in questions.enumerated() {
            let own = values[row * width..<(row + 1) * width]
            let best = own.indices.reduce(own.startIndex) { own[$1] > own[$0] ? $1 : $0 } - own.startIndex
            results[question.set].append(
                Answer(
                    isRight: best == question.label,
                    logLikelihood: Double(own[own.startIndex + question.label])))
        }
    }
}
