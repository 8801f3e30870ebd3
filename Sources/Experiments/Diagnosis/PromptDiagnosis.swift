public import Datasets
internal import Foundation
internal import Layers
public import Models
public import Prompts
internal import Tensors

/// What a prompt does, shown by what it answers: which labels it leans to without any input, what each of its rows is
/// worth, whether words could take their place, and whether other seeds have learned the same.
public struct PromptDiagnosis: Codable, Sendable {
    /// The probability of a label where the input is empty.
    public struct Prior: Codable, Hashable, Sendable {
        /// The label.
        public var label: String
        /// With the prompt.
        public var probability: Double
        /// With the same template and without its soft rows; nil where it has none.
        public var withoutRows: Double?
    }

    /// What is left when a soft row is taken out.
    public struct Drop: Codable, Hashable, Sendable {
        /// The row, from 0.
        public var row: Int
        /// The metric without it.
        public var value: Double
        /// The share of rows that are answered otherwise without it.
        public var changedAnswers: Double
        /// The mean of how far the largest change of a label's probability goes.
        public var shift: Double
    }

    /// How much another prompt for the same task is like this one.
    public struct Agreement: Codable, Hashable, Sendable {
        /// The other prompt.
        public var prompt: String
        /// The share of rows that both answer the same; nil without rows.
        public var sameAnswers: Double?
        /// The mean cosine between rows at the same place; nil where the two do not have the same shape.
        public var cosine: Double?
    }

    /// What is answered to an empty input.
    public var priors: [Prior]
    /// The metric's name and its value on the rows; nil without rows.
    public var metric: String?
    /// The metric on the rows; nil without rows.
    public var value: Double?
    /// How many rows were answered.
    public var rows: Int
    /// The metric when every soft row is replaced by the nearest token's embedding.
    public var snapped: Double?
    /// What is left without each soft row; empty where none can be taken out alone.
    public var drops: [Drop]
    /// How much other prompts are like this one.
    public var agreements: [Agreement]

    /// Looks at a prompt.
    ///
    /// - Parameters:
    ///   - prompt: what is looked at.
    ///   - pretrained: its model.
    ///   - dataset: labelled rows that it answers; nil to look at nothing that needs any.
    ///   - others: prompts of other seeds.
    /// - Throws: what the predictor throws.
    public init(
        _ prompt: Prompt, _ pretrained: PretrainedModel, rows dataset: Dataset? = nil, others: [Prompt] = []
    ) throws {
        priors = try Self.priors(prompt, pretrained)
        rows = dataset?.examples.count ?? 0
        metric = dataset?.metric.name
        (drops, agreements) = ([], [])
        let answers = try dataset.map { try Self.answers(prompt, $0, pretrained) }
        if let dataset, let answers {
            value = try Evaluation(answers.map(\.label), to: dataset).value
            drops = try prompt.rowsToDrop.map { try Self.drop($0, prompt, answers, dataset, pretrained) }
            if let snapped = try prompt.snapped(pretrained) {
                self.snapped = try Evaluation(
                    Self.answers(snapped, dataset, pretrained).map(\.label), to: dataset
                ).value
            }
        }
        agreements = try others.map { other in
            let theirs = try dataset.map { try Self.answers(other, $0, pretrained) }
            let same = answers.flatMap { own in
                theirs.map { Double(zip(own, $0).count { $0.label == $1.label }) / Double(max(1, own.count)) }
            }
            return Agreement(prompt: other.id, sameAnswers: same, cosine: prompt.cosine(with: other))
        }
    }

    private static func answers(
        _ prompt: Prompt, _ dataset: Dataset, _ pretrained: PretrainedModel
    ) throws -> [Prediction] {
        try Predictor([prompt], pretrained).predict(dataset.examples, with: prompt.id)
    }

    private static func priors(_ prompt: Prompt, _ pretrained: PretrainedModel) throws -> [Prior] {
        let fields = prompt.manifest.template.fieldNames
        let empty = Example(fields: Dictionary(fields.map { ($0, "") }, uniquingKeysWith: { $1 }))
        func shares(_ prompt: Prompt) throws -> Prediction {
            try Predictor([prompt], pretrained).predict([empty], with: prompt.id)[0]
        }
        let own = try shares(prompt)
        let bare = try prompt.withoutRows.map(shares)
        return own.labels.indices.map { index in
            Prior(
                label: own.labels[index], probability: Double(own.probabilities[index]),
                withoutRows: bare.map { Double($0.probabilities[index]) })
        }
    }

