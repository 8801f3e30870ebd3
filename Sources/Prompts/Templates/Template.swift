/// A text with places to fill: the fields of an example, one answer, and trainable or special rows.
///
/// ```
/// Review: {text|shorten}
/// Sentiment: {answer}
/// ```
///
/// ## Grammar
///
/// ```
/// template = { text | slot } ;                          (* exactly one answer *)
/// text     = { any character but "{" and "}" | "{{" | "}}" } ;
/// slot     = "{" ( answer | soft | special | field ) "}" ;  (* spaces between its words are free *)
/// answer   = "answer" [ number ] ;                      (* how many masks; causal models have none *)
/// soft     = "soft" ( number [ "same" ] | string ) [ "as" name ]
///          | "soft" name ;                              (* the rows of an earlier "as name" again *)
/// special  = "special" ( role | string ) ;              (* string: the token's own spelling *)
/// role     = "beginning" | "end" | "separator" | "classifier" | "mask" | "padding" | "unknown" ;
/// field    = ( name | "field" ( name | string ) ) { "|" filter } ;
/// filter   = "shorten" | "trim" | "nopunct" | "lowerfirst" | "upperfirst" ;
/// name     = ( letter | "_" ) { letter | digit | "_" | "-" | "." } ;
/// number   = digit { digit } ;
/// string   = '"' { any character but '"' and "\" | "\" ( '"' | "\" | "n" | "t" ) } '"' ;
/// ```
///
/// `{field answer}` names a field whose name is a word of the grammar. Nothing in a template is executed.
///
/// ## Rules
///
/// - **Spaces before a slot.** Spaces and tabs right before `{answer}` belong to the answer: after
///   `Sentiment: {answer}` the word `good` is scored as `" good"` behind `Sentiment:`, which is how models
///   have met it; a word written `" good"` behind `Sentiment:{answer}` is the same thing. Line breaks stay.
///   Likewise the spaces before `{soft "It was"}` belong to its words, and those before `{soft 8}` and
///   `{special …}` are dropped, since such rows have no text that could carry them.
/// - **Shortening.** Where an input is too long, the fields marked `shorten` lose tokens; where no field is
///   marked, every field may. The template's own words, its answer and its special and soft rows never do.
/// - **Equality** is that of the sources, byte for byte: another spelling may have other tokens.
public struct Template: Sendable {
    /// How many rows one soft slot may have.
    public static let softRowLimit = 1...150
    /// How many masks one answer slot may ask for.
    public static let maskLimit = 1...32
    /// How long a source may be, in bytes of UTF-8.
    public static let sourceLimit = 262_144

    /// The text that was parsed, as it was given.
    public let source: String
    /// The pieces of the template in the order of the text.
    public let parts: [TemplatePart]
    /// Where each part starts, in Unicode scalars of the source.
    let offsets: [Int]
    /// The parts as runs of text and slots.
    let layout: TemplateLayout

    /// Parses a template.
    ///
    /// - Throws: ``TemplateError`` with the line, the column and a caret.
    /// - Complexity: O(length of `source`).
    public init(_ source: String) throws(TemplateError) {
        var scanner = try TemplateScanner(source)
        let (parts, offsets) = try scanner.scan()
        self.source = source
        self.parts = parts
        self.offsets = offsets
        layout = TemplateLayout(parts, offsets)
    }

    /// Parses a template from a command line, where `\n`, `\t`, `\r` and `\\` stand for one character.
    ///
    /// `\"` is left to the strings inside of slots. Any other escape is refused, so that a path or a
    /// formula with backslashes is not changed unseen.
    /// - Throws: ``TemplateError``; the place is one of the unescaped text but for a bad escape.
    public init(unescaping source: String) throws(TemplateError) {
        try self.init(Self.unescaped(source))
    }

    private static func unescaped(_ source: String) throws(TemplateError) -> String {
        let meanings: [Unicode.Scalar: String] = ["n": "\n", "t": "\t", "r": "\r", "\\": "\\", "\"": "\\\""]
        var text = ""
        var escapeStart: Int?
        for (offset, scalar) in source.unicodeScalars.enumerated() {
            if let start = escapeStart {
                guard let meaning = meanings[scalar] else {
                    throw TemplateError(.unknownEscape("\\\(scalar)"), in: source, at: start)
                }
                text += meaning
                escapeStart = nil
            } else if scalar == "\\" {
                escapeStart = offset
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        if let start = escapeStart {
            throw TemplateError(.unknownEscape("\\"), in: source, at: start)
        }
        return text
    }
}

extension Template {
    /// The names of the fields that the template reads, each once, in the order of the text.
    public var fieldNames: [String] {
        var seen: Set<String> = []
        return fields.map(\.name).filter { seen.insert($0).inserted }
    }

    /// How many masks the template fixes (`{answer 3}`), or nil where the answer's words decide.
    public var fixedMasks: Int? {
        for case .answer(let masks) in parts {
            return masks
        }
        return nil
    }

    /// Whether all soft rows stand in front of everything, as PEFT has them.
    var beginsWithAllSoftRows: Bool {
        let isSoft = { (part: TemplatePart) in if case .soft = part { true } else { false } }
        return !parts.drop(while: isSoft).contains(where: isSoft)
    }

    /// Whether the template has trainable rows.
    public var hasSoftRows: Bool {
        parts.contains { part in
            if case .soft = part { true } else { false }
        }
    }

    var fields: [TemplateField] {
        parts.compactMap { part in
            if case .field(let field) = part { field } else { nil }
        }
    }

    /// Checks that the data has every field that the template reads.
    ///
    /// - Parameter known: the field names of the data, in the order in which people should see them.
    /// - Throws: ``TemplateError`` with the place of the first unknown field and the nearest known name.
    public func check(fields known: [String]) throws(TemplateError) {
        for (part, offset) in zip(parts, offsets) {
            if case .field(let field) = part, !known.contains(field.name) {
                throw TemplateError(.unknownField(field.name, known: known), in: source, at: offset)
            }
        }
    }
}

extension Template: Hashable {
    /// Whether two templates have the same source, byte for byte.
    public static func == (left: Template, right: Template) -> Bool {
        left.source.utf8.elementsEqual(right.source.utf8)
    }

    /// Feeds the bytes of the source to the hasher.
    public func hash(into hasher: inout Hasher) {
        for byte in source.utf8 {
            hasher.combine(byte)
        }
    }
}

extension Template: Codable {
    /// Reads a template from its source, a single string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(container.decode(String.self))
        } catch let error as TemplateError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    /// Writes the source as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(source)
    }
}
