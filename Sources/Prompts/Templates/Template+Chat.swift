public import Tokenizers

extension Template {
    /// The template as a user's message, its answer as the beginning of what the model says next.
    ///
    /// What the turn has around the message becomes words of the template, its special tokens `{special "…"}`; the
    /// text is then tokenized as transformers tokenizes the rendered conversation. Spaces and line breaks at
    /// the ends of the template's own words are dropped where the chat template drops them; soft rows stay
    /// where they are, within the message.
    ///
    /// - Throws: ``TemplateError`` if something stands behind the answer, which is the user's no more, or if a
    ///   special token of the turn follows a space, which a template cannot keep.
    public func asUserMessage(in turn: ChatTurn, _ tokenizer: some Tokenizer) throws(TemplateError)
        -> Template
    {
        guard let place = parts.firstIndex(where: { if case .answer = $0 { true } else { false } }) else {
            throw TemplateError(.noAnswer)
        }
        let behind = parts[(place + 1)...].contains { part in
            guard case .text(let text) = part else { return true }
            return !text.allSatisfy(\.isWhitespace)
        }
        guard !behind else { throw TemplateError(.textBehindChatAnswer, in: source, at: offsets[place + 1]) }
        var message = Array(parts[..<place])
        if turn.trimsContent, case .text(let text)? = message.first {
            message[0] = .text(String(text.drop(while: \.isWhitespace)))
        }
        if case .text(let text)? = message.last {
            let kept = turn.trimsContent ? text.withoutFinalWhitespace : text.withoutFinalSpaces
            message[message.count - 1] = .text(kept)
        }
        let (before, after) = (
            try TemplatePart.parts(of: turn.before, tokenizer),
            try TemplatePart.parts(of: turn.after, tokenizer)
        )
        return try Template((before + message + after + [parts[place]]).map(\.printed).joined())
    }
}

extension TemplatePart {
    /// A text of a conversation, special tokens told from words.
    fileprivate static func parts(
        of text: String, _ tokenizer: some Tokenizer
    ) throws(TemplateError) -> [TemplatePart] {
        let special = tokenizer.specialTokens.all.compactMap(tokenizer.piece).filter { !$0.isEmpty }
            .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
        var parts: [TemplatePart] = []
        var words = ""
        var rest = text[...]
        while let next = rest.first {
            guard let token = special.first(where: rest.hasPrefix) else {
                words.append(next)
                rest.removeFirst()
                continue
            }
            if words.last?.isSpaceInLine == true { throw TemplateError(.spaceBeforeSpecialToken(token)) }
            if !words.isEmpty { parts.append(.text(words)) }
            words = ""
            parts.append(.special(.piece(token)))
            rest.removeFirst(token.count)
        }
        return words.isEmpty ? parts : parts + [.text(words)]
    }
}

extension String {
    fileprivate var withoutFinalWhitespace: String {
        var rest = self[...]
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
