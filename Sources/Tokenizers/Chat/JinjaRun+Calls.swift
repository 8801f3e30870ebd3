extension JinjaRun {
    /// What may be called by its name.
    static let functions: Set<String> = ["range", "namespace", "dict", "raise_exception", "strftime_now"]
    static let textMethods: Set<String> = [
        "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith",
        "removeprefix",
        "removesuffix", "replace", "find", "count", "join", "upper", "lower", "title", "capitalize",
        "isdigit",
    ]
    static let listMethods: Set<String> = changes.union(["count", "index", "copy"])
    /// Methods that would change a value, which transformers' sandbox refuses.
    private static let changes: Set<String> = [
        "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault",
        "popitem",
    ]
    static let mappingMethods: Set<String> = [
        "items", "keys", "values", "get", "pop", "update", "setdefault", "clear", "copy", "popitem",
        "fromkeys",
    ]

    func call(_ callee: JinjaValue, _ call: JinjaCall) throws(JinjaFailure) -> JinjaValue {
        switch callee {
        case .macro(let macro, let home): return try self.call(macro, home, call)
        case .function(let name): return try function(name, call)
        case .method(of: .loop(let state), _):
            guard !call.positional.isEmpty else { throw failure("'loop.cycle' needs values", call.offset) }
            return call.positional[state.index % call.positional.count]
        case .method(of: .mapping(let members), let name): return try method(name, of: members, call)
        case .method(of: .text(let text), let name): return try method(name, of: text, call)
        case .method(of: .list(let elements), let name): return try method(name, of: elements, call)
        case .undefined(let words):
            throw failure("\(words) is undefined, so it cannot be called", call.offset)
        default: throw failure("\(callee.kind) cannot be called", call.offset)
        }
    }

    private func function(_ name: String, _ call: JinjaCall) throws(JinjaFailure) -> JinjaValue {
        switch name {
        case "range":
            return .list(try range(call))
        case "namespace":
            let members = try members(call)
            return .namespace(
                JinjaNamespace(Dictionary(members.map { ($0.key.written, $0.value) }) { $1 }))
        case "dict":
            return try checked(.mapping(unique: try members(call)), call.offset)
        case "strftime_now":
            let format = try text(call, 0, "format")
            do throws(JinjaClock.UnknownDirective) {
                return .text(try clock.written(format))
            } catch {
                throw JinjaFailure(
                    kind: .unsupported, reason: "the date part '\(error.name)'", offset: call.offset)
            }
        default:
            let message = call.argument(0, "message")?.written ?? ""
            throw JinjaFailure(kind: .refused, reason: message, offset: call.offset)
        }
    }

    private func range(_ call: JinjaCall) throws(JinjaFailure) -> [JinjaValue] {
        let numbers = call.positional.compactMap(\.asInteger)
        guard numbers.count == call.positional.count, (1...3).contains(numbers.count), call.named.isEmpty,
            numbers.count < 3 || numbers[2] != 0
        else { throw failure("'range' takes one to three whole numbers, the third not 0", call.offset) }
        let (first, end, step) =
            numbers.count == 1
            ? (0, numbers[0], 1) : (numbers[0], numbers[1], numbers.count == 3 ? numbers[2] : 1)
        let count = (Double(end) - Double(first)) / Double(step)
        guard count <= Double(JinjaLimits.elements) else {
            throw JinjaFailure(kind: .limit(JinjaLimits.elements), reason: "elements", offset: call.offset)
        }
        return stride(from: first, to: end, by: step).map(JinjaValue.integer)
    }

    /// The members of a new mapping: a mapping or pairs, then names.
    private func members(_ call: JinjaCall) throws(JinjaFailure) -> [(key: JinjaValue, value: JinjaValue)] {
        var result: [(key: JinjaValue, value: JinjaValue)] = []
        if case .mapping(let members)? = call.positional.first {
            result = members
        } else if let pairs = call.positional.first {
            for pair in try elements(of: pairs, call.offset) {
                guard let parts = pair.elements, parts.count == 2 else {
                    throw failure("\(pair.kind) is no pair of a key and a value", call.offset)
                }
                result.append((parts[0], parts[1]))
            }
        }
        guard result.count <= JinjaLimits.members else {
            throw JinjaFailure(
                kind: .limit(JinjaLimits.members), reason: "members of a mapping", offset: call.offset)
        }
        return result + call.named.map { (.text($0.name), $0.value) }
    }

    // MARK: Methods

    private func method(
        _ name: String, of members: [(key: JinjaValue, value: JinjaValue)], _ call: JinjaCall
    ) throws(JinjaFailure) -> JinjaValue {
        switch name {
        case "items": return .list(members.map { .tuple([$0.key, $0.value]) })
        case "keys": return .list(members.map(\.key))
        case "values": return .list(members.map(\.value))
        case "get":
            guard let key = call.argument(0, "key") else { throw failure("'get' needs a key", call.offset) }
            return JinjaValue.mapping(members).member(key) ?? call.argument(1, "default") ?? .nothing
        case "copy": return .mapping(members)
        default: throw changing(name, "a mapping", call)
        }
    }

    private func method(
        _ name: String, of elements: [JinjaValue], _ call: JinjaCall
    ) throws(JinjaFailure) -> JinjaValue {
        switch name {
        case "count":
            return .integer(elements.count { $0 == call.argument(0, "value") })
        case "index":
            guard let index = elements.firstIndex(where: { $0 == call.argument(0, "value") }) else {
                throw failure("the list has no such element", call.offset)
            }
            return .integer(index)
        case "copy": return .list(elements)
        default: throw changing(name, "a list", call)
        }
    }

    private func changing(_ name: String, _ kind: String, _ call: JinjaCall) -> JinjaFailure {
        guard Self.changes.contains(name) else {
            return failure("\(kind) has no method '\(name)' here", call.offset)
        }
        return failure("'\(name)' would change \(kind), which chat templates may not", call.offset)
    }

    private func method(_ name: String, of text: String, _ call: JinjaCall) throws(JinjaFailure) -> JinjaValue
    {
        switch name {
        case "strip", "lstrip", "rstrip":
            let characters = try optionalText(call, 0, "chars")
            return .text(text.stripped(of: characters, left: name != "rstrip", right: name != "lstrip"))
        case "split", "rsplit":
            return .list(try split(text, fromEnd: name == "rsplit", call).map(JinjaValue.text))
        case "splitlines":
            return .list(Self.lines(of: text).map(JinjaValue.text))
        case "startswith", "endswith":
            return .bool(try begins(text, atEnd: name == "endswith", call))
        case "removeprefix", "removesuffix":
            let part = try self.text(call, 0, "part")
            let (has, bytes) = (Self.begins(text, part, atEnd: name == "removesuffix"), part.utf8.count)
            guard has else { return .text(text) }
            let rest = name == "removesuffix" ? text.utf8.dropLast(bytes) : text.utf8.dropFirst(bytes)
            return .text(String(decoding: Array(rest), as: UTF8.self))
        case "replace":
            return try replaced(text, call)
        case "find", "count":
            let parts = text.cut(at: try self.text(call, 0, "part"), limit: name == "find" ? 1 : nil)
            if name == "count" { return .integer(parts.count - 1) }
            return .integer(parts.count > 1 ? parts[0].unicodeScalars.count : -1)
        case "join":
            return try joined(call.argument(0, "parts") ?? .list([]), by: text, call.offset)
        case "upper", "lower", "title", "capitalize":
            return .text(Self.recased(text, name))
        case "isdigit":
            return .bool(
                !text.isEmpty && text.unicodeScalars.allSatisfy { $0.properties.numericType == .decimal })
        default:
            throw failure("a text has no method '\(name)' here", call.offset)
        }
    }

    static func recased(_ text: String, _ name: String) -> String {
        switch name {
        case "upper": text.uppercased()
        case "lower": text.lowercased()
        case "title": text.titled
        default: text.capitalizedFirst
        }
    }

    private func split(_ text: String, fromEnd: Bool, _ call: JinjaCall) throws(JinjaFailure) -> [String] {
        let limit = call.argument(1, "maxsplit")?.asInteger.flatMap { $0 < 0 ? nil : $0 }
        guard let separator = try optionalText(call, 0, "sep") else {
            guard !fromEnd || limit == nil else {
                throw JinjaFailure(
                    kind: .unsupported, reason: "'rsplit' at whitespace with a limit", offset: call.offset)
            }
            return text.words(limit: limit)
        }
        guard !separator.isEmpty else { throw failure("a text cannot be cut at an empty text", call.offset) }
        return text.cut(at: separator, limit: limit, fromEnd: fromEnd)
    }

    private static func lines(of text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for character in text {
            if character == "\n" || character == "\r\n" || character == "\r" {
                lines.append(line)
                line = ""
            } else {
                line.append(character)
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    private func begins(_ text: String, atEnd: Bool, _ call: JinjaCall) throws(JinjaFailure) -> Bool {
        if case .tuple(let choices)? = call.argument(0, "part") {
            return choices.contains { Self.begins(text, $0.written, atEnd: atEnd) }
        }
        return Self.begins(text, try self.text(call, 0, "part"), atEnd: atEnd)
    }

    private static func begins(_ text: String, _ part: String, atEnd: Bool) -> Bool {
        let count = part.utf8.count
        return atEnd ? text.utf8.suffix(count).elementsEqual(part.utf8) : text.utf8.starts(with: part.utf8)
    }

    func replaced(_ text: String, _ call: JinjaCall) throws(JinjaFailure) -> JinjaValue {
        let (old, new) = (try self.text(call, 0, "old"), try self.text(call, 1, "new"))
        let limit = call.argument(2, "count")?.asInteger.flatMap { $0 < 0 ? nil : $0 }
        guard !old.isEmpty else {
            throw JinjaFailure(kind: .unsupported, reason: "'replace' of an empty text", offset: call.offset)
        }
        let parts = text.cut(at: old, limit: limit)
        guard parts.count * new.utf8.count <= JinjaLimits.outputBytes else {
            throw JinjaFailure(
                kind: .limit(JinjaLimits.outputBytes), reason: "bytes of text", offset: call.offset)
        }
        return try bounded(parts.joined(separator: new), call.offset)
    }

    func joined(_ parts: JinjaValue, by separator: String, _ offset: Int) throws(JinjaFailure) -> JinjaValue {
        let elements = try elements(of: parts, offset)
        guard elements.count * separator.utf8.count <= JinjaLimits.outputBytes else {
            throw JinjaFailure(kind: .limit(JinjaLimits.outputBytes), reason: "bytes of text", offset: offset)
        }
        var size = 0
        for element in elements {
            size += element.written.utf8.count
            guard size <= JinjaLimits.outputBytes else { break }
        }
        try charge(size / 64, offset)
        guard size <= JinjaLimits.outputBytes else {
            throw JinjaFailure(kind: .limit(JinjaLimits.outputBytes), reason: "bytes of text", offset: offset)
        }
        return try bounded(elements.map(\.written).joined(separator: separator), offset)
    }

    // MARK: Arguments

    func text(_ call: JinjaCall, _ index: Int, _ name: String) throws(JinjaFailure) -> String {
        guard let text = try optionalText(call, index, name) else {
            throw failure("a text is missing between the parentheses", call.offset)
        }
        return text
    }

    func optionalText(_ call: JinjaCall, _ index: Int, _ name: String) throws(JinjaFailure) -> String? {
        switch call.argument(index, name) {
        case nil, .nothing?: return nil
        case .text(let text)?: return text
        case .some(let other): throw failure("\(other.kind) stands where a text should", call.offset)
        }
    }
}
