public import Datasets
internal import Foundation
public import Models
package import Tensors
internal import Tokenizers

/// Makes a verbalizer of many words a label, as a lexicon lists them, with the help of unlabelled rows: the refinement and
/// the calibration of knowledgeable prompt tuning (KPT, Hu et al. 2022, §3.2).
///
/// Words that several labels list go; so do words of too many tokens, words that the model hardly expects at the answer,
/// and words that move with other labels' words rather than with their own label's. What is left is calibrated by what the
/// model says whatever the input.
///
/// Where we differ: words are the same if their tokens are; the mean over the rows is that of scores, as in the paper's code
/// (its text has probabilities); the share that is kept is searched among those that differ for the longest list.
public struct WordRefinement: Sendable {
    /// What a refinement is told.
    public struct Settings: Codable, Hashable, Sendable {
        /// How many tokens a word may have; nil for any number.
        public var longestWord: Int?
        /// The share of the vocabulary that is too rare at the answer: 0.5 for topics in the paper, 0 for sentiments.
        public var rareShare: Float = 0.5
        /// Whether words are kept by how they move with their label's first word.
        public var judgesRelevance = true
        /// Whether the words are calibrated.
        public var calibrates = true
        /// How many unlabelled rows are read at most.
        public var rows = 200

        /// The paper's numbers.
        public init() {}
    }

    /// How many words each label had after a step.
    public struct Step: Codable, Hashable, Sendable {
        /// What was done: `listed`, `known to the tokenizer`, `different`, `short enough`, `not rare`, `relevant`.
        public var name: String
        /// The labels' numbers of words, in order.
        public var counts: [Int]
    }

    /// What came out.
    public struct Result: Sendable {
        /// The labels with the words that are left, by falling relevance where that was judged.
        public var verbalizer: Verbalizer
        /// The log-probability of each word among them whatever the input, in nats; nil where that was not asked for.
        public var calibration: [Float]?
        /// The numbers of words on the way.
        public var steps: [Step]
    }

    private let settings: Settings

    /// A refinement with its settings.
    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// Refines lists of words.
    ///
    /// - Parameters:
    ///   - lists: a list a label, its first word the surest; words may stand in several lists.
    ///   - unlabelled: rows of the task, whose labels are not read.
    ///   - task: the template.
    ///   - pretrained: the model.
    /// - Throws: ``PromptError/noWordsLeft(label:reason:)``, ``PromptError/badSetting(name:value:allowed:)``;
    ///   ``VerbalizerError`` for two labels with one first word.
    public func refine(
        _ lists: [Verbalizer.Entry], unlabelled: [Example], _ task: PromptTask, _ pretrained: PretrainedModel
    ) throws -> Result {
        try check(unlabelled)
        var progress = Progress(lists)
        let known = try progress.done("known to the tokenizer", encoded(lists, task, pretrained))
        var words = try progress.done("different", Self.different(known))
        if let longest = settings.longestWord {
            words = try progress.done(
                "short enough", words.map { $0.filter { $0.tokens.count <= longest } })
        }
        let rows = Array(unlabelled.prefix(settings.rows))
        let states = try AnswerStates(task, pretrained)
        if settings.rareShare > 0 {
            let rare = Self.rarest(settings.rareShare, of: try mean(states, rows))
            words = try progress.done(
                "not rare", words.map { $0.filter { !$0.tokens.contains(where: rare.contains) } })
        }
        if settings.judgesRelevance, words.count > 1 {
            let scores = try table(words.flatMap { $0 }, states, rows)
            words = try progress.done(
                "relevant", Self.kept(words, Self.relevances(scores, counts: words.map(\.count))))
        }
        let verbalizer = try Verbalizer(
            zip(lists, words).map { list, own in
                Verbalizer.Entry(label: list.label, words: own.map { $0.text.withoutSpacesAround })
            })
        return Result(
            verbalizer: verbalizer,
            calibration: settings.calibrates
                ? try Self.calibration(table(words.flatMap { $0 }, states, rows)) : nil,
            steps: progress.steps)
    }

    /// How many words each label had so far.
    private struct Progress {
        private let labels: [String]
        private(set) var steps: [Step]

