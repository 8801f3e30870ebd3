internal import Foundation

/// How many rows each generation of iPET learns from, and which (Schick & Schütze 2021, §3.4).
public struct GenerationSampling: Codable, Hashable, Sendable {
    /// How much larger each generation's set is than the one before.
    public var growth = 5
    /// What share of the other models annotates a model's new rows.
    public var share = 0.25
    /// How many rows the first generation learns from where no row is labelled, the labels by equal shares.
    public var firstRows = 10
    /// From how many of each label's most probable rows these are drawn.
    public var mostProbable = 100

    /// The paper's numbers.
    public init() {}

    /// How many generations follow the first, so that the last learns from at least `target` rows.
    ///
    /// Without labelled rows one more: the first then only guesses.
    public func generations(from rows: Int, to target: Int = 1000) -> Int {
        if rows == 0 { return 1 + generations(from: max(1, firstRows), to: target) }
        var (count, size) = (0, max(1, rows))
        while size < target {
            size *= max(2, growth)
            count += 1
        }
        return count
    }

    /// How many rows a generation learns from, counted from 1; labelled ones included.
    public func size(of generation: Int, from rows: Int) -> Int {
        if rows == 0 { return generation == 0 ? 0 : size(of: generation - 1, from: max(1, firstRows)) }
        return (0..<generation).reduce(rows) { size, _ in size * max(2, growth) }
    }

    /// How many new rows of each label a generation gets, in the train rows' own proportion; without train rows as many
    /// of each label.
    public func newRows(of generation: Int, trainCounts: [Int]) -> [Int] {
        let total = trainCounts.reduce(0, +)
        if total == 0 {
            let first = max(1, firstRows / max(1, trainCounts.count))
            return trainCounts.map { _ in generation == 0 ? 0 : size(of: generation - 1, from: first) }
        }
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
    /// - Parameter mostProbable: draw each label's rows from so many that are the most probable for it, whatever they
    ///   are predicted as; nil for those that are predicted as it.
    /// - Returns: rows with their labels, and the labels that got none though they should.
    package func sample(
        _ scores: [[Float]], _ counts: [Int], mostProbable: Int? = nil,
        _ random: inout some RandomNumberGenerator
    ) -> (rows: [(row: Int, label: Int)], missing: [Int]) {
        let shares = scores.map { softmax($0) }
        let best = shares.map { row in row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } }
        var (rows, missing) = ([(row: Int, label: Int)](), [Int]())
        for (label, count) in counts.enumerated() where count > 0 {
            let candidates =
                mostProbable.map { limit in
                    best.indices.sorted { (shares[$1][label], $0) < (shares[$0][label], $1) }.prefix(limit)
                        .sorted()
                } ?? best.indices.filter { best[$0] == label }
            guard !candidates.isEmpty else {
                missing.append(label)
                continue
            }
            let order = Self.drawn(candidates, weights: { shares[$0][label] }, &random)
            rows += (0..<count).map { (order[$0 % order.count], label) }
        }
        return (rows, missing)
    }

    /// The largest of u^(1/w) are a draw without replacement by weight (Efraimidis & Spirakis 2006).
    private static func drawn(
        _ rows: [Int], weights: (Int) -> Float, _ random: inout some RandomNumberGenerator
    ) -> [Int] {
        rows.map { row in
            (row, log(Double.random(in: .leastNonzeroMagnitude..<1, using: &random)) / Double(weights(row)))
        }.sorted { $0.1 > $1.1 }.map(\.0)
    }
}
