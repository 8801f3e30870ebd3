extension JinjaValue {
    /// The text that `{{ value }}` writes: Python's `str`.
    var written: String {
        switch self {
        case .undefined: ""
        case .text(let text): text
        default: spelled
        }
    }

    /// The value as it stands within a list: Python's `repr`.
    private var spelled: String {
        switch self {
        case .undefined: "Undefined"
        case .nothing: "None"
        case .bool(let truth): truth ? "True" : "False"
        case .integer(let number): "\(number)"
        case .number(let number): Self.spelled(number)
        case .text(let text): Self.quoted(text)
        case .list(let elements): "[" + elements.map(\.spelled).joined(separator: ", ") + "]"
        case .tuple(let elements):
            "(" + elements.map(\.spelled).joined(separator: ", ") + (elements.count == 1 ? ",)" : ")")
        case .mapping(let members):
            "{" + members.map { "\($0.key.spelled): \($0.value.spelled)" }.joined(separator: ", ") + "}"
        case .namespace, .loop, .macro, .function, .method: "<\(kind)>"
        }
    }

    private static func spelled(_ number: Double) -> String {
        number.isNaN ? "nan" : number.isInfinite ? (number < 0 ? "-inf" : "inf") : "\(number)"
    }

    private static func quoted(_ text: String) -> String {
        let quote = text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
        var result = quote
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "'" where quote == "'": result += "\\'"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += "\\x" + hexadecimal(scalar, 2)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + quote
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar, _ digits: Int) -> String {
        let text = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The value as JSON, as Python's `json.dumps` writes it without escaping what is not ASCII.
    ///
    /// - Parameter indent: spaces a level, nil for one line.
    /// - Returns: nil where the value holds something that JSON has no form for.
    func json(indent: Int?, level: Int = 0) -> String? {
        switch self {
        case .nothing: return "null"
        case .bool(let truth): return truth ? "true" : "false"
        case .integer(let number): return "\(number)"
        case .number(let number): return Self.spelled(number)
        case .text(let text): return Self.jsonQuoted(text)
        case .list(let elements), .tuple(let elements):
            return Self.block(
                "[", elements.map { $0.json(indent: indent, level: level + 1) }, "]", indent, level)
        case .mapping(let members):
            let parts = members.map { member -> String? in
                guard let key = member.key.jsonKey,
                    let value = member.value.json(indent: indent, level: level + 1)
                else { return nil }
                return "\(key): \(value)"
            }
            return Self.block("{", parts, "}", indent, level)
        default: return nil
        }
    }

    private var jsonKey: String? {
        switch self {
        case .text(let text): Self.jsonQuoted(text)
        case .nothing, .bool, .integer, .number: json(indent: nil).map { "\"\($0)\"" }
        default: nil
        }
    }

    private static func block(
        _ opening: String, _ parts: [String?], _ closing: String, _ indent: Int?, _ level: Int
    ) -> String? {
        let known = parts.compactMap(\.self)
        guard known.count == parts.count else { return nil }
        guard let indent, !known.isEmpty else { return opening + known.joined(separator: ", ") + closing }
        let inner = "\n" + String(repeating: " ", count: indent * (level + 1))
        let outer = "\n" + String(repeating: " ", count: indent * level)
        return opening + inner + known.joined(separator: "," + inner) + outer + closing
    }

    private static func jsonQuoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            case _ where scalar.value < 0x20: result += "\\u" + hexadecimal(scalar, 4)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

// MARK: Python's texts

extension String {
    /// Without what Python's `strip` takes from its ends: whitespace, or the given characters.
    func stripped(of characters: String? = nil, left: Bool = true, right: Bool = true) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        func goes(_ scalar: Unicode.Scalar) -> Bool {
            set?.contains(scalar) ?? (scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value))
        }
        var rest = unicodeScalars[...]
        if left { rest = rest.drop(while: goes) }
        while right, let last = rest.last, goes(last) { rest.removeLast() }
        return String(rest)
    }

    /// Cut wherever a separator stands, at most `limit` times.
    func cut(at separator: String, limit: Int? = nil, fromEnd: Bool = false) -> [String] {
        let (bytes, wanted) = (Array(utf8), Array(separator.utf8))
        var places: [Int] = []
        var index = fromEnd ? bytes.count - wanted.count : 0
        while index >= 0, index + wanted.count <= bytes.count, places.count < limit ?? .max {
            let isHere = bytes[index..<index + wanted.count].elementsEqual(wanted)
            if isHere { places.append(index) }
            index += (isHere ? wanted.count : 1) * (fromEnd ? -1 : 1)
        }
        var parts: [String] = []
        var start = 0
        for place in places.sorted() {
            parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
            start = place + wanted.count
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    /// The words between whitespace, at most `limit` cuts; what is left keeps its whitespace within.
    func words(limit: Int? = nil) -> [String] {
        var parts: [String] = []
        var rest = stripped(right: false)
        while !rest.isEmpty {
            guard parts.count < limit ?? .max else { return parts + [rest] }
            let word = String(rest.unicodeScalars.prefix { !$0.properties.isWhitespace })
            parts.append(word)
            rest = String(rest.unicodeScalars.dropFirst(word.unicodeScalars.count)).stripped(right: false)
        }
        return parts
    }

    /// Every word with a large first letter, the others small.
    var titled: String {
        var result = ""
        var isInWord = false
        for scalar in unicodeScalars {
            let isLetter = scalar.properties.isCased
            let mapping = isInWord ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            result += isLetter ? mapping : String(Character(scalar))
            isInWord = isLetter
        }
        return result
    }

    /// The first letter large, the others small.
    var capitalizedFirst: String {
        guard let first = unicodeScalars.first else { return "" }
        return first.properties.titlecaseMapping + String(unicodeScalars.dropFirst()).lowercased()
    }
}