        init(_ lists: [Verbalizer.Entry]) {
            labels = lists.map(\.label)
            steps = [Step(name: "listed", counts: lists.map { $0.words.count })]
        }

        /// The words that a step left.
        ///
        /// - Throws: ``PromptError/noWordsLeft(label:reason:)`` where a label has none.
        mutating func done<Word>(_ name: String, _ words: [[Word]]) throws(PromptError) -> [[Word]] {
            steps.append(Step(name: name, counts: words.map(\.count)))
            guard let label = words.firstIndex(where: \.isEmpty) else { return words }
            throw .noWordsLeft(label: labels[label], reason: "none of its list is \(name)")
        }
    }

    private func check(_ unlabelled: [Example]) throws {
        guard !unlabelled.isEmpty else {
            throw PromptError.badSetting(
                name: "the number of unlabelled rows", value: "0", allowed: "at least 1")
        }
        guard (0..<1).contains(settings.rareShare) else {
            throw PromptError.badSetting(
                name: "the share of rare tokens", value: "\(settings.rareShare)", allowed: "from 0 to below 1"
            )
        }
        if let longest = settings.longestWord, longest < 1 {
            throw PromptError.badSetting(
                name: "the number of a word's tokens", value: "\(longest)", allowed: "at least 1")
        }
    }

    // MARK: Words

    /// The words as tokens; what the tokenizer cannot spell is left out.
    private func encoded(
        _ lists: [Verbalizer.Entry], _ task: PromptTask, _ pretrained: PretrainedModel
    ) throws -> [[EncodedVerbalizer.Word]] {
        let inspection = WordInspection(task.template, pretrained.tokenizer, try pretrained.promptKind())
        return lists.enumerated().map { label, list in
            list.words.filter { !$0.withoutSpacesAround.isEmpty }
                .compactMap { try? inspection.encode($0, label: label, named: list.label) }
        }
    }

    /// A word that several lists have stays only where it is the first, and in its own list once.
    package static func different(_ lists: [[EncodedVerbalizer.Word]]) -> [[EncodedVerbalizer.Word]] {
        var listsOf: [[Int32]: Set<Int>] = [:]
        for (label, list) in lists.enumerated() {
            for word in list { listsOf[word.tokens, default: []].insert(label) }
        }
        return lists.map { list in
            var seen: Set<[Int32]> = []
            return list.enumerated().filter { place, word in
                seen.insert(word.tokens).inserted && (place == 0 || listsOf[word.tokens]?.count == 1)
            }.map(\.element)
        }
    }

    // MARK: Frequency

    /// The mean over the rows of the whole vocabulary's scores at the answer.
    private func mean(_ states: AnswerStates, _ rows: [Example]) throws -> [Float] {
        var sum: Tensor?
        try states.forEachBatch(rows) { range, hidden, pass in
            let ones = Tensor(
                repeating: 1 / Float(rows.count), shape: [1, range.count], on: hidden.backend)
            let own = ones.matmul(
                states.pretrained.model.scores(hidden, vocabulary: nil, pass).transposed())
            sum = sum.map { $0 + own } ?? own
        }
        return Array((sum?.floats ?? []).prefix(states.pretrained.tokenizer.vocabularySize))
    }

