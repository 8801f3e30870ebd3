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
    /// How many examples stood in front of the question.
    public var examplesShown = 0
    /// How many examples were left out so that the question fits.
    public var examplesDropped = 0
    /// Whether the prompt would rather not answer: the label is less probable than its ``Abstention`` asks.
    public var isWithheld = false
}

/// Answers examples with prompts over one frozen model.
///
/// Every prompt is prepared for the model once, when the predictor is made. Rows are sorted by length and packed
/// without padding; rows of one batch may use different prompts, of different methods and lengths, since a
/// prompt's rows are only rows and its blocks only blocks. What all of a prompt's questions start with (soft rows,
/// an instruction, examples) is computed once, ever; what some of them start with, once a batch.
public struct Predictor: Sendable {
    /// The model that answers.
    public let pretrained: PretrainedModel
    private let prepared: [Prompt.ID: PreparedPrompt]
    /// How many rows are computed together; memory grows with it.
    private static let rowsABatch = 768

    /// Prepares prompts for a model.
    ///
    /// - Parameters:
    ///   - prompts: the prompts, each of another name.
    ///   - pretrained: the model.
    ///   - vectorizer: compares questions with examples, for prompts that show each question its own; nil for the
    ///     model itself.
    /// - Throws: ``PromptError`` if a prompt belongs to another model or tokenizer, or its rows do not fit;
    ///   ``TemplateError`` and ``VerbalizerError`` if its text does not, ``DemonstrationError`` if its examples
    ///   do not.
    public init(
        _ prompts: [Prompt], _ pretrained: PretrainedModel, vectorizer: (any TextVectorizer)? = nil
    ) throws {
        self.pretrained = pretrained
        var prepared: [Prompt.ID: PreparedPrompt] = [:]
        for prompt in prompts {
            guard prepared[prompt.id] == nil else {
                throw PromptError.badSetting(
                    name: "the name of two prompts", value: "'\(prompt.id)'", allowed: "one prompt's only")
            }
            prepared[prompt.id] = try PreparedPrompt(prompt, pretrained, vectorizer: vectorizer)
        }
        self.prepared = prepared
    }

    /// Answers examples with one prompt, in their order; see ``predict(_:progress:)``.
    public func predict(
        _ examples: [Example], with id: Prompt.ID, progress: (Int) -> Void = { _ in }
    ) throws -> [Prediction] {
        _ = try prompt(id)
        return try predict(examples.map { ($0, id) }, progress: progress)
    }

    /// Answers examples, each with the prompt that is named beside it, in their order.
    ///
    /// Rows whose prompt brings model weights of its own are computed apart; all others share batches.
    /// - Parameters:
    ///   - questions: what is asked, and the prompt that is to answer.
    ///   - progress: called with the number of rows answered so far.
    /// - Throws: ``PromptError/unknownPrompt(_:known:)``; ``TemplateError`` for an example that lacks a field
    ///   or cannot fit; ``VerbalizerError`` where the prompt's rule cannot score its words;
    ///   `CancellationError`.
    public func predict(
        _ questions: [(Example, Prompt.ID)], progress: (Int) -> Void = { _ in }
    ) throws -> [Prediction] {
        let groups = try encoded(questions)
        let rows = groups.flatMap { $0 }
        let order = rows.indices.sorted { rows[$0].order < rows[$1].order }
        let sorted = order.map { rows[$0] }
        var shares = [[Float]](repeating: [], count: rows.count)
        var start = 0
        while start < order.count {
            try Task.checkCancellation()
            let end = Self.end(of: sorted, from: start)
            let batch = Array(sorted[start..<end])
            for (index, answer) in zip(order[start..<end], try answers(batch)) { shares[index] = answer }
            progress(end * groups.count / rows.count)
            start = end
        }
        var place = 0
        return groups.compactMap { group in
            defer { place += group.count }
            let own = Array(shares[place..<place + group.count])
            return group.first.map { $0.prompt.prediction(Self.averaged(own), $0.encoded) }
        }
    }

    /// The shares that the mean of the scores gives, of one question behind several sets of demonstrations.
    private static func averaged(_ shares: [[Float]]) -> [Float] {
        guard shares.count > 1, let first = shares.first else { return shares.first ?? [] }
        let count = Float(shares.count)
        return softmax(
            first.indices.map { label in
                shares.reduce(0) { $0 + LabelScores.log(max($1[label], .leastNormalMagnitude)) / count }
            })
    }

