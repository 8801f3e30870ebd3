public import Datasets
public import Tokenizers

/// Makes rows for a model out of examples.
///
/// - **Tokens.** Text and fields that stand side by side are tokenized as one string, so tokens may span them
///   and without soft rows the ids are those of the plain rendered text. Soft, special and answer slots part
///   the string; what follows a soft or answer slot is tokenized as the middle of a text. Special tokens that
///   the text spells out (`</s>` in a review) stay text.
/// - **Frame.** What the model expects around a text (`[CLS]` … `[SEP]`, `<s>`) is added. Soft rows that lead
///   the template stand in front of it, as PEFT puts them. A template that starts with a special token (soft
///   rows aside) writes its own start, and the order in it is kept; likewise for its end. A causal
///   model gets no end: its text goes on.
/// - **Length.** Soft rows, the frame and the longest answer count. If the sum is over the limit, fields are
///   shortened as ``Template`` and ``Shortening`` say, and tokenized again, until it fits.
public struct PromptEncoder: Sendable {
    /// The template.
    public let template: Template
    /// How many positions a prompt with its longest answer may have.
    public let limit: Int
    /// How the model reads the answer.
    public let kind: PromptKind
    /// Which fields lose tokens.
    public let shortening: Shortening
    /// How many positions are kept for the answer.
    public let answerRows: Int
    /// Which trainable rows the soft slots have.
    public let softLayout: SoftLayout

    private let tokenizer: any Tokenizer
    private let steps: [EncodingStep]
    private let continuation: Continuation
    private let mask: Int32?

    /// Prepares a template for a model.
    ///
    /// - Parameters:
    ///   - template: the template.
    ///   - tokenizer: the model's tokenizer.
    ///   - limit: positions, of the model or of the user's choice.
    ///   - kind: how the model reads the answer.
    ///   - longestAnswer: the tokens of the longest answer; ``EncodedVerbalizer/longestAnswer``.
    ///   - shortening: which fields lose tokens where an example is too long.
    /// - Throws: ``TemplateError`` if the tokenizer lacks a special token, words for soft rows are too long,
    ///   or the longest answer has more tokens than the template has masks.
    public init(
        _ template: Template, _ tokenizer: some Tokenizer, limit: Int, kind: PromptKind,
        longestAnswer: Int = 1, shortening: Shortening = .tail
    ) throws(TemplateError) {
        self.template = template
        self.tokenizer = tokenizer
        self.limit = max(0, limit)
        self.kind = kind
        self.shortening = shortening
        let masks = kind == .masked ? template.fixedMasks : nil
        if let masks, masks < longestAnswer {
            throw TemplateError(.answerLongerThanMasks(tokens: longestAnswer, masks: masks))
        }
        answerRows = masks ?? max(1, longestAnswer)
        mask = tokenizer.specialTokens.mask
        if kind == .masked, mask == nil {
            throw TemplateError(.specialTokenMissing("mask"))
        }
        softLayout = try SoftLayout(template, tokenizer)
        continuation = Continuation(tokenizer)
        steps = try EncodingStep.steps(of: template, softLayout, tokenizer, kind)
    }

    /// Puts an example into the template and makes rows of it.
    ///
    /// A masked model gets as many masks in the slot as `masks` says, at most ``answerRows``, or else that
    /// many. The text is the same for any number of them. `longestAnswer` replaces the encoder's own where the
    /// answers come with the example.
    /// - Throws: ``TemplateError`` if a field is missing or the example cannot fit.
    public func encode(
        _ example: Example, masks: Int? = nil, longestAnswer: Int? = nil
    ) throws(TemplateError) -> EncodedPrompt {
        let answerRows = longestAnswer ?? answerRows
        var filling = Filling(try template.render(example))
        var (before, after) = rows(filling)
        var excess = before.count + answerRows + after.count - limit
        var cut = 0
        while excess > 0 {
            if cut == 0 { filling.countTokens(tokenizer) }
            guard cut < filling.cuttable else {
                throw TemplateError(
                    .inputTooLong(
                        limit: limit, fixedRows: before.count + after.count, answerRows: answerRows,
                        fieldTokens: filling.cuttable))
            }
            cut = min(cut + excess, filling.cuttable)
            filling.cut(cut, shortening, TokenCutter(tokenizer: tokenizer))
            (before, after) = rows(filling)
            excess = before.count + answerRows + after.count - limit
        }
        guard kind == .masked || !before.isEmpty else { throw TemplateError(.nothingBeforeAnswer) }
        return EncodedPrompt(
            kind: kind, before: before, masks: slot(masks), after: after, cuts: filling.cuts,
            separator: kind == .masked ? tokenizer.specialTokens.separator : nil)
    }

    /// The encoder of another template for the same model and answers.
    func asking(_ template: Template, limit: Int) throws(TemplateError) -> PromptEncoder {
        try PromptEncoder(
            template, tokenizer, limit: limit, kind: kind, longestAnswer: answerRows, shortening: shortening)
    }

    private func slot(_ masks: Int?) -> [Int32] {
        guard kind == .masked, let mask else { return [] }
        return Array(repeating: mask, count: max(0, min(masks ?? answerRows, answerRows)))
    }

    /// The rows in front of the answer and behind it.
    private func rows(_ filling: Filling) -> (before: [PromptRow], after: [PromptRow]) {
        var rows: [PromptRow] = []
        var before: [PromptRow] = []
        var run = 0
        for step in steps {
            switch step {
            case .tokens(let tokens): rows += tokens.map(PromptRow.token)
            case .soft(let places): rows += places.map(PromptRow.soft)
            case .run(let isContinued):
                let text = filling.runs[run].text
                rows += (isContinued ? continuation.encode(text) : tokenizer.plainTokens(of: text)).map(
                    PromptRow.token)
                run += 1
            case .answer:
                before = rows
                rows = []
            }
        }
        return (before, rows)
    }
}
