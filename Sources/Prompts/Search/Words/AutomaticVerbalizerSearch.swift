public import Datasets
public import Models
package import Tensors
internal import Tokenizers

/// PET's automatic verbalizer search (AVS; Schick & Schütze 2021, appendix E).
///
/// A word `t` is worth to a label `l` what it does among other labels' words: `s_l(t) = mean over the rows of l of
/// q(l | x) - mean over the other rows of q(l | x)`, with `t` for `l` and random words for the others, averaged over
/// many such draws; in later rounds words are drawn by what the round before found them worth.
///
/// Where we differ: one pattern, where the paper sums over several; the vocabulary is counted in the unlabelled rows that
/// are given, or in the train rows.
public struct AutomaticVerbalizerSearch: Sendable {
    /// What a search is told; the numbers are the paper's.
    public struct Settings: Codable, Hashable, Sendable {
        /// How many words a label gets; the paper keeps 10.
        public var wordsPerLabel = 10
        /// How many random verbalizers a round draws.
        public var draws = 250
        /// How many rounds there are.
        public var rounds = 5
        /// How many of the most frequent tokens are tried.
        public var candidates = 10_000
        /// How many letters a word has at least.
        public var letters = 2
        /// Which tokens may be words beside that.
        public var filter = TriggerFilter()
        /// Decides the draws.
        public var seed: UInt64 = 0

        /// The paper's numbers.
        public init() {}
    }

    /// A word that was never worth anything is drawn as if it were worth this.
    static let floor: Float = 1e-3

    private let settings: Settings

    /// A search with its settings.
    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// The words of each label, best first.
    ///
    /// - Parameters:
    ///   - rows: labelled rows.
    ///   - unlabelled: texts in which tokens are counted; the labelled ones where there are none.
    ///   - task: the template.
    ///   - pretrained: the model.
    /// - Throws: ``PromptError`` for a model without a head for words, rows without labels, or where no word is left.
    public func words(
        _ rows: Dataset, unlabelled: [Example], _ task: PromptTask, _ pretrained: PretrainedModel
    ) throws -> Verbalizer {
        let labels = try rows.labelIndices()
        var words = try WordCandidates(settings.filter, task.template, labels: rows.labels, pretrained)
        let counted = unlabelled.isEmpty ? rows.examples : unlabelled
        let tokens = words.first(
            settings.candidates,
            of: frequent(counted, task.template, pretrained.tokenizer).filter { token in
                pretrained.tokenizer.decode([token]).filter(\.isLetter).count >= settings.letters
            })
        guard !tokens.isEmpty else {
            throw PromptError.noWordsLeft(
                label: rows.labels[0],
                reason: "no frequent token of the texts is a word of \(settings.letters) letters")
        }
        let scores = try AnswerStates(task, pretrained).scores(rows.examples, of: tokens)
        let worths = worths(scores, labels, count: rows.labels.count)
        let ranked = worths.map { $0.placesByFall.map { tokens[$0] } }
        return try words.verbalizer(ranked, labels: rows.labels, wordsPerLabel: settings.wordsPerLabel)
    }

    /// The tokens of the texts, the most frequent first; of equal ones the lower number first.
    ///
    /// A word in the text is counted as it stands there, with a space in front.
    private func frequent(_ examples: [Example], _ template: Template, _ tokenizer: any Tokenizer) -> [Int32]
    {
        var counts: [Int32: Int] = [:]
        for example in examples {
            for token in tokenizer.plainTokens(of: " " + example.text(of: template.fieldNames)) {
                counts[token, default: 0] += 1
            }
        }
        return counts.keys.sorted { (counts[$1] ?? 0, $0) < (counts[$0] ?? 0, $1) }
    }

    /// What each token is worth to each label after the last round, `[labels][tokens]`.
    ///
    /// - Parameters:
    ///   - scores: `[rows, tokens]`, logits at the answer.
    ///   - labels: of the rows.
    ///   - count: how many labels there are.
    package func worths(_ scores: Tensor, _ labels: [Int], count: Int) -> [[Float]] {
        var random = CounterRandom(seed: settings.seed, stream: 5)
        let tokens = scores.shape.width
        var worths = [[Float]](repeating: [Float](repeating: 1, count: tokens), count: count)
        let table = scores.transposed()
        for _ in 0..<settings.rounds {
            let draws = worths.map { own in Draw(own.map { max($0, Self.floor) }) }
            let verbalizers = (0..<settings.draws).map { _ in draws.map { $0.place(random.uniform()) } }
            worths = (0..<count).map { Self.worth(of: $0, table, labels, verbalizers, count) }
        }
        return worths
    }

    /// s_l(t | p), the mean over verbalizers, of every token.
    ///
    /// - Parameters:
    ///   - label: `l`.
    ///   - table: `[tokens, rows]`, logits.
    ///   - labels: of the rows.
    ///   - verbalizers: the places of each label's word; that of `label` itself is not read.
    ///   - count: how many labels there are.
    package static func worth(
        of label: Int, _ table: Tensor, _ labels: [Int], _ verbalizers: [[Int]], _ count: Int
    ) -> [Float] {
        let own = Float(labels.count { $0 == label })
        let share = labels.map { $0 == label ? 1 / max(1, own) : -1 / max(1, Float(labels.count) - own) }
        let weight = Tensor(share, shape: [1, labels.count], on: table.backend)
        var sum = [Float](repeating: 0, count: table.shape.rows)
        for verbalizer in verbalizers {
            let others = (0..<count).filter { $0 != label }.map { Int32(verbalizer[$0]) }
            // The softmax over the labels with t for l: the sigmoid of t's logit less the others' log of summed
            // exponentials.
            let rest = Self.logSumExponentials(table.rows(others)).scaled(by: -1)
            let found = table.adding(row: rest).applying(.sigmoid).matmul(weight).floats
            for token in sum.indices { sum[token] += found[token] }
        }
        return sum.map { $0 / Float(max(1, verbalizers.count)) }
    }

    /// The log of the summed exponentials of each column.
    private static func logSumExponentials(_ table: Tensor) -> Tensor {
        guard table.shape.rows > 1 else { return table }
        // log Σ exp(z) = z - log softmax(z), of any one of them.
        let columns = table.transposed()
        return (columns.columns(0..<1) - columns.logSoftmax().columns(0..<1)).transposed()
    }

    /// Draws places, each as often as its share says.
    private struct Draw {
        private let ends: [Float]

        init(_ shares: [Float]) {
            var total: Float = 0
            ends = shares.map {
                total += $0
                return total
            }
        }

        func place(_ uniform: Float) -> Int {
            let wanted = uniform * (ends.last ?? 0)
            var (low, high) = (0, ends.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if ends[middle] > wanted { high = middle } else { low = middle + 1 }
            }
            return max(0, low)
        }
    }
}
