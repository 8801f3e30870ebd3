extension Normalizer {
    /// Reads the `normalizer` of a tokenizer file.
    ///
    /// - Throws: unknown kinds and settings, patterns that are not understood.
    static func read(_ value: JSONValue?) throws(TokenizerError) -> [Normalizer] {
        guard let value else { return [] }
        let kind = try value.kindName()
        if let form = UnicodeForm(rawValue: kind) { return [.form(form)] }
        switch kind {
        case "Sequence":
            var normalizers: [Normalizer] = []
            for element in try value.required("normalizers").elements() { normalizers += try read(element) }
            return normalizers
        case "Lowercase": return [.lowercase]
        case "Prepend": return [.prepend(try value.required("prepend").bytes())]
        case "Replace":
            let content = try value.required("content").bytes()
            return [.replace(try Pattern(value.required("pattern")), with: content)]
        case "Strip":
            let left = try value.flag("strip_left", default: true)
            return [.strip(left: left, right: try value.flag("strip_right", default: true))]
        case "StripAccents": return [.stripAccents]
        case "BertNormalizer": return [.bert(try BertNormalization(value))]
        case "Nmt": return [.controls]
        case "Precompiled":
            return [.characterMap(try CharacterMap(base64: value.required("precompiled_charsmap").text()))]
        default: throw .unknownKind(stage: "normalizer", kind: kind)
        }
    }
}

extension BertNormalization {
    /// Reads BERT's settings; accents are stripped where text is lowercased, unless the file says otherwise.
    init(_ value: JSONValue) throws(TokenizerError) {
        cleansText = try value.flag("clean_text", default: true)
        spacesIdeographs = try value.flag("handle_chinese_chars", default: true)
        lowercases = try value.flag("lowercase", default: true)
        stripsAccents = try value.flag("strip_accents", default: lowercases)
    }
}

extension Pattern {
    /// Reads `{"String": …}` or `{"Regex": …}`.
    init(_ value: JSONValue) throws(TokenizerError) {
        if let literal = try value.optionalText("String") {
            self.init(literal: literal)
        } else {
            try self.init(value.required("Regex").text())
        }
    }
}
