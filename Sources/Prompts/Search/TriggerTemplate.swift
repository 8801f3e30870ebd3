internal import Datasets
internal import Models
internal import Tokenizers

/// A template whose soft slots stand for trigger tokens, so that a search can put any tokens there.
///
/// What the search scores are rows of tokens; what is kept is a text. A trigger is therefore taken only if the text
/// with it, tokenized as any text, gives the very rows that were scored (the reference stores ids instead).
struct TriggerTemplate: Sendable {
    /// The template with soft slots where the triggers stand.
    let template: Template
    /// Makes rows whose soft places are numbers of triggers.
    let encoder: PromptEncoder
    private let task: PromptTask
    private let tokenizer: any Tokenizer
    private let kind: PromptKind
    private let answerRows: Int
    private let hasOwnFrame: Bool

    /// How many triggers there are.
    var count: Int { encoder.softLayout.rowCount }

    /// Prepares a template.
    ///
    /// Triggers that lead a template stand behind the model's own start (`[CLS]`), where text would stand, and not
    /// in front of it as soft rows do.
    init(_ task: PromptTask, _ template: Template, _ words: EncodedVerbalizer, _ pretrained: PretrainedModel)
        throws
    {
        self.task = task
        kind = try pretrained.promptKind()
        let tokenizer = pretrained.tokenizer
        self.tokenizer = tokenizer
        answerRows = words.longestAnswer
        let frame = tokenizer.framing.prefix.compactMap { tokenizer.piece(for: $0) }
        var framed = template
        if case .soft? = template.parts.first, !frame.isEmpty {
            let start = frame.map { "{special \(TemplatePart.quoted($0))}" }.joined()
            framed = try Template(start + template.printed)
            hasOwnFrame = true
        } else {
            hasOwnFrame = false
        }
        self.template = framed
        encoder = try PromptEncoder(
            framed, tokenizer, limit: min(task.limit, pretrained.model.traits.contextLength), kind: kind,
            longestAnswer: answerRows, shortening: task.shortening)
    }

    /// The ordinary template that has these triggers as text, or nil where no text gives their tokens.
    ///
    /// - Parameter examples: prompts of these must come out as the same rows.
    func text(_ triggers: [Int32], examples: [Example]) -> Template? {
        for isFramed in hasOwnFrame ? [false, true] : [true] {
            for space in [" ", ""] {
                guard let source = source(triggers, space: space, isFramed: isFramed),
                    let candidate = try? Template(source), gives(triggers, candidate, examples)
                else { continue }
                return candidate
            }
        }
        return nil
    }

    private func gives(_ triggers: [Int32], _ candidate: Template, _ examples: [Example]) -> Bool {
        guard
            let plain = try? PromptEncoder(
                candidate, tokenizer, limit: encoder.limit, kind: kind, longestAnswer: answerRows,
                shortening: task.shortening)
        else { return false }
        return examples.allSatisfy { example in
            guard let searched = try? encoder.encode(example), let text = try? plain.encode(example) else {
                return false
            }
            let filled = searched.filling(triggers)
            return filled.before == text.before && filled.after == text.after
        }
    }

    /// The template's text with the triggers' text in the soft slots; masks among them are written as what they are.
    private func source(_ triggers: [Int32], space: String, isFramed: Bool) -> String? {
        var source = ""
        var slot = 0
        for (index, part) in template.parts.enumerated() {
            if hasOwnFrame, !isFramed, index < tokenizer.framing.prefix.count { continue }
            guard case .soft = part else {
                source += part.printed
                continue
            }
            let tokens = encoder.softLayout.positions[slot].map { triggers[$0] }
            slot += 1
            source = source.withoutFinalSpaces + text(of: tokens, space: source.isEmpty ? "" : space)
        }
        return source
    }

    private func text(of tokens: [Int32], space: String) -> String {
        let mask = tokenizer.specialTokens.mask
        var parts: [String] = []
        var run: [Int32] = []
        func end() {
            guard !run.isEmpty else { return }
            parts.append((parts.isEmpty ? space : "") + Template.escaping(tokenizer.decode(run)))
            run = []
        }
        for token in tokens {
            guard token == mask else {
                run.append(token)
                continue
            }
            end()
            parts.append((parts.isEmpty ? space : "") + "{special mask}")
        }
        end()
        // Behind a special token a word piece's text has lost its space; a tokenizer that keeps spaces has it.
        return parts.joined(separator: space)
    }
}

extension EncodedPrompt {
    /// The prompt with tokens at its soft places.
    package func filling(_ tokens: [Int32]) -> EncodedPrompt {
        func filled(_ rows: [PromptRow]) -> [PromptRow] {
            rows.map { row in
                if case .soft(let place) = row { .token(tokens[place]) } else { row }
            }
        }
        return EncodedPrompt(
            kind: kind, before: filled(before), masks: masks, after: filled(after), cuts: cuts,
            separator: separator)
    }
}
