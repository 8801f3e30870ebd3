/// How a model reads an answer.
public enum PromptKind: String, CaseIterable, Codable, Sendable {
    /// Left to right: the row before a token predicts it.
    case causal
    /// Both ways: the row of a mask predicts what stands there.
    case masked
}

/// What stands at one position of a prompt.
public enum PromptRow: Hashable, Sendable {
    /// A token of the vocabulary.
    case token(Int32)
    /// A trainable row, counted from 0 within the prompt's `[P, D]`.
    case soft(Int)
}

/// How many tokens a field lost.
public struct FieldCut: Hashable, Sendable {
    /// The name of the field.
    public let field: String
    /// Its tokens before the cut.
    public let tokens: Int
    /// How many of them were cut.
    public let cut: Int

    package init(field: String, tokens: Int, cut: Int) {
        self.field = field
        self.tokens = tokens
        self.cut = cut
    }
}

/// An example in its template, as rows for a model.
public struct EncodedPrompt: Hashable, Sendable {
    /// How the model reads the answer.
    public let kind: PromptKind
    /// The rows in front of the answer slot.
    public private(set) var before: [PromptRow]
    /// The mask tokens in the slot; none on a causal model.
    public let masks: [Int32]
    /// The rows behind the answer slot.
    public private(set) var after: [PromptRow]
    /// The fields that were shortened, in the order of the template; none where the input fitted.
    public let cuts: [FieldCut]
    /// The answers that come with the example; none where the same words answer all examples.
    package var choices: [EncodedVerbalizer.Word] = []
    /// The rows behind which answers are scored once more, for rules that compare with them.
    package var neutral: [PromptRow] = []
    /// How many examples stand in front of the question.
    package var examplesShown = 0
    /// How many were left out so that the question fits.
    package var examplesDropped = 0
    /// The token behind which the rows are of the second segment, for models that have segments; nil on a causal
    /// model.
    package var separator: Int32?

    /// So many masks, as this model spells them.
    ///
    /// - Precondition: the prompt is a masked model's.
    package func masks(_ count: Int) -> [Int32] {
        guard let mask = masks.first else {
            preconditionFailure("EncodedPrompt: a causal prompt has no masks")
        }
        return Array(repeating: mask, count: count)
    }

    /// What the model has to read for its prediction of the answer.
    ///
    /// On a causal model that ends before the slot, since nothing behind it can be seen from there.
    public var rows: [PromptRow] {
        switch kind {
        case .causal: before
        case .masked: before + masks.map(PromptRow.token) + after
        }
    }

    /// The positions within ``rows`` whose predictions are read: the last one in front of the answer on a
    /// causal model, the masks on a masked one.
    public var readouts: [Int] {
        switch kind {
        case .causal: [before.count - 1]
        case .masked: Array(before.count..<before.count + masks.count)
        }
    }

    /// The prompt with more rows behind it.
    func followed(by rows: [PromptRow]) -> EncodedPrompt {
        var longer = self
        longer.after += rows
        return longer
    }

    /// The prompt behind a block that holds its first rows.
    func behind(_ count: Int) -> EncodedPrompt {
        var rest = self
        rest.before.removeFirst(count)
        return rest
    }

    /// The whole text with an answer in the slot.
    public func filled(with answer: [Int32]) -> [PromptRow] {
        before + answer.map(PromptRow.token) + after
    }

    /// Where the tokens of an answer of this length stand in ``filled(with:)``.
    public func answerPositions(count: Int) -> Range<Int> {
        before.count..<before.count + count
    }

    /// The positions within ``filled(with:)`` that predict an answer of this length and what is behind it.
    ///
    /// The score of a whole filled text on a causal model is the sum over these; each is one in front of what
    /// it predicts.
    public func scoredPositions(count: Int) -> Range<Int> {
        before.count - 1..<before.count + count + after.count - 1
    }
}
