public import Datasets
public import Models
internal import Tensors
internal import Tokenizers

/// LM-BFF's choice of label words (Gao, Fisch & Chen 2021, §4.1): likely words of each label, and of their combinations
/// those that answer best without training.
///
/// Where we differ: the paper fine-tunes the model with each of the best combinations and chooses by the dev rows; here
/// the choice is by the dev rows without training (or not by them at all). All combinations are tried where there are at
/// most ``Settings/combinations``; else each label brings fewer words. Equal combinations are ordered by how likely
/// their words are.
public struct LikelyWordSearch: Sendable {
    /// What a search is told.
    public struct Settings: Codable, Hashable, Sendable {
        /// How many likely words of each label are combined at most; the paper's k.
        public var candidates = 100
        /// How many combinations are kept by train accuracy, the paper's n.
        public var kept = 100
        /// Whether the best of these is chosen by accuracy on the dev rows.
        public var choosesByDev = false
        /// How many combinations are tried at most.
        public var combinations = 50_000
        /// Which tokens may be words.
        public var filter = TriggerFilter()

        /// The paper's numbers.
        public init() {}
    }

    /// One word a label, with what it got.
    package struct Combination: Hashable, Sendable {
        /// For each label the place of its word in its list.
        package var places: [Int]
        /// How many rows were answered right.
        package var right: Int
    }

    private let settings: Settings

    /// A search with its settings.
    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// A word for each label.
    ///
    /// - Throws: ``PromptError`` for a model without a head for words, rows without labels, or where no word is left.
    public func words(_ split: FewShotSplit, _ task: PromptTask, _ pretrained: PretrainedModel) throws
        -> Verbalizer
    {
        let (rows, states) = (split.train, try AnswerStates(task, pretrained))
        let labels = try rows.labelIndices()
        var words = try WordCandidates(settings.filter, task.template, labels: rows.labels, pretrained)
        let own = rows.labels.indices.map { label in labels.map { $0 == label ? Float(1) : 0 } }
        let sums = try states.sums(rows.examples, shares: own) { [$0] }[0]
        let size = pretrained.tokenizer.vocabularySize
        let width = Self.width(settings.candidates, labels: rows.labels.count, limit: settings.combinations)
        let lists = rows.labels.indices.map { label in
            words.first(
                width,
                of: sums.rows(label..<label + 1).floats.placesByFall.lazy.filter { $0 < size }.map(Int32.init)
            )
        }
        if let label = lists.firstIndex(where: \.isEmpty) {
            throw PromptError.noWordsLeft(
                label: rows.labels[label], reason: "no token of the vocabulary passes the filter")
        }
        var best = try ranked(rows, task, pretrained, lists: lists)
        guard !best.isEmpty else {
            throw PromptError.noWordsLeft(
                label: rows.labels[0], reason: "the labels have no words that differ from each other's")
        }
        if settings.choosesByDev, !split.dev.examples.isEmpty {
            let table = try Self.perLabel(
                states.scores(split.dev.examples, of: lists.flatMap { $0 }), lists.map(\.count))
            best = [Self.chosen(best, table, try split.dev.labelIndices())]
        }
        let chosen = best[0]
        return try Verbalizer(
            rows.labels.enumerated().map { label, name in
                let word = words.word(lists[label][chosen.places[label]]) ?? ""
                return Verbalizer.Entry(label: name, words: [word])
            })
    }

    /// The best combinations of these tokens by train accuracy, best first.
    package func ranked(
        _ rows: Dataset, _ task: PromptTask, _ pretrained: PretrainedModel, lists: [[Int32]]
    ) throws -> [Combination] {
        let table = try AnswerStates(task, pretrained).scores(rows.examples, of: lists.flatMap { $0 })
        return Self.combinations(
            Self.perLabel(table, lists.map(\.count)), try rows.labelIndices(), tokens: lists,
            keeping: max(1, settings.kept))
    }

    /// The combination that answers most dev rows right; of equal ones the first.
    ///
    /// - Parameters:
    ///   - combinations: best first by other rows.
    ///   - scores: `[label][row][word]`, logits of the dev rows.
    ///   - labels: of these rows.
    /// - Precondition: there are combinations.
    package static func chosen(_ combinations: [Combination], _ scores: [[[Float]]], _ labels: [Int])
        -> Combination
    {
        let right = combinations.map { Self.right($0.places, scores, labels) }
        return combinations[right.indices.reduce(0) { right[$1] > right[$0] ? $1 : $0 }]
    }

    /// How many words a label may bring so that all combinations are at most `limit`.
    package static func width(_ candidates: Int, labels: Int, limit: Int) -> Int {
        func isWithin(_ width: Int) -> Bool {
            var product = 1
            for _ in 0..<labels {
                product *= width
                if product > limit { return false }
            }
            return true
        }
        return (1...max(1, candidates)).last(where: isWithin) ?? 1
    }

    /// A table `[rows, words of all labels]` as one list a label, `[label][row][word]`.
    private static func perLabel(_ table: Tensor, _ counts: [Int]) -> [[[Float]]] {
        let (values, width) = (table.floats, table.shape.width)
        var start = 0
        return counts.map { count in
            defer { start += count }
            return (0..<table.shape.rows).map { row in
                Array(values[row * width + start..<row * width + start + count])
            }
        }
    }

    /// The combinations of different tokens that answer most rows right, best first.
    ///
    /// - Parameters:
    ///   - scores: `[label][row][word]`, logits, the likelier words first.
    ///   - labels: of the rows.
    ///   - tokens: the words, `[label][word]`.
    ///   - count: how many are kept.
    package static func combinations(
        _ scores: [[[Float]]], _ labels: [Int], tokens: [[Int32]], keeping count: Int
    ) -> [Combination] {
        var found: [Combination] = []
        var places = tokens.map { _ in 0 }
        while true {
            let chosen = zip(tokens, places).map { $0[$1] }
            if Set(chosen).count == chosen.count {
                found.append(Combination(places: places, right: right(places, scores, labels)))
            }
            guard let label = places.indices.last(where: { places[$0] + 1 < tokens[$0].count }) else { break }
            places[label] += 1
            for later in label + 1..<places.count { places[later] = 0 }
        }
        func order(_ combination: Combination) -> (Int, Int) {
            (-combination.right, combination.places.reduce(0, +))
        }
        let ranked = found.indices.sorted {
            let (one, other) = (order(found[$0]), order(found[$1]))
            return one == other ? $0 < $1 : one < other
        }
        return ranked.prefix(count).map { found[$0] }
    }

    /// How many rows a combination answers right; of equal labels the first answers.
    private static func right(_ places: [Int], _ scores: [[[Float]]], _ labels: [Int]) -> Int {
        labels.indices.count { row in
            var (best, top) = (0, scores[0][row][places[0]])
            for label in 1..<max(1, places.count) where scores[label][row][places[label]] > top {
                (best, top) = (label, scores[label][row][places[label]])
            }
            return best == labels[row]
        }
    }
}
