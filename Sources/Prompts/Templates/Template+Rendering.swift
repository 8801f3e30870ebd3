public import Datasets

extension Template {
    /// Puts the fields of an example into the template.
    ///
    /// A run in front of the answer never ends in spaces: those of the template have moved into
    /// ``RenderedPrompt/answerSpace``, and those of a field (an empty last field leaves some) are dropped.
    /// - Throws: ``TemplateError`` if the example lacks a field.
    public func render(_ example: Example) throws(TemplateError) -> RenderedPrompt {
        var pieces: [RenderedPiece] = []
        for piece in layout.slots {
            guard case .run(let segments) = piece else {
                Self.dropFinalSpaces(ofRunIn: &pieces, before: piece)
                pieces.append(piece.rendered)
                continue
            }
            var rendered: [RenderedSegment] = []
            for segment in segments {
                rendered.append(try render(segment, example))
            }
            pieces.append(.run(rendered))
        }
        return RenderedPrompt(pieces: pieces, answerSpace: layout.answerSpace)
    }

    private func render(_ segment: TemplateSegment, _ example: Example) throws(TemplateError)
        -> RenderedSegment
    {
        switch segment {
        case .words(let text):
            return RenderedSegment(text: text, field: nil, mayShorten: false)
        case .field(let field, let offset):
            guard let text = example.fields[field.name] else {
                let known = example.fields.keys.sorted()
                let rule = TemplateError.Rule.missingField(field.name, example: example.id, known: known)
                throw TemplateError(rule, in: source, at: offset)
            }
            let filtered = field.filters.reduce(text) { $1.applied(to: $0) }
            let mayShorten = field.isMarkedShorten || !layout.marksShorten
            return RenderedSegment(text: filtered, field: field.name, mayShorten: mayShorten)
        }
    }

    private static func dropFinalSpaces(ofRunIn pieces: inout [RenderedPiece], before next: TemplateSlot) {
        guard case .answer = next, case .run(var segments)? = pieces.last else { return }
        while let last = segments.last {
            let kept = last.text.withoutFinalSpaces
            segments[segments.count - 1] = RenderedSegment(
                text: kept, field: last.field, mayShorten: last.mayShorten)
            guard kept.isEmpty else { break }
            segments.removeLast()
        }
        pieces[pieces.count - 1] = .run(segments)
    }
}
