/// What a model expects around its sequences.
struct Framing: Sendable, Equatable {
    enum Part: Sendable, Equatable {
        case first(segment: Int32)
        case second(segment: Int32)
        case tokens([Int32], segment: Int32)
    }

    /// Of one sequence; holds `first` once.
    var single: [Part] = [.first(segment: 0)]
    /// Of two; holds `first` and `second` once each.
    var pair: [Part] = [.first(segment: 0), .second(segment: 1)]

    /// What comes before and after the one sequence.
    var around: (prefix: [Int32], suffix: [Int32]) {
        var result: (prefix: [Int32], suffix: [Int32]) = ([], [])
        var isAfter = false
        for part in single {
            guard case .tokens(let tokens, _) = part else {
                isAfter = true
                continue
            }
            if isAfter { result.suffix += tokens } else { result.prefix += tokens }
        }
        return result
    }

    func apply(_ first: [Int32], _ second: [Int32]) -> (tokens: [Int32], segments: [Int32]) {
        var result: (tokens: [Int32], segments: [Int32]) = ([], [])
        for part in pair {
            let (tokens, segment) =
                switch part {
                case .first(let segment): (first, segment)
                case .second(let segment): (second, segment)
                case .tokens(let tokens, let segment): (tokens, segment)
                }
            result.tokens += tokens
            result.segments += Array(repeating: segment, count: tokens.count)
        }
        return result
    }
}

extension Framing {
    /// Reads the `post_processor` of a tokenizer file.
    ///
    /// - Throws: unknown kinds, templates without their sequences, two kinds that both add tokens.
    static func read(_ value: JSONValue?) throws(TokenizerError) -> Framing {
        guard let value else { return Framing() }
        let kind = try value.kindName()
        switch kind {
        case "ByteLevel": return Framing()
        case "TemplateProcessing": return try template(value)
        case "BertProcessing": return try classifier(value, doubled: false)
        case "RobertaProcessing": return try classifier(value, doubled: true)
        case "Sequence":
            let all = try value.required("processors").elements()
            var framings: [Framing] = []
            for element in all { framings.append(try read(element)) }
            framings.removeAll { $0 == Framing() }
            guard framings.count <= 1 else {
                throw .unsupportedSetting(
                    stage: "post_processor", setting: "Sequence", value: "two templates")
            }
            return framings.first ?? Framing()
        default: throw .unknownKind(stage: "post_processor", kind: kind)
        }
    }

    private static func classifier(_ value: JSONValue, doubled: Bool) throws(TokenizerError) -> Framing {
        let start = Part.tokens([try token(value.required("cls"))], segment: 0)
        let separator = try token(value.required("sep"))
        let segment: Int32 = doubled ? 0 : 1
        return Framing(
            single: [start, .first(segment: 0), .tokens([separator], segment: 0)],
            pair: [
                start, .first(segment: 0), .tokens([separator], segment: 0),
                .tokens(doubled ? [separator] : [], segment: 0), .second(segment: segment),
                .tokens([separator], segment: segment),
            ])
    }

    /// Reads `["[CLS]", 101]`.
    private static func token(_ value: JSONValue) throws(TokenizerError) -> Int32 {
        let sides = try value.elements()
        guard sides.count == 2 else { throw value.wrongType("a token and its id") }
        return try identifier(sides[1])
    }

    private static func identifier(_ value: JSONValue) throws(TokenizerError) -> Int32 {
        guard let id = Int32(exactly: try value.integer()), id >= 0 else { throw value.wrongType("an id") }
        return id
    }

    private static func template(_ value: JSONValue) throws(TokenizerError) -> Framing {
        var tokens: [String: [Int32]] = [:]
        if let list = try value.optional("special_tokens") {
            for (name, entry) in try list.members() {
                var ids: [Int32] = []
                for id in try entry.required("ids").elements() { ids.append(try identifier(id)) }
                tokens[name] = ids
            }
        }
        let single = try parts(value.required("single"), tokens, wanting: ["A"])
        let pair = try value.optional("pair")
        guard let pair else { return Framing(single: single) }
        return Framing(single: single, pair: try parts(pair, tokens, wanting: ["A", "B"]))
    }

    private static func parts(
        _ value: JSONValue, _ tokens: [String: [Int32]], wanting names: [String]
    ) throws(TokenizerError) -> [Part] {
        var found: [String] = []
        var parts: [Part] = []
        for element in try value.elements() {
            if let special = try element.optional("SpecialToken") {
                let name = try special.required("id").text()
                guard let ids = tokens[name] else { throw .unknownToken(field: value.path, piece: name) }
                parts.append(.tokens(ids, segment: try segment(special)))
            } else {
                let sequence = try element.required("Sequence")
                let name = try sequence.required("id").text()
                found.append(name)
                let segment = try segment(sequence)
                parts.append(name == "A" ? .first(segment: segment) : .second(segment: segment))
            }
        }
        guard found.sorted() == names else {
            throw .unsupportedSetting(
                stage: "post_processor", setting: value.path,
                value: "the sequences \(found.joined(separator: ", "))")
        }
        return parts
    }

    private static func segment(_ value: JSONValue) throws(TokenizerError) -> Int32 {
        guard let segment = try value.optional("type_id") else { return 0 }
        return try identifier(segment)
    }
}