    /// Puts questions into their prompts; all that are compared with examples become vectors together.
    private func encoded(_ questions: [(Example, Prompt.ID)]) throws -> [[Row]] {
        var vectors: [Prompt.ID: [[Float]]] = [:]
        for (id, own) in Dictionary(grouping: questions, by: \.1) {
            vectors[id] = try prompt(id).questions.vectors(of: own.map(\.0))?.reversed()
        }
        return try questions.map { example, id in
            let prompt = try prompt(id)
            return try prompt.questions.encodeAll(example, vector: vectors[id]?.popLast()).map {
                Row(id: id, prompt: prompt, encoded: $0)
            }
        }
    }

    /// The labels of a prompt, in the order of its probabilities.
    func labels(of id: Prompt.ID) throws -> [String] { try prompt(id).scorer.labels }

    func prompt(_ id: Prompt.ID) throws -> PreparedPrompt {
        guard let prompt = prepared[id] else {
            throw PromptError.unknownPrompt(id, known: prepared.keys.sorted())
        }
        return prompt
    }

    /// An example in its prompt.
    private struct Row {
        var id: Prompt.ID
        var prompt: PreparedPrompt
        var encoded: EncodedPrompt
        /// Whether its first rows are those of the prompt's block.
        let usesFront: Bool

        init(id: Prompt.ID, prompt: PreparedPrompt, encoded: EncodedPrompt) {
            (self.id, self.prompt) = (id, prompt)
            usesFront = prompt.front?.starts(encoded) ?? false
            self.encoded = usesFront ? encoded.behind(prompt.front?.rows.count ?? 0) : encoded
        }

        /// Rows with the same prompt and the same block read the same tensors.
        var owner: Owner { Owner(id: id, usesFront: usesFront) }

        /// Rows that share a walk have the same weights, and need one walk only.
        var company: Prompt.ID { prompt.changesModel || prompt.scorer.needsSeveralWalks ? id : "" }
        var order: (Prompt.ID, Int) { (company, encoded.rows.count) }
    }

    /// Whose tensors a row reads.
    private struct Owner: Hashable {
        var id: Prompt.ID
        var usesFront: Bool
    }

    /// The labels' probabilities of rows that share one walk through the model.
    private func answers(_ batch: [Row]) throws -> [[Float]] {
        if let first = batch.first?.prompt, first.scorer.needsSeveralWalks {
            let table = try first.scorer.logProbabilities(
                batch.map(\.encoded), first.tensors(withFront: batch[0].usesFront, pretrained.model),
                .inference(first.weights)
            ).applying(.exp)
            return batch.indices.map { table.row($0) }
        }
        var owners: [(owner: Owner, prompt: PreparedPrompt)] = []
        var (places, members) = ([Owner: Int](), [[Int]]())
        for (place, row) in batch.enumerated() {
            if places[row.owner] == nil {
                places[row.owner] = owners.count
                owners.append((row.owner, row.prompt))
                members.append([])
            }
            members[places[row.owner] ?? 0].append(place)
        }
        let shared = Pass.inference(owners[0].prompt.weights)
        let model = pretrained.model
        let packed = PackedPrompts(
            batch.map { $0.prompt.scorer.request($0.encoded, owner: places[$0.owner] ?? 0) },
            sharesPrefix: model.traits.isCausal)
        let tensors = owners.map { $0.prompt.tensors(withFront: $0.owner.usesFront, model) }
        let hidden = model.hidden(packed.input(model, tensors, shared), shared)
        var answers = [[Float]](repeating: [], count: batch.count)
        for ((_, owner), places) in zip(owners, members) {
            let (part, pass) = (packed.part(places, of: hidden), Pass.inference(owner.weights))
            let table = try owner.scorer.logProbabilities(
                part.hidden, of: places.map { batch[$0].encoded }, part.readings, pass
            ).applying(.exp)
            for (row, place) in places.enumerated() { answers[place] = table.row(row) }
        }
        return answers
    }

    /// Where a batch that starts at `start` ends: when its rows are enough, or others need other weights.
    private static func end(of rows: [Row], from start: Int) -> Int {
        var (end, count) = (start, 0)
        while end < rows.count, rows[end].company == rows[start].company {
            count += rows[end].prompt.scorer.rowCount(rows[end].encoded)
            guard end == start || count <= rowsABatch else { break }
            end += 1
        }
        return end
    }
}

extension Tensor {
    /// The elements of one row.
    fileprivate func row(_ index: Int) -> [Float] { rows(index..<index + 1).floats }
}
