/// How often each label was answered for each label that was right.
public struct ConfusionMatrix: Hashable, Codable, Sendable {
    /// The labels, in the order of rows and columns.
    public let labels: [String]
    /// `[labels, labels + 1]`: a row a right label, a column an answer; the last column counts answers that are no label.
    public private(set) var counts: [[Int]]

    /// Counts answers.
    ///
    /// - Throws: ``DatasetError/lengthsDiffer(what:first:second:)``, or ``DatasetError/unscorable(metric:row:reason:)``
    ///   for a right label that is not among `labels`.
    public init(predicted: [String], expected: [String], labels: [String]) throws(DatasetError) {
        guard predicted.count == expected.count else {
            throw .lengthsDiffer(
                what: "answers and right labels", first: predicted.count, second: expected.count)
        }
        self.labels = labels
        counts = Array(repeating: Array(repeating: 0, count: labels.count + 1), count: labels.count)
        let places = LabelPlaces(labels)
        for (row, (answer, right)) in zip(predicted, expected).enumerated() {
            guard let place = places[right] else {
                throw .unscorable(metric: "a confusion matrix", row: row, reason: "'\(right)' is no label")
            }
            counts[place][places[answer] ?? labels.count] += 1
        }
    }

    /// Counts that were summed elsewhere: `cells[row * (labels + 1) + column]`.
    init(cells: [Double], labels: [String]) {
        self.labels = labels
        let width = labels.count + 1
        counts = labels.indices.map { row in (0..<width).map { Int(cells[row * width + $0]) } }
    }

    /// How many rows were counted.
    public var total: Int { counts.joined().reduce(0, +) }

    /// Right answers of all; 0 for no rows.
    public var accuracy: Double {
        total == 0 ? 0 : Double(labels.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(total)
    }

    /// How many rows the label is right for.
    public func support(_ label: Int) -> Int { counts[label].reduce(0, +) }

    /// How often the label was answered.
    public func answered(_ label: Int) -> Int { counts.reduce(0) { $0 + $1[label] } }

    /// The share of the label's answers that were right; 0 if it was never answered.
    public func precision(_ label: Int) -> Double { ratio(counts[label][label], answered(label)) }

    /// The share of the label's rows that were found; 0 if it has none.
    public func recall(_ label: Int) -> Double { ratio(counts[label][label], support(label)) }

    /// The harmonic mean of precision and recall; 0 if the label neither occurs nor was answered.
    public func f1(_ label: Int) -> Double {
        ratio(2 * counts[label][label], answered(label) + support(label))
    }

    /// The mean F1 of all labels, those that never occur included.
    public var macroF1: Double {
        labels.isEmpty ? 0 : labels.indices.reduce(0) { $0 + f1($1) } / Double(labels.count)
    }

    /// Matthews' correlation for any number of labels (Gorodkin 2004); answers that are no label are a class
    /// of their own.
    ///
    /// 0 where all rows or all answers are of one label.
    public var matthews: Double {
        let right = labels.indices.map { Double(support($0)) } + [0]
        let answers = (0...labels.count).map { Double(answered($0)) }
        let size = Double(total)
        let hits = Double(labels.indices.reduce(0) { $0 + counts[$1][$1] })
        let covariance = hits * size - zip(right, answers).reduce(0) { $0 + $1.0 * $1.1 }
        let spreadOfRight = size * size - right.reduce(0) { $0 + $1 * $1 }
        let spreadOfAnswers = size * size - answers.reduce(0) { $0 + $1 * $1 }
        let spread = (spreadOfRight * spreadOfAnswers).squareRoot()
        return spread == 0 ? 0 : covariance / spread
    }

    private func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}

/// The place of each label in an order.
struct LabelPlaces {
    private let places: [String: Int]

    init(_ labels: [String]) {
        places = Dictionary(labels.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(label: String) -> Int? { places[label] }
}
