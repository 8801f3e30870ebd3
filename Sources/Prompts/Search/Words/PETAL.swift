public import Datasets
public import Models
package import Tensors
internal import Tokenizers

/// PETAL's choice of label words (Schick, Schmid & Schütze 2020), as OpenPrompt's `AutomaticVerbalizer` has it: the
/// words that tell a label's rows best from the others, by what the model says at the answer.
///
/// Where we differ: only tokens that can be words are candidates, and a word that two labels want goes to one of them.
public struct PETAL: Sendable {
    /// How a word is scored for a label; q is its probability at the answer among the whole vocabulary.
    public enum Score: String, Codable, Sendable, CaseIterable {
        /// Σ over the label's rows of log q - log(1 - q), plus the share times Σ over the others of log(1 - q) - log q.
        case likelihoodRatio = "likelihood-ratio"
        /// Σ over the label's rows of log q, plus the share times Σ over the others of log(1 - q).
        case crossEntropy = "cross-entropy"
    }

    /// What a search is told.
    public struct Settings: Codable, Hashable, Sendable {
        /// How many words a label gets.
        public var wordsPerLabel = 1
        /// How words are scored.
        public var score = Score.likelihoodRatio
        /// Whether the other labels' rows together count as much as the label's own.
        public var isBalanced = true
        /// How many tokens of each label are scored: those that the model finds likeliest on its rows.
        public var candidates = 1000
        /// Which tokens may be words.
        public var filter = TriggerFilter()

        /// The defaults of OpenPrompt.
        public init() {}
    }

    /// OpenPrompt's, inside each logarithm: where q rounds to 1 in float32, log(1 - q) is -34.5 and no less.
    static let tiny: Float = 1e-15

    private let settings: Settings

    /// A search with its settings.
    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// For each label all tokens of the vocabulary: how likely they are on its rows (what chooses candidates), and
    /// their score.
    package struct Table: Sendable {
        /// Σ log q over the label's rows, `[labels][V]`, in nats.
        package var likelihoods: [[Float]]
        /// `[labels][V]`.
        package var scores: [[Float]]
    }

    /// Both numbers of all tokens.
    package func table(_ rows: Dataset, _ task: PromptTask, _ pretrained: PretrainedModel) throws -> Table {
        let labels = try rows.labelIndices()
        let shares = Self.shares(labels, count: rows.labels.count)
        return table(
            try AnswerStates(task, pretrained).sums(rows.examples, shares: shares, Self.logarithms),
            labels, count: rows.labels.count)
    }

    /// Which rows are each label's own, then which are not: what the two logarithms are summed by.
    package static func shares(_ labels: [Int], count: Int) -> [[Float]] {
        let own = (0..<count).map { label in labels.map { $0 == label ? Float(1) : 0 } }
        return own + own.map { $0.map { 1 - $0 } }
    }

    /// log q and log(1 - q), both clamped as the reference has them.
    ///
    /// - Parameter logProbabilities: `[rows, V]`, log q.
    package static func logarithms(_ logProbabilities: Tensor) -> [Tensor] {
        let q = logProbabilities.applying(.exp)
        return [
            q.scaled(by: 1, plus: Self.tiny).applying(.log),
            q.scaled(by: -1, plus: 1).scaled(by: 1, plus: Self.tiny).applying(.log),
        ]
    }

    /// Both numbers, from the sums of the two logarithms by ``shares(_:count:)``, each `[2 · labels, V]`.
    package func table(_ sums: [Tensor], _ labels: [Int], count: Int) -> Table {
        Table(
            likelihoods: (0..<count).map { sums[0].rows($0..<$0 + 1).floats },
            scores: (0..<count).map { label in
                let own = Float(labels.count { $0 == label })
                let share = settings.isBalanced ? own / max(1, Float(labels.count) - own) : 1
                let (yes, no) = (sums[0], sums[1])
                let (mine, rest) = (label..<label + 1, count + label..<count + label + 1)
                let others = no.rows(rest).scaled(by: share)
                switch settings.score {
                case .likelihoodRatio:
                    return (yes.rows(mine) - no.rows(mine) + others - yes.rows(rest).scaled(by: share)).floats
                case .crossEntropy: return (yes.rows(mine) + others).floats
                }
            })
    }

    /// The words of each label, best first.
    ///
    /// - Throws: ``PromptError`` for a model without a head for words, rows without labels, or where no word is left.
    public func words(_ rows: Dataset, _ task: PromptTask, _ pretrained: PretrainedModel) throws -> Verbalizer
    {
        let table = try table(rows, task, pretrained)
        var words = try WordCandidates(settings.filter, task.template, labels: rows.labels, pretrained)
        let size = pretrained.tokenizer.vocabularySize
        let ranked = zip(table.likelihoods, table.scores).map { likelihoods, scores in
            let near = likelihoods.placesByFall.lazy.filter { $0 < size }.map(Int32.init)
            return words.first(settings.candidates, of: near)
                .sorted { (scores[Int($1)], $0) < (scores[Int($0)], $1) }
        }
        return try words.verbalizer(ranked, labels: rows.labels, wordsPerLabel: settings.wordsPerLabel)
    }
}
