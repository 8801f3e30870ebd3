/// A piece of a template once the rule of spaces before slots is applied.
enum TemplateSlot: Hashable, Sendable {
    case run([TemplateSegment])
    case answer(masks: Int?)
    case soft(SoftSlot)
    case special(SpecialTokenName)

    var rendered: RenderedPiece {
        switch self {
        case .run: .run([])
        case .answer(let masks): .answer(masks: masks)
        case .soft(let slot): .soft(slot)
        case .special(let name): .special(name)
        }
    }
}

/// A part of a run of text.
enum TemplateSegment: Hashable, Sendable {
    case words(String)
    /// `offset`: where the field stands in the source, in Unicode scalars.
    case field(TemplateField, offset: Int)
}

/// A template as runs of text and the slots between them, worked out once.
struct TemplateLayout: Sendable {
    /// The runs, as long as possible, and the slots in the order of the text.
    private(set) var slots: [TemplateSlot] = []
    /// The spaces right before the answer, which belong to it.
    private(set) var answerSpace = ""
    /// Whether a word without a space of its own would stand right behind other text of the line.
    private(set) var answerFollowsText = false
    /// The template's own words right before the answer; a field in between leaves none.
    private(set) var wordsBeforeAnswer = ""
    /// Whether any field is marked; if none is, every field may be shortened.
    let marksShorten: Bool

    init(_ parts: [TemplatePart], _ offsets: [Int]) {
        marksShorten = parts.contains { part in
            if case .field(let field) = part { field.isMarkedShorten } else { false }
        }
        var run: [TemplateSegment] = []
        for (index, part) in parts.enumerated() {
            switch part {
            case .text(let text):
                let isKept = index + 1 == parts.count || !parts[index + 1].takesSpaces
                let words = isKept ? text : text.withoutFinalSpaces
                if !words.isEmpty { run.append(.words(words)) }
            case .field(let field):
                run.append(.field(field, offset: offsets[index]))
            case .answer, .soft, .special:
                endRun(&run)
                append(part, behind: index > 0 ? parts[index - 1] : nil)
            }
        }
        endRun(&run)
    }

    private mutating func endRun(_ run: inout [TemplateSegment]) {
        if !run.isEmpty { slots.append(.run(run)) }
        run = []
    }

    private mutating func append(_ part: TemplatePart, behind previous: TemplatePart?) {
        switch part {
        case .answer(let masks):
            answerSpace = previous?.finalSpaces ?? ""
            if case .run(let segments)? = slots.last, case .words(let words)? = segments.last {
                wordsBeforeAnswer = words
            }
            answerFollowsText = previous?.endsWithinLine ?? false
            slots.append(.answer(masks: masks))
        case .soft(let slot): slots.append(.soft(slot.led(by: previous?.finalSpaces ?? "")))
        case .special(let name): slots.append(.special(name))
        case .text, .field: break
        }
    }

    /// For each slot whether it stands in the middle of a text.
    ///
    /// That is behind a run, an answer or words of soft rows, with no special token since.
    var isContinued: [Bool] {
        var hasText = false
        return slots.map { slot in
            let isContinued = hasText
            switch slot {
            case .run, .answer, .soft(.definition(.words, _)): hasText = true
            case .special: hasText = false
            case .soft: break
            }
            return isContinued
        }
    }

    /// The text of an answer as it stands behind the template: with the spaces of the template, or its own.
    func answerText(of word: String) -> String {
        answerSpace.isEmpty ? word : answerSpace + word.withoutLeadingSpaces
    }
}

extension TemplatePart {
    /// Whether the spaces in front of it are its own.
    fileprivate var takesSpaces: Bool {
        switch self {
        case .answer, .soft, .special: true
        case .text, .field: false
        }
    }

    fileprivate var finalSpaces: String {
        guard case .text(let text) = self else { return "" }
        return String(text.dropFirst(text.withoutFinalSpaces.count))
    }

    fileprivate var endsWithinLine: Bool {
        switch self {
        case .text(let text): text.last?.isNewline == false
        case .field: true
        case .answer, .soft, .special: false
        }
    }
}

extension SoftSlot {
    /// The slot with the spaces in front of it moved into its words, if it has any.
    fileprivate func led(by spaces: String) -> SoftSlot {
        guard case .definition(.words(let words), let name) = self, !spaces.isEmpty else { return self }
        return .definition(.words(spaces + words.withoutLeadingSpaces), name: name)
    }
}
