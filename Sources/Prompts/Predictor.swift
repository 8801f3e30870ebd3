public import Datasets
internal import Foundation
internal import Layers
public import Models
internal import Tensors

/// The answer to one example.
public struct Prediction: Sendable, Codable, Hashable {
    /// The most likely label.
    public var label: String
    /// The probability of each label among the labels, in the verbalizer's order.
    public var probabilities: [Float]
    /// The labels, in that order.
    public var labels: [String]
    /// How many tokens of the example's fields were cut to fit.
    public var tokensCut: Int
}

/// Answers examples with prompts over one frozen model.
///
/// Every prompt is checked against the model once, when the predictor is made. Rows are sorted by length,
/// packed without padding, and what prompts start with is read once a batch.
public struct Predictor: Sendable {
    private struct Loaded: Sendable {
        var prompt: Prompt
        var encoder: PromptEncoder
        var scorer: AnswerScorer
    }

    /// The model that answers.
    public let pretrained: PretrainedModel
    private let loaded: [Prompt.ID: Loaded]
    /// How many rows are computed together; memory grows with it.
    private static let rowsABatch = 768

    /// Prepares prompts for a model.
    ///
    /// - Throws: ``PromptError`` if a prompt belongs to another model or tokenizer, or its rows do not fit;
    ///   ``TemplateError`` and ``VerbalizerError`` if its text does not.
    public init(_ prompts: [Prompt], _ pretrained: PretrainedModel) throws {
        self.pretrained = pretrained
        var loaded: [Prompt.ID: Loaded] = [:]
        for prompt in prompts {
            guard loaded[prompt.id] == nil else {
                throw PromptError.badSetting(
                    name: "the name of two prompts", value: "'\(prompt.id)'", allowed: "one prompt's only")
            }
            loaded[prompt.id] = try Self.load(prompt, pretrained)
        }
        self.loaded = loaded
    }

    private static func load(_ prompt: Prompt, _ pretrained: PretrainedModel) throws -> Loaded {
        let manifest = prompt.manifest
        try pretrained.check(manifest)
        let words = try EncodedVerbalizer(
            manifest.verbalizer, behind: manifest.template, pretrained.tokenizer, kind: .causal)
        let encoder = try PromptEncoder(
            manifest.template, pretrained.tokenizer,
            limit: min(manifest.limit, pretrained.model.traits.contextLength),
            kind: .causal, longestAnswer: words.longestAnswer, shortening: manifest.shortening)
        let needed: Shape = [encoder.softLayout.rowCount, pretrained.model.traits.width]
        if let rows = prompt.softRows, rows.shape != needed {
            throw PromptError.wrongShape(prompt: prompt.id, expected: "\(needed)", found: "\(rows.shape)")
        }
        if prompt.softRows == nil, encoder.softLayout.rowCount > 0 {
            throw PromptError.wrongShape(prompt: prompt.id, expected: "\(needed)", found: "absent")
        }
        return Loaded(prompt: prompt, encoder: encoder, scorer: AnswerScorer(pretrained.model, words))
    }

    /// Answers examples, in their order.
    ///
    /// - Parameters:
    ///   - examples: what is asked.
    ///   - id: the prompt that is to answer.
    ///   - progress: called with the number of rows answered so far.
    /// - Throws: ``PromptError/unknownPrompt(_:known:)``; ``TemplateError`` for an example that lacks a field
    ///   or cannot fit; ``VerbalizerError`` where the prompt's rule cannot score its words;
    ///   `CancellationError`.
    public func predict(
        _ examples: [Example], with id: Prompt.ID, progress: (Int) -> Void = { _ in }
    ) throws -> [Prediction] {
        guard let entry = loaded[id] else {
            throw PromptError.unknownPrompt(id, known: loaded.keys.sorted())
        }
        let prompts = try examples.map { try entry.encoder.encode($0) }
        let order = prompts.indices.sorted { prompts[$0].before.count < prompts[$1].before.count }
        var predictions = [Prediction?](repeating: nil, count: examples.count)
        var (start, done) = (0, 0)
        while start < order.count {
            try Task.checkCancellation()
            let end = Self.end(of: order, from: start) { entry.scorer.rowCount(prompts[$0]) }
            let batch = order[start..<end].map { prompts[$0] }
            for (index, probabilities) in zip(order[start..<end], try probabilities(batch, entry)) {
                predictions[index] = Self.prediction(probabilities, entry, prompts[index])
            }
            done += end - start
            progress(done)
            start = end
        }
        return predictions.compactMap { $0 }
    }

    /// The probabilities of the labels for each prompt.
    private func probabilities(_ batch: [EncodedPrompt], _ entry: Loaded) throws -> [[Float]] {
        let pass = Pass.inference(pretrained.weights)
        guard entry.prompt.manifest.rule == .sum else {
            let scores = entry.scorer.answerScores(batch, soft: entry.prompt.softRows, pass)
            return try scores.map {
                try entry.prompt.manifest.rule.scores($0, entry.scorer.words).probabilities
            }
        }
        let words = entry.scorer.wordScores(batch, soft: entry.prompt.softRows, pass)
        let labels = entry.scorer.words.labelLogProbabilities(words)
        let values = labels.applying(.exp).floats
        return batch.indices.map { Array(values[$0 * labels.shape.width..<($0 + 1) * labels.shape.width]) }
    }

    private static func prediction(_ probabilities: [Float], _ entry: Loaded, _ prompt: EncodedPrompt)
        -> Prediction
    {
        let labels = entry.scorer.words.labels
        let best = probabilities.indices.reduce(0) { probabilities[$1] > probabilities[$0] ? $1 : $0 }
        return Prediction(
            label: labels[best], probabilities: probabilities, labels: labels,
            tokensCut: prompt.cuts.reduce(0) { $0 + $1.cut })
    }

    /// Where a batch that starts at `start` ends: when its rows are enough.
    private static func end(of order: [Int], from start: Int, rowsOf: (Int) -> Int) -> Int {
        var (end, rows) = (start, 0)
        while end < order.count, end == start || rows + rowsOf(order[end]) <= rowsABatch {
            rows += rowsOf(order[end])
            end += 1
        }
        return end
    }
}
