import Tokenizers

/// Tokenizes label words and looks for what commonly goes wrong with them.
struct WordInspection {
    private let layout: TemplateLayout
    private let tokenizer: any Tokenizer
    private let kind: PromptKind
    private let continuation: Continuation
    private let isContinued: Bool

    init(_ template: Template, _ tokenizer: some Tokenizer, _ kind: PromptKind) {
        layout = template.layout
        self.tokenizer = tokenizer
        self.kind = kind
        continuation = Continuation(tokenizer)
        isContinued = zip(layout.slots, layout.isContinued).contains { slot, isContinued in
            if case .answer = slot { isContinued } else { false }
        }
    }

    /// The tokens of an answer of any kind, with the spaces that stand in front of it in the prompt.
    func answer(_ text: String) -> [Int32] { tokens(of: layout.answerText(of: text)) }

    private func tokens(of text: String) -> [Int32] {
        isContinued ? continuation.encode(text) : tokenizer.plainTokens(of: text)
    }

    func encode(
        _ word: String, label: Int, named name: String
    ) throws(VerbalizerError) -> EncodedVerbalizer.Word {
        let text = layout.answerText(of: word)
        let tokens = tokens(of: text)
        guard !tokens.isEmpty else { throw .noTokens(word: word, label: name) }
        if kind == .masked, hasUnknown(tokens) {
            throw .unknownToken(word: word, label: name)
        }
        return EncodedVerbalizer.Word(label: label, text: text, tokens: tokens, pieces: tokens.map(spelling))
    }

    private func hasUnknown(_ tokens: [Int32]) -> Bool {
        tokenizer.specialTokens.unknown.map(tokens.contains) ?? false
    }

    /// The token as text, or its name in the vocabulary if it is not whole characters.
    private func spelling(_ token: Int32) -> String {
        let text = tokenizer.decode([token])
        guard text.isEmpty || text.unicodeScalars.contains("\u{FFFD}") else { return text }
        return tokenizer.piece(for: token) ?? "#\(token)"
    }

    static func checkDistinct(
        _ words: [EncodedVerbalizer.Word], _ labels: [String]
    ) throws(VerbalizerError) {
        var first: [[Int32]: EncodedVerbalizer.Word] = [:]
        for word in words {
            if let other = first.updateValue(word, forKey: word.tokens) {
                throw .sameTokens(
                    [other.text, word.text], labels: [labels[other.label], labels[word.label]])
            }
        }
    }
}

// MARK: - Findings

extension WordInspection {
    func findings(_ words: [EncodedVerbalizer.Word], _ labels: [String]) -> [VerbalizerFinding] {
        words.flatMap { aboutOne($0, labels[$0.label]) } + collisions(words, labels)
            + beginnings(words, labels)
    }

    private func aboutOne(_ word: EncodedVerbalizer.Word, _ label: String) -> [VerbalizerFinding] {
        var findings: [VerbalizerFinding] = []
        if word.tokens.count > 1 {
            findings.append(.severalTokens(word: word.text, label: label, pieces: word.pieces))
        }
        if hasUnknown(word.tokens) {
            findings.append(.unknownToken(word: word.text, label: label))
        }
        if word.text.last?.isWhitespace == true {
            findings.append(.finalSpace(word: word.text, label: label))
        }
        if layout.answerFollowsText, word.text.first?.isWhitespace == false {
            let spaced = tokens(of: " " + word.text)
            if spaced != word.tokens {
                findings.append(
                    .withoutSpace(word: word.text, label: label, tokens: word.tokens, withSpace: spaced))
            }
        }
        return findings + [boundary(word, label)].compactMap(\.self)
    }

    /// As one text, the template's tokens followed by the word's are what the model would have met.
    private func boundary(_ word: EncodedVerbalizer.Word, _ label: String) -> VerbalizerFinding? {
        let words = layout.wordsBeforeAnswer
        guard kind == .causal, !words.isEmpty else { return nil }
        let together = tokenizer.plainTokens(of: words + word.text)
        guard together != tokenizer.plainTokens(of: words) + word.tokens else { return nil }
        return .joinsTemplate(word: word.text, label: label, template: words, together: together)
    }

    private func collisions(_ words: [EncodedVerbalizer.Word], _ labels: [String]) -> [VerbalizerFinding] {
        Dictionary(grouping: words.indices) { words[$0].tokens[0] }.values
            .filter { group in Set(group.map { words[$0].label }).count > 1 }
            .sorted { $0[0] < $1[0] }
            .map { group in
                .sameFirstToken(
                    words: group.map { words[$0].text }, labels: group.map { labels[words[$0].label] },
                    piece: words[group[0]].pieces[0])
            }
    }

    private func beginnings(_ words: [EncodedVerbalizer.Word], _ labels: [String]) -> [VerbalizerFinding] {
        words.flatMap { word in
            words.filter {
                $0.label != word.label && $0.tokens.count > word.tokens.count
                    && $0.tokens.starts(with: word.tokens)
            }.map {
                .beginningOfAnother(
                    word: word.text, longer: $0.text, labels: [labels[word.label], labels[$0.label]])
            }
        }
    }
}
