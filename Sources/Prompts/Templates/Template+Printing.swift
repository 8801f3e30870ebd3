extension Template {
    /// The template in the grammar's plainest spelling; parsing it gives the same parts.
    public var printed: String { parts.map(\.printed).joined() }

    /// Text as a template has to spell it, with its braces doubled.
    ///
    /// Text from elsewhere, such as demonstrations, goes into a template this way; it is never cut.
    public static func escaping(_ text: String) -> String { TemplatePart.doublingBraces(text) }
}

extension Template: CustomStringConvertible {
    /// The source.
    public var description: String { source }
}

extension TemplatePart {
    var printed: String {
        switch self {
        case .text(let text): Self.doublingBraces(text)
        case .field(let field): "{\(field.printed)}"
        case .answer(let masks): masks.map { "{answer \($0)}" } ?? "{answer}"
        case .soft(let slot): "{soft \(slot.printed)}"
        case .special(.role(let role)): "{special \(role.rawValue)}"
        case .special(.piece(let piece)): "{special \(Self.quoted(piece))}"
        }
    }

    /// Braces are doubled by scalar: a brace with a combining mark is one `Character`.
    fileprivate static func doublingBraces(_ text: String) -> String {
        var printed = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            printed.append(scalar)
            if scalar == "{" || scalar == "}" {
                printed.append(scalar)
            }
        }
        return String(printed)
    }

    static func quoted(_ text: String) -> String {
        var printed = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": printed += "\\\(scalar)"
            case "\n": printed += "\\n"
            case "\t": printed += "\\t"
            default: printed.unicodeScalars.append(scalar)
            }
        }
        return printed + "\""
    }
}

extension TemplateField {
    private static let reserved: Set<String> = ["answer", "soft", "special", "field"]

    var printed: String {
        let shorten = isMarkedShorten ? "|\(FieldFilter.shortenWord)" : ""
        return printedName + shorten + filters.map { "|\($0.rawValue)" }.joined()
    }

    private var printedName: String {
        if Self.reserved.contains(name) { return "field \(name)" }
        let isPlain = (try? Template("{\(name)}{answer}"))?.fieldNames.first == name
        return isPlain ? name : "field \(TemplatePart.quoted(name))"
    }
}

extension SoftSlot {
    var printed: String {
        switch self {
        case .definition(let rows, let name): rows.printed + (name.map { " as \($0)" } ?? "")
        case .reuse(let name): name
        }
    }
}

extension SoftRows {
    var printed: String {
        switch self {
        case .count(let count): "\(count)"
        case .repeated(let count): "\(count) same"
        case .words(let words): TemplatePart.quoted(words)
        }
    }
}

extension Template {
    /// The same template with so many rows in every soft slot that asks for rows by their number.
    package func withSoftRows(_ count: Int) throws(TemplateError) -> Template {
        let printed = parts.map { part in
            guard case .soft(.definition(.count, let name)) = part else { return part.printed }
            return TemplatePart.soft(.definition(.count(count), name: name)).printed
        }
        return try Template(printed.joined())
    }

    /// The same template without its soft slots: what it says before anything is trained or searched.
    package func withoutSoftSlots() throws(TemplateError) -> Template {
        guard hasSoftRows else { return self }
        var source = ""
        for part in parts {
            if case .soft = part { source = source.withoutFinalSpaces } else { source += part.printed }
        }
        return try Template(source)
    }
}
