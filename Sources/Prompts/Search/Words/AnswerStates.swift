internal import Datasets
internal import Layers
internal import Models
internal import Tensors
internal import Tokenizers

/// What a frozen model says at the answer of examples: the states and scores that searches of label words read.
///
/// The answer is one mask, or on a causal model what the row in front of it predicts. Soft slots are filled with the
/// mask, or with ` the` on a causal model, as AutoPrompt's triggers are at first (Shin et al. 2020, §2.3).
struct AnswerStates: Sendable {
    let pretrained: PretrainedModel
    private let encoder: PromptEncoder
    private let fillers: [Int32]
    private let kind: PromptKind
    /// How many examples are read together.
    private static let batch = 32

    /// - Throws: ``PromptError`` for a model without a head for words; ``TemplateError``.
    init(_ task: PromptTask, _ pretrained: PretrainedModel) throws {
        self.pretrained = pretrained
        kind = try pretrained.promptKind()
        encoder = try PromptEncoder(
            task.template, pretrained.tokenizer,
            limit: min(task.limit, pretrained.model.traits.contextLength), kind: kind,
            shortening: task.shortening)
        let neutral =
            pretrained.tokenizer.specialTokens.mask ?? pretrained.tokenizer.plainTokens(of: " the").first ?? 0
        fillers = [Int32](repeating: neutral, count: encoder.softLayout.rowCount)
    }

    /// The final hidden states at the answer, `[examples, D]`, a batch at a time, in order.
    func forEachBatch(_ examples: [Example], _ body: (Range<Int>, Tensor, Pass) throws -> Void) throws {
        let pass = Pass.inference(pretrained.weights)
        for start in stride(from: 0, to: examples.count, by: Self.batch) {
            try Task.checkCancellation()
            let range = start..<min(start + Self.batch, examples.count)
            let requests = try examples[range].map { example in
                let prompt = try encoder.encode(example).filling(fillers)
                return PackedPrompts.Request(
                    prompt: prompt.rows, question: .rows([prompt.readouts[0]]), separator: prompt.separator)
            }
            let packed = PackedPrompts(requests, sharesPrefix: kind == .causal)
            try body(
                range, pretrained.model.hidden(packed.input(pretrained.model, soft: nil, pass), pass), pass)
        }
    }

    /// The final hidden states at the answer, `[examples, D]`.
    func hidden(_ examples: [Example]) throws -> Tensor {
        var parts: [Tensor] = []
        try forEachBatch(examples) { _, hidden, _ in parts.append(hidden) }
        return Tensor.joinRows(parts)
    }

    /// The scores of some tokens at the answer, `[examples, tokens]`; natural log, not normalised.
    func scores(_ examples: [Example], of tokens: [Int32]) throws -> Tensor {
        var parts: [Tensor] = []
        try forEachBatch(examples) { _, hidden, pass in
            parts.append(pretrained.model.scores(hidden, vocabulary: tokens, pass))
        }
        return Tensor.joinRows(parts)
    }

    /// For each class the sum over its examples of what a batch's vocabulary scores `[n, V]` are made to, `[classes, V]`
    /// an entry of `tables`.
    ///
    /// - Parameters:
    ///   - shares: how much each example counts for each sum, `[sums][examples]`.
    ///   - tables: what is summed, from log-probabilities `[n, V]`.
    func sums(_ examples: [Example], shares: [[Float]], _ tables: (Tensor) -> [Tensor]) throws -> [Tensor] {
        var totals: [Tensor] = []
        try forEachBatch(examples) { range, hidden, pass in
            let logarithms = pretrained.model.scores(hidden, vocabulary: nil, pass).logSoftmax()
            let own = Tensor(
                shares.flatMap { $0[range] }, shape: [shares.count, range.count], on: hidden.backend)
            let parts = tables(logarithms).map { own.matmul($0.transposed()) }
            totals = totals.isEmpty ? parts : zip(totals, parts).map { $0 + $1 }
        }
        return totals
    }
}

extension Dataset {
    /// The index of each row's label.
    ///
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` where a row has none, or there are no rows.
    func labelIndices() throws -> [Int] {
        let indices = examples.compactMap { $0.label.flatMap(labels.firstIndex) }
        guard indices.count == examples.count, !indices.isEmpty else {
            throw PromptError.badSetting(
                name: "the train rows", value: "rows without labels", allowed: "rows that all have one")
        }
        return indices
    }
}
