extension Splitter {
    /// Reads the `pre_tokenizer` of a tokenizer file.
    ///
    /// - Throws: unknown kinds and settings, patterns that are not understood.
    static func read(_ value: JSONValue?) throws(TokenizerError) -> [Splitter] {
        guard let value else { return [] }
        let splitters = try list(value)
        let bytes = splitters.firstIndex { if case .bytes = $0 { true } else { false } }
        if let bytes, bytes < splitters.count - 1 {
            throw .unsupportedSetting(
                stage: "pre_tokenizer", setting: "ByteLevel", value: "not the last step")
        }
        return splitters
    }

    private static func list(_ value: JSONValue) throws(TokenizerError) -> [Splitter] {
        let kind = try value.kindName()
        switch kind {
        case "Sequence":
            var splitters: [Splitter] = []
            for element in try value.required("pretokenizers").elements() { splitters += try list(element) }
            return splitters
        case "ByteLevel":
            let prefix: [Splitter] = try value.flag("add_prefix_space", default: true) ? [.prefixSpace] : []
            let scan: [Splitter] =
                try value.flag("use_regex", default: true) ? [.scan(WordScanner(.gpt2))] : []
            return prefix + scan + [.bytes]
        case "Split": return [try split(value)]
        case "Digits": return [.digits(each: try value.flag("individual_digits", default: false))]
        case "Whitespace": return [.words]
        case "WhitespaceSplit": return [.spaces]
        case "Punctuation": return [.punctuation(try behavior(value, default: .isolated))]
        case "BertPreTokenizer": return [.bert]
        case "Metaspace": return [.metaspace(try Metaspace(value, stage: "pre_tokenizer"))]
        case "CharDelimiterSplit":
            return [
                .pattern(Pattern(literal: try value.required("delimiter").text()), .removed, inverted: false)
            ]
        default: throw .unknownKind(stage: "pre_tokenizer", kind: kind)
        }
    }

    private static func split(_ value: JSONValue) throws(TokenizerError) -> Splitter {
        let behavior = try behavior(value, default: nil)
        let inverted = try value.flag("invert", default: false)
        let pattern = try value.required("pattern")
        if let literal = try pattern.optionalText("String") {
            return .pattern(Pattern(literal: literal), behavior, inverted: inverted)
        }
        let expression = try pattern.required("Regex").text()
        // The scanner's words are the whole text, so isolating them and removing what lies between are one.
        let keepsAll = behavior == .isolated || behavior == .removed && inverted
        if keepsAll, let rules = WordRules(expression: expression) { return .scan(WordScanner(rules)) }
        return .pattern(try Pattern(expression), behavior, inverted: inverted)
    }

    private static func behavior(
        _ value: JSONValue, default behavior: SplitBehavior?
    ) throws(TokenizerError) -> SplitBehavior {
        guard let name = try value.optionalText("behavior") else {
            guard let behavior else { throw .missing(field: "\(value.path).behavior") }
            return behavior
        }
        guard let known = SplitBehavior(rawValue: name) else {
            throw .unsupportedSetting(stage: "pre_tokenizer", setting: "behavior", value: name)
        }
        return known
    }
}

extension Metaspace {
    /// Reads a Metaspace of either spelling: `prepend_scheme`, or the older `add_prefix_space`.
    init(_ value: JSONValue, stage: String) throws(TokenizerError) {
        mark = try value.optional("replacement")?.bytes() ?? Array("▁".utf8)
        splits = try value.flag("split", default: true)
        if let name = try value.optionalText("prepend_scheme") {
            guard let known = Prefix(rawValue: name) else {
                throw .unsupportedSetting(stage: stage, setting: "prepend_scheme", value: name)
            }
            prefix = known
        } else {
            prefix = try value.flag("add_prefix_space", default: true) ? .always : .never
        }
        guard !mark.isEmpty else {
            throw .unsupportedSetting(stage: stage, setting: "replacement", value: "an empty text")
        }
    }
}