    /// The lowest share of a vocabulary's scores; of equal ones the lower numbers.
    package static func rarest(_ share: Float, of scores: [Float]) -> Set<Int32> {
        let count = Int((Double(share) * Double(scores.count)).rounded(.down))
        return Set(
            scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }.prefix(count).map(Int32.init))
    }

    // MARK: Relevance

    /// The words' scores at the answer of each row, `[rows, words]`.
    private func table(_ words: [EncodedVerbalizer.Word], _ states: AnswerStates, _ rows: [Example]) throws
        -> Tensor
    {
        let tokens = Array(Set(words.flatMap(\.tokens))).sorted()
        let place = Dictionary(uniqueKeysWithValues: zip(tokens, tokens.indices))
        let scores = try states.scores(rows, of: tokens)
        var shares = [Float](repeating: 0, count: words.count * tokens.count)
        for (index, word) in words.enumerated() {
            for token in word.tokens {
                shares[index * tokens.count + (place[token] ?? 0)] += 1 / Float(word.tokens.count)
            }
        }
        return scores.matmul(Tensor(shares, shape: [words.count, tokens.count], on: scores.backend))
    }

    /// How much each word moves with its label's first word, over how much with the others', `[label][word]`.
    ///
    /// A word is the vector of its scores over the rows less their mean; tf is its cosine with its own label's first
    /// word; idf is one over the power mean of its cosines with the other labels' first words, of the exponent
    /// 10 / (C - 2 + 0.01) + 1. A word whose tf is negative gets -100.
    /// - Parameters:
    ///   - scores: `[rows, words]`, the words label by label.
    ///   - counts: how many words each label has.
    package static func relevances(_ scores: Tensor, counts: [Int]) -> [[Double]] {
        let (values, width) = (scores.floats, scores.shape.width)
        let vectors = (0..<width).map { word in
            centred((0..<scores.shape.rows).map { Double(values[$0 * width + word]) })
        }
        let starts = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        let exponent = 10 / (Double(counts.count) - 2 + 0.01) + 1
        return counts.indices.map { label in
            (starts[label]..<starts[label + 1]).map { word in
                let cosines = counts.indices.map { cosine(vectors[word], vectors[starts[$0]]) }
                guard cosines[label] >= 0 else { return -100 }
                let others = cosines.indices.filter { $0 != label }.map { abs(cosines[$0]) }
                return cosines[label] / max(powerMean(others, exponent), 1e-12)
            }
        }
    }

    private static func centred(_ values: [Double]) -> [Double] {
        let mean = values.reduce(0, +) / Double(max(1, values.count))
        return values.map { $0 - mean }
    }

    private static func cosine(_ one: [Double], _ other: [Double]) -> Double {
        var (product, first, second) = (0.0, 0.0, 0.0)
        for index in one.indices {
            product += one[index] * other[index]
            first += one[index] * one[index]
            second += other[index] * other[index]
        }
        return first > 0 && second > 0 ? product / (first * second).squareRoot() : 0
    }

    /// The power mean of numbers that are not negative, without overflow: with two labels the exponent is 1,001.
    private static func powerMean(_ values: [Double], _ exponent: Double) -> Double {
        guard let top = values.max(), top > 0 else { return 0 }
        let mean = values.reduce(0) { $0 + pow($1 / top, exponent) } / Double(values.count)
        return top * pow(mean, 1 / exponent)
    }

    /// The words by falling relevance, each label's first part of one share for all: the share at which the last kept
    /// words' relevances are nearest to 1, the largest of equal ones. A label keeps a word at least.
    package static func kept<Word>(_ words: [[Word]], _ relevances: [[Double]]) -> [[Word]] {
        let orders = relevances.map { own in own.indices.sorted { (own[$1], $0) < (own[$0], $1) } }
        let longest = words.map(\.count).max() ?? 1
        func counts(_ part: Int) -> [Int] {
            words.map { max(1, Int((Double(part * $0.count) / Double(longest)).rounded(.down))) }
        }
        func loss(_ part: Int) -> Double {
            zip(counts(part), zip(orders, relevances)).reduce(0) { sum, entry in
                let (order, own) = entry.1
                let distance = own[order[entry.0 - 1]] - 1
                return sum + distance * distance
            }
        }
        let best = (1...max(1, longest)).reduce((part: longest, loss: loss(longest))) { best, part in
            let own = loss(part)
            return own < best.loss || (own == best.loss && part > best.part) ? (part, own) : best
        }
        return zip(words, zip(orders, counts(best.part))).map { own, chosen in
            chosen.0.prefix(chosen.1).map { own[$0] }
        }
    }

    // MARK: Calibration

    /// The log-probability of each word among the words, from the mean over the rows of their scores, `[rows, words]`.
    package static func calibration(_ scores: Tensor) -> [Float] {
        let ones = Tensor(
            repeating: 1 / Float(max(1, scores.shape.rows)), shape: [1, scores.shape.rows], on: scores.backend
        )
        return ones.matmul(scores.transposed()).logSoftmax().floats
    }
}
