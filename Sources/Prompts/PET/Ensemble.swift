internal import Foundation

/// How much each model of an ensemble counts.
public enum EnsembleWeighting: String, Codable, Sendable, CaseIterable {
    /// Each as much as the others.
    case uniform
    /// By its accuracy on the train rows before it was trained on them.
    case weighted
}

/// What one trained model says of the unlabelled and the test rows.
package struct EnsembleMember: Sendable, Hashable {
    /// Which pattern it was trained with.
    package var pattern: Int
    package var seed: UInt64
    /// The accuracy of the pattern on the train rows before training.
    package var accuracyBefore: Double
    /// For each unlabelled row the scores of the labels.
    package var unlabelled: [[Float]]
    /// For each test row the scores of the labels.
    package var test: [[Float]]

    package init(
        pattern: Int, seed: UInt64, accuracyBefore: Double, unlabelled: [[Float]], test: [[Float]]
    ) {
        self.pattern = pattern
        self.seed = seed
        self.accuracyBefore = accuracyBefore
        self.unlabelled = unlabelled
        self.test = test
    }
}

extension EnsembleWeighting {
    /// The averaged scores of rows: scores are averaged and not probabilities (PET's code).
    ///
    /// Members that were all wrong before training count the same, since their weights say nothing.
    package func average(_ members: [EnsembleMember], _ rows: (EnsembleMember) -> [[Float]]) -> [[Float]] {
        guard let first = members.first else { return [] }
        var weights = members.map { self == .uniform ? 1 : Float($0.accuracyBefore) }
        if weights.allSatisfy({ $0 == 0 }) { weights = weights.map { _ in 1 } }
        let total = weights.reduce(0, +)
        var sums = rows(first).map { $0.map { _ in Float(0) } }
        for (member, weight) in zip(members, weights) {
            for (row, scores) in rows(member).enumerated() {
                for (label, score) in scores.enumerated() { sums[row][label] += weight * score / total }
            }
        }
        return sums
    }
}

/// How many rows each generation of iPET learns from, and which (Schick & Schütze 2021, §3.4).
public struct GenerationSampling: Codable, Hashable, Sendable {
    /// How much larger each generation's set is than the one before.
    public var growth = 5
    /// What share of the other models annotates a model's new rows.
    public var share = 0.25

    /// The paper's numbers.
    public init() {}

    /// How many generations follow the first, so that the last learns from at least `target` rows.
    public func generations(from rows: Int, to target: Int = 1000) -> Int {
        var (count, size) = (0, max(1, rows))
        while size < target {
            size *= max(2, growth)
            count += 1
        }
        return count
    }

    /// How many rows a generation learns from, counted from 1; labelled ones included.
    public func size(of generation: Int, from rows: Int) -> Int {
        (0..<generation).reduce(rows) { size, _ in size * max(2, growth) }
    }

    /// How many new rows of each label a generation gets, in the train rows' own proportion.
    public func newRows(of generation: Int, trainCounts: [Int]) -> [Int] {
        let total = trainCounts.reduce(0, +)
        let new = size(of: generation, from: total) - total
        return trainCounts.map { $0 * new / max(1, total) }
    }

    /// Which of the other models annotate for one: at random, at least one where there is one.
    package func annotators(of member: Int, count: Int, _ random: inout some RandomNumberGenerator) -> [Int] {
        let others = (0..<count).filter { $0 != member }
        let size = min(others.count, max(1, Int((share * Double(others.count)).rounded())))
        // By random keys: the standard library may change how it shuffles.
        let keyed = others.map { (key: random.next(), member: $0) }.sorted { $0.key < $1.key }
        return keyed.prefix(size).map(\.member).sorted()
    }

    /// New rows for each label: drawn without replacement, a row's chance being its largest probability.
    ///
    /// Fewer rows than wanted are taken as often as it needs, as the reference does; a label that no row is
    /// predicted as gets none (the reference draws for it without end).
    /// - Returns: rows with their labels, and the labels that got none though they should.
    package func sample(_ scores: [[Float]], _ counts: [Int], _ random: inout some RandomNumberGenerator) -> (
        rows: [(row: Int, label: Int)], missing: [Int]
    ) {
        let shares = scores.map { softmax($0) }
        let best = shares.map { row in row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } }
        var (rows, missing) = ([(row: Int, label: Int)](), [Int]())
        for (label, count) in counts.enumerated() where count > 0 {
            let candidates = best.indices.filter { best[$0] == label }
            guard !candidates.isEmpty else {
                missing.append(label)
                continue
            }
            // The largest of u^(1/w) are a draw without replacement by weight (Efraimidis & Spirakis 2006).
            let keyed = candidates.map { row in
                (
                    row,
                    log(Double.random(in: .leastNonzeroMagnitude..<1, using: &random))
                        / Double(shares[row][label])
                )
            }.sorted { $0.1 > $1.1 }.map(\.0)
            rows += (0..<count).map { (keyed[$0 % keyed.count], label) }
        }
        return (rows, missing)
    }
}
