internal import Datasets

extension Template {
    /// The field that stands for what is shown in front of a question; no column of data is called so.
    static let frontField = "what stands in front"

    /// The template behind an instruction and, where `isOpen`, behind a field ``frontField`` for examples.
    ///
    /// Both stand behind soft rows that lead the template, and are tokenized as one text with its words. Where no
    /// field was marked `shorten`, all of the template's own are marked now, so that the new one never is.
    /// - Parameter lead: the instruction with its separator, or nothing.
    func behind(_ lead: String, isOpen: Bool) throws(TemplateError) -> Template {
        let softRows = parts.prefix { if case .soft = $0 { true } else { false } }
        let front = Self.escaping(lead) + (isOpen ? "{field \(TemplatePart.quoted(Self.frontField))}" : "")
        let rest = parts.dropFirst(softRows.count).map { part in
            guard isOpen, !layout.marksShorten, case .field(let field) = part else { return part.printed }
            return TemplatePart.field(
                TemplateField(name: field.name, filters: field.filters, isMarkedShorten: true)
            ).printed
        }
        return try Template(softRows.map(\.printed).joined() + front + rest.joined())
    }

    /// An example as text, with its answer in the slot; soft rows have no text and are left out.
    ///
    /// - Throws: ``TemplateError`` if the example lacks a field.
    func solved(_ example: Example, answer: String) throws(TemplateError) -> String {
        try render(example).pieces.map { piece in
            switch piece {
            case .run(let segments): segments.map(\.text).joined()
            case .answer: layout.answerText(of: answer)
            case .soft, .special: ""
            }
        }.joined()
    }

    /// Whether special tokens stand somewhere in the template.
    var hasSpecialTokens: Bool {
        parts.contains { part in
            if case .special = part { true } else { false }
        }
    }
}