    private static func drop(
        _ row: Int, _ prompt: Prompt, _ answers: [Prediction], _ dataset: Dataset,
        _ pretrained: PretrainedModel
    ) throws -> Drop {
        let without = try Self.answers(prompt.dropping(row: row), dataset, pretrained)
        let shifts = zip(answers, without).map { own, other in
            zip(own.probabilities, other.probabilities).map { Double(abs($0 - $1)) }.max() ?? 0
        }
        let count = Double(max(1, answers.count))
        return Drop(
            row: row, value: try Evaluation(without.map(\.label), to: dataset).value,
            changedAnswers: Double(zip(answers, without).count { $0.label != $1.label }) / count,
            shift: shifts.reduce(0, +) / count)
    }
}

extension Prompt {
    /// How many rows the template's only soft slot asks for by number; nil where a row cannot be taken out alone.
    private var slot: Int? {
        let slots = manifest.template.parts.compactMap { part -> SoftSlot? in
            guard case .soft(let slot) = part else { return nil }
            return slot
        }
        guard slots.count == 1, case .definition(.count(let count), _) = slots[0],
            softRows?.shape.rows == count
        else { return nil }
        return count
    }

    /// The soft rows that can be taken out one by one; none where the template shares or repeats them.
    var rowsToDrop: Range<Int> { slot.map { $0 > 1 ? 0..<$0 : 0..<0 } ?? 0..<0 }

    /// The prompt without one of its soft rows.
    func dropping(row: Int) throws -> Prompt {
        guard let slot, let soft = softRows else { return self }
        var copy = self
        let (values, width) = (soft.floats, soft.shape.width)
        let kept = Array(values[..<(row * width)] + values[((row + 1) * width)...])
        copy.replaceSoftRows(Tensor(kept, shape: [slot - 1, width], on: soft.backend))
        copy.manifest.template = try manifest.template.withSoftRows(slot - 1)
        return copy
    }

    /// The prompt with each soft row replaced by the embedding that points most nearly the same way, as long as it is;
    /// nil where there are no soft rows.
    func snapped(_ pretrained: PretrainedModel) throws -> Prompt? {
        guard let soft = softRows else { return nil }
        let tokens = try VocabularyNeighbours(pretrained).rows(soft, of: id).map {
            $0.nearest.first?.token ?? 0
        }
        var copy = self
        copy.replaceSoftRows(pretrained.model.embed(tokens, .inference(pretrained.weights)))
        return copy
    }

    /// The same template without its soft slots; nil where it has none, or where the model itself was tuned too.
    var withoutRows: Prompt? {
        guard manifest.template.hasSoftRows, let template = try? manifest.template.withoutSoftSlots() else {
            return nil
        }
        var copy = self
        (copy.manifest.template, copy.manifest.name) = (template, manifest.name + " without rows")
        copy.tensors = tensors.filter { $0 != SoftPrompt.parameterName }
        copy.forgetCompiled()
        return copy
    }

    private mutating func replaceSoftRows(_ rows: Tensor) {
        tensors[SoftPrompt.parameterName] = rows
        forgetCompiled()
    }

    /// What was computed of the old rows, and what proved them sound, is of no use to the new ones.
    private mutating func forgetCompiled() {
        self = Prompt(manifest: manifest, tensors: tensors)
        (manifest.probe, manifest.tensorHash) = ([], nil)
    }

    /// The mean cosine between rows at the same place of two prompts; nil where their shapes differ.
    func cosine(with other: Prompt) -> Double? {
        guard let own = softRows, let theirs = other.softRows, own.shape == theirs.shape else { return nil }
        let (left, right, width) = (own.floats, theirs.floats, own.shape.width)
        let cosines = (0..<own.shape.rows).map { row -> Double in
            let (one, two) = (left[row * width..<(row + 1) * width], right[row * width..<(row + 1) * width])
            let product = zip(one, two).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            return product / max(one.norm * two.norm, .leastNormalMagnitude)
        }
        return cosines.mean
    }
}
