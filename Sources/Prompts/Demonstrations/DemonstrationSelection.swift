import Datasets

/// Which examples of a pool are shown.
///
/// A draw of more examples starts with the draw of fewer, seed for seed.
public enum DemonstrationSelection: String, CaseIterable, Codable, Sendable {
    /// Any, each equally likely; the seed decides.
    case random
    /// As many of each label, the labels by turns in an order that the seed decides.
    case balanced
    /// For each question those whose texts are nearest to its own by the cosine of their vectors (KATE, Liu et
    /// al. 2022, §3). Only the fields that the template reads count, not its words and not the label.
    case nearest
    /// Examples far from each other: each is the one farthest from all before it (the greedy k-centre
    /// algorithm: Gonzalez 1985; Sener & Savarese 2018, algorithm 1). The seed decides the first. All
    /// questions are shown the same ones.
    case diverse
}

extension DemonstrationSelection {
    /// Draws places of the pool, the most useful first.
    ///
    /// ``nearest`` draws nothing here: its pool is asked anew for each question.
    /// - Parameters:
    ///   - count: how many; fewer where the pool has fewer.
    ///   - labels: the label of each example.
    ///   - seed: which draw.
    ///   - vectors: of unit length, one an example; ``diverse`` alone reads them.
    /// - Throws: ``DemonstrationError/labelWithoutExamples(_:)`` where a balanced draw is not possible.
    func drawn(
        _ count: Int, labels: [String], all: [String], seed: UInt64, vectors: [[Float]]?
    ) throws(DemonstrationError) -> [Int] {
        var random = SeededRandom(seed: seed)
        let places = Array(labels.indices)
        switch self {
        case .random: return Array(random.shuffled(places).prefix(count))
        case .nearest: return places
        case .balanced:
            let order = random.shuffled(all)
            var rows: [[Int]] = []
            for label in order {
                let own = random.shuffled(places.filter { labels[$0] == label })
                guard !own.isEmpty else { throw .labelWithoutExamples(label) }
                rows.append(own)
            }
            return Self.byTurns(rows, count)
        case .diverse:
            guard let vectors else { throw .needsVectors("--select diverse") }
            guard !places.isEmpty else { return [] }
            return Self.farthestFirst(vectors, from: random.below(places.count), count: count)
        }
    }

    /// One of each list in turn; a list that has run out is passed over.
    private static func byTurns(_ lists: [[Int]], _ count: Int) -> [Int] {
        let longest = lists.map(\.count).max() ?? 0
        let turns = (0..<longest).flatMap { turn in lists.compactMap { turn < $0.count ? $0[turn] : nil } }
        return Array(turns.prefix(count))
    }

    /// Each next one is farthest from its nearest predecessor; of equal ones the first.
    ///
    /// - Complexity: O(count · vectors).
    static func farthestFirst(_ vectors: [[Float]], from start: Int, count: Int) -> [Int] {
        var chosen: [Int] = []
        var nearness = [Float](repeating: -.infinity, count: vectors.count)
        var next = start
        while chosen.count < min(count, vectors.count) {
            chosen.append(next)
            for place in vectors.indices {
                nearness[place] = max(nearness[place], cosine(vectors[place], vectors[next]))
            }
            nearness[next] = .infinity
            next = nearness.indices.reduce(next) { nearness[$1] < nearness[$0] ? $1 : $0 }
        }
        return chosen
    }

    /// Places by falling similarity to a question; of equal ones the first.
    static func nearestFirst(to question: [Float], among places: [Int], _ vectors: [[Float]]) -> [Int] {
        let likeness = places.map { cosine(question, vectors[$0]) }
        return places.indices.sorted { (likeness[$1], $0) < (likeness[$0], $1) }.map { places[$0] }
    }
}

/// The cosine of two vectors of unit length.
func cosine(_ one: [Float], _ other: [Float]) -> Float {
    var sum: Float = 0
    for index in 0..<min(one.count, other.count) { sum += one[index] * other[index] }
    return sum
}
