internal import Datasets
internal import Layers
internal import Models
internal import Tensors
internal import Training

/// The train rows as prompts, in a new order every epoch; where demonstrations are shown, each row behind a set that is drawn
/// anew each step (LM-BFF, Gao et al. 2021, §5.1).
enum LessonBatches: BatchSource {
    case plain(ShuffledBatches<LabelledPrompt>)
    case demonstrated(ShuffledBatches<Row>, SetEncoder, seed: UInt64)

    /// A row that gets its demonstrations later.
    struct Row: Sendable {
        var example: Example
        var label: Int32
        var vector: [Float]?
    }

    /// - Parameters:
    ///   - setup: words, encoder and demonstrations.
    ///   - train: the rows.
    ///   - learning: the batch and the seed.
    ///   - read: reads what nothing trained reaches once for all epochs.
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` where there are no rows.
    init(
        _ setup: PromptSetup, _ train: Dataset, _ learning: LearningSettings,
        _ read: ([LabelledPrompt]) throws -> [LabelledPrompt]
    ) throws {
        let prompts = try setup.prompts(train)
        guard !prompts.isEmpty else {
            throw PromptError.badSetting(name: "the number of train rows", value: "0", allowed: "at least 1")
        }
        let size = min(learning.batch, prompts.count)
        guard let sets = setup.demonstrations else {
            self = .plain(
                ShuffledBatches(try read(prompts), size: size, seed: learning.seed))
            return
        }
        let examples = train.examples.filter { $0.label != nil }
        let vectors = try sets.vectors(of: examples)
        let rows = examples.enumerated().map { index, example in
            Row(example: example, label: prompts[index].label, vector: vectors?[index])
        }
        self = .demonstrated(
            ShuffledBatches(rows, size: size, seed: learning.seed), sets, seed: learning.seed)
    }

    func batch(_ index: Int) throws -> [LabelledPrompt] {
        switch self {
        case .plain(let batches): return batches.batch(index)
        case .demonstrated(let batches, let sets, let seed):
            var random = CounterRandom(seed: seed, stream: (1 << 32) + UInt64(index))
            return try batches.batch(index).map { row in
                LabelledPrompt(
                    prompt: try sets.encode(row.example, vector: row.vector, &random), label: row.label)
            }
        }
    }
}

/// The dev rows as prompts; where demonstrations are shown, each behind a few sets, whose scores are averaged.
struct DevRows {
    private let prompts: [LabelledPrompt]
    /// How many prompts stand for one row.
    private let setsARow: Int
    /// A look at the dev rows takes so many sets at most: it is made often.
    private static let setLimit = 4

    init(
        _ setup: PromptSetup, _ dev: Dataset, _ read: ([LabelledPrompt]) throws -> [LabelledPrompt]
    ) throws {
        let bare = try setup.prompts(dev)
        guard let sets = setup.demonstrations else {
            (prompts, setsARow) = (try read(bare), 1)
            return
        }
        let examples = dev.examples.filter { $0.label != nil }
        let vectors = try sets.vectors(of: examples)
        let shown = try examples.enumerated().map { index, example in
            try sets.inUse(example, vector: vectors?[index]).prefix(Self.setLimit).map {
                LabelledPrompt(prompt: $0, label: bare[index].label)
            }
        }
        (prompts, setsARow) = (shown.flatMap { $0 }, shown.first?.count ?? 1)
    }

    /// The share of rows that are answered right, plus a millionth of their mean log-probability to order
    /// equals; and the answers.
    func score(_ objective: AnswerObjective, _ weights: NamedTensors) throws -> (
        score: Double, predicted: [Int]
    ) {
        try objective.score(prompts, weights, setsARow: setsARow)
    }
}

extension AnswerObjective {
    /// The share of rows that are answered right, plus a millionth of their mean log-probability to order
    /// equals; and the answers.
    ///
    /// - Parameter setsARow: so many prompts in a row are one row's, whose scores are averaged.
    func score(_ dev: [LabelledPrompt], _ weights: NamedTensors, setsARow: Int = 1) throws -> (
        score: Double, predicted: [Int]
    ) {
        var (right, likelihood, predicted) = (0, 0.0, [Int]())
        for start in stride(from: 0, to: dev.count, by: 32 * setsARow) {
            let batch = Array(dev[start..<min(start + 32 * setsARow, dev.count)])
            let logits = try answers(batch, weights).averaged(each: setsARow)
            let (values, width) = (logits.floats, logits.shape.width)
            for place in 0..<logits.shape.rows {
                let row = values[place * width..<(place + 1) * width]
                let label = Int(batch[place * setsARow].label)
                let best = row.indices.reduce(row.startIndex) { row[$1] > row[$0] ? $1 : $0 } - row.startIndex
                right += best == label ? 1 : 0
                likelihood += Double(row[row.startIndex + label])
                predicted.append(best)
            }
        }
        let count = Double(max(1, predicted.count))
        return (Double(right) / count + 1e-6 * likelihood / count, predicted)
    }
}

extension Tensor {
    /// The log-softmax of the mean of each so many rows of log-probabilities.
    fileprivate func averaged(each count: Int) -> Tensor {
        guard count > 1 else { return self }
        let groups = shape.rows / count
        var shares = [Float](repeating: 0, count: groups * shape.rows)
        for row in 0..<shape.rows { shares[row / count * shape.rows + row] = 1 / Float(count) }
        return Tensor(shares, shape: [groups, shape.rows], on: backend).matmul(transposed()).logSoftmax()
    }
}
