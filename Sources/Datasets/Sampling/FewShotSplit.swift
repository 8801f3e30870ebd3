/// A few rows of each label to learn from, and as many to choose by.
///
/// Unless the caller asks for more dev rows, the two sides have the same size, as in LM-BFF (Gao et al. 2021, §3): a larger dev set would be the better training
/// set. Rows that say the same are drawn once, so no text of train is in dev. With the same seed, the rows of a small
/// split are among those of a larger one, on either side, and rows of one label do not depend on the other labels.
public struct FewShotSplit: Sendable {
    /// The rows to learn from: `perLabel` of each label, the labels by turns.
    public let train: Dataset
    /// The rows to choose by, in the same order of labels.
    public let dev: Dataset
    /// The places of the train rows in the dataset.
    public let trainRows: [Int]
    /// The places of the dev rows in the dataset.
    public let devRows: [Int]
    /// How many rows of each label the train side has.
    public let perLabel: Int
    /// What the draw was made with.
    public let seed: UInt64

    /// Draws rows; the same arguments give the same rows on every machine.
    ///
    /// - Parameters:
    ///   - dataset: the rows to draw from; those without a label are left alone.
    ///   - perLabel: how many rows of each label either side gets.
    ///   - devPerLabel: how many rows of each label dev gets; nil for as many as train. More is no few-shot learning any
    ///     more, see ``devWarning``.
    ///   - seed: which draw.
    ///   - fields: the fields by which two rows say the same; nil compares all of them.
    /// - Throws: ``DatasetError/tooFewRows(label:found:needed:)`` for the first label that has fewer different rows than
    ///   both sides need, ``DatasetError/noLabels(dataset:)``, ``DatasetError/badCount(_:)``.
    public init(
        _ dataset: Dataset, perLabel: Int, devPerLabel: Int? = nil, seed: UInt64, fields: [String]? = nil,
    ) throws(DatasetError) {
        guard perLabel > 0 else { throw .badCount(perLabel) }
        let devPerLabel = devPerLabel ?? perLabel
        guard devPerLabel > 0 else { throw .badCount(devPerLabel) }
        let sum = perLabel.addingReportingOverflow(devPerLabel)
        let needed = sum.overflow ? Int.max : sum.partialValue
        guard !dataset.labels.isEmpty else { throw .noLabels(dataset: dataset.name) }
        let rowsOfLabel = Self.differentRows(dataset, fields: fields)
        var (train, dev): ([[Int]], [[Int]]) = ([], [])
        for label in dataset.labels {
            let rows = rowsOfLabel[label] ?? []
            guard rows.count >= needed else {
                throw .tooFewRows(label: label, found: rows.count, needed: needed)
            }
            var random = SeededRandom(seed: seed, stream: StableHash.of(label))
            let order = random.shuffled(rows)
            train.append(Array(order.prefix(perLabel)))
            dev.append(Array(order.suffix(devPerLabel).reversed()))
        }
        self.init(dataset, train: train, dev: dev, seed: seed)
    }

    /// What a reader of a result must know where the dev rows are more than the train rows; nil where they are not.
    public var devWarning: String? {
        guard dev.examples.count > train.examples.count else { return nil }
        return
            "the choice was made by \(dev.examples.count) dev rows, more than the \(train.examples.count) train rows: "
            + "this is not true few-shot learning (Perez et al. 2021), so say so beside the result"
    }

    /// Rows that the user has chosen; nothing is drawn.
    ///
    /// The dev part may have no rows, and then nothing is chosen by it.
    ///
    /// - Throws: ``DatasetError/noLabels(dataset:)`` where the train rows carry none.
    public init(train: Dataset, dev: Dataset, seed: UInt64 = 0) throws(DatasetError) {
        guard !train.labels.isEmpty else { throw .noLabels(dataset: train.name) }
        self.train = train
        self.dev = dev
        self.seed = seed
        trainRows = Array(train.examples.indices)
        devRows = Array(dev.examples.indices)
        let counts = Dictionary(grouping: train.examples.compactMap(\.label), by: { $0 }).mapValues(\.count)
        perLabel = train.labels.map { counts[$0] ?? 0 }.min() ?? 0
    }

    private init(_ dataset: Dataset, train: [[Int]], dev: [[Int]], seed: UInt64) {
        perLabel = train.first?.count ?? 0
        self.seed = seed
        trainRows = Self.byTurns(train)
        devRows = Self.byTurns(dev)
        self.train = Dataset(
            name: "\(dataset.name) train", of: dataset, examples: trainRows.map { dataset.examples[$0] })
        self.dev = Dataset(
            name: "\(dataset.name) dev", of: dataset, examples: devRows.map { dataset.examples[$0] })
    }

    private static func byTurns(_ rows: [[Int]]) -> [Int] {
        (0..<(rows.first?.count ?? 0)).flatMap { turn in rows.map { $0[turn] } }
    }

    private static func differentRows(_ dataset: Dataset, fields: [String]?) -> [String: [Int]] {
        var seen: Set<String> = []
        var rows: [String: [Int]] = [:]
        for (index, example) in dataset.examples.enumerated() {
            guard let label = example.label, seen.insert(TextKey.of(example, fields: fields)).inserted else {
                continue
            }
            rows[label, default: []].append(index)
        }
        return rows
    }
}
