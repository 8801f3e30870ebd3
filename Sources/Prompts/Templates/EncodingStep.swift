import Tokenizers

/// What a ``PromptEncoder`` does for one slot of its template, with all that no example changes worked out.
enum EncodingStep: Sendable {
    /// Special tokens, written in the template or of the frame.
    case tokens([Int32])
    /// Trainable rows.
    case soft([Int])
    /// The next run of text; `isContinued` if it is the middle of a text.
    case run(isContinued: Bool)
    /// The answer.
    case answer

    static func steps(
        of template: Template, _ layout: SoftLayout, _ tokenizer: some Tokenizer, _ kind: PromptKind
    ) throws(TemplateError) -> [EncodingStep] {
        let slots = template.layout.slots
        var steps: [EncodingStep] = []
        var softSlots = layout.positions.makeIterator()
        for (slot, isContinued) in zip(slots, template.layout.isContinued) {
            switch slot {
            case .run:
                steps.append(.run(isContinued: isContinued))
            case .soft:
                steps.append(.soft(softSlots.next() ?? []))
            case .special(let name):
                steps.append(.tokens([try token(name, tokenizer)]))
            case .answer:
                steps.append(.answer)
            }
        }
        frame(&steps, slots, tokenizer, kind)
        return steps
    }

    private static func frame(
        _ steps: inout [EncodingStep], _ slots: [TemplateSlot], _ tokenizer: some Tokenizer,
        _ kind: PromptKind
    ) {
        let lead = slots.prefix { if case .soft = $0 { true } else { false } }.count
        if kind == .masked, !isSpecial(slots.last) {
            steps.append(.tokens(tokenizer.framing.suffix))
        }
        if lead == slots.count || !isSpecial(slots[lead]) {
            steps.insert(.tokens(tokenizer.framing.prefix), at: lead)
        }
    }

    private static func isSpecial(_ slot: TemplateSlot?) -> Bool {
        if case .special = slot { true } else { false }
    }

    private static func token(
        _ name: SpecialTokenName, _ tokenizer: some Tokenizer
    ) throws(TemplateError) -> Int32 {
        let token: Int32?
        let shown: String
        switch name {
        case .piece(let piece): (token, shown) = (tokenizer.token(for: piece), "\"\(piece)\"")
        case .role(let role): (token, shown) = (tokenizer.specialTokens[role], role.rawValue)
        }
        guard let token else { throw TemplateError(.specialTokenMissing(shown)) }
        return token
    }
}

extension SpecialTokens {
    fileprivate subscript(_ role: SpecialTokenRole) -> Int32? {
        switch role {
        case .beginning: beginning
        case .end: end
        case .separator: separator
        case .classifier: classifier
        case .mask: mask
        case .padding: padding
        case .unknown: unknown
        }
    }
}
