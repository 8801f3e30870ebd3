extension JinjaRun {
    func filtered(_ value: JinjaValue, _ name: String, _ call: JinjaCall) throws(JinjaFailure) -> JinjaValue {
        switch name {
        case "trim":
            return .text(value.written.stripped(of: try optionalText(call, 0, "chars")))
        case "upper", "lower", "title", "capitalize":
            return .text(Self.recased(value.written, name))
        case "string", "safe":
            return .text(value.written)
        case "replace":
            return try replaced(value.written, call)
        case "indent":
            return try indented(value.written, call)
        case "tojson":
            return try json(value, call)
        case "default", "d":
            return fallback(value, call)
        case "int", "float", "abs", "round":
            return try number(value, name, call)
        case "length", "count":
            return .integer(try elements(of: value, call.offset).count)
        default:
            return try listed(value, name, call)
        }
    }

    /// The filters of lists.
    private func listed(_ value: JinjaValue, _ name: String, _ call: JinjaCall) throws(JinjaFailure)
        -> JinjaValue
    {
        let known: Set = [
            "list", "first", "last", "join", "reverse", "sort", "unique", "sum", "min", "max", "items",
            "dictsort",
            "map", "select", "reject", "selectattr", "rejectattr",
        ]
        guard known.contains(name) else {
            throw JinjaFailure(kind: .unsupported, reason: "the filter '\(name)'", offset: call.offset)
        }
        if name == "items" || name == "dictsort" { return try pairs(value, name, call) }
        let elements = try elements(of: value, call.offset)
        try charge(elements.count / 16, call.offset)
        switch name {
        case "list": return .list(elements)
        case "first": return elements.first ?? .undefined("the first part of an empty list")
        case "last": return elements.last ?? .undefined("the last part of an empty list")
        case "join":
            let parts = try call.argument(1, "attribute").map { path throws(JinjaFailure) in
                try elements.mapped { element throws(JinjaFailure) in try self.member(path, of: element) }
            }
            return try joined(.list(parts ?? elements), by: try optionalText(call, 0, "d") ?? "", call.offset)
        case "reverse":
            if case .text = value {
                return .text(String(String.UnicodeScalarView(value.written.unicodeScalars.reversed())))
            }
            return .list(elements.reversed())
        case "map": return .list(try mapped(elements, call))
        case "select", "reject", "selectattr", "rejectattr": return .list(try selected(elements, name, call))
        default: return try folded(elements, name, call)
        }
    }

    private func folded(
        _ elements: [JinjaValue], _ name: String, _ call: JinjaCall
    ) throws(JinjaFailure) -> JinjaValue {
        switch name {
        case "unique":
            var seen: [JinjaValue] = []
            for element in elements {
                try charge(seen.count / 16, call.offset)
                if !seen.contains(element) { seen.append(element) }
            }
            return .list(seen)
        case "sum":
            let numbers = elements.compactMap(\.asInteger)
            guard numbers.count == elements.count else {
                throw failure("only whole numbers are added up", call.offset)
            }
            return .integer(numbers.reduce(0) { $0.addingReportingOverflow($1).partialValue })
        case "min", "max":
            let sorted = try sorted(elements, call)
            return (name == "min" ? sorted.first : sorted.last) ?? .undefined("the \(name) of an empty list")
        default:
            let sorted = try sorted(elements, call)
            return .list(call.argument(0, "reverse")?.isTrue == true ? sorted.reversed() : sorted)
        }
    }

    /// Sorted as Jinja does: large and small letters alike, equal elements in their order.
    private func sorted(_ elements: [JinjaValue], _ call: JinjaCall) throws(JinjaFailure) -> [JinjaValue] {
        if call.named.contains(where: { $0.name == "attribute" || $0.name == "case_sensitive" }) {
            throw JinjaFailure(
                kind: .unsupported, reason: "sorting by an attribute or by case", offset: call.offset)
        }
        try charge(elements.count, call.offset)
        let keys = elements.map { element -> JinjaValue in
            if case .text(let text) = element { return .text(text.lowercased()) }
            return element
        }
        for (one, two) in zip(keys, keys.dropFirst()) where one.precedes(two) == nil {
            throw failure("\(one.kind) and \(two.kind) have no order", call.offset)
        }
        let order = keys.indices.sorted {
            keys[$0].precedes(keys[$1]) == true || keys[$0] == keys[$1] && $0 < $1
        }
        return order.map { elements[$0] }
    }

    private func pairs(_ value: JinjaValue, _ name: String, _ call: JinjaCall) throws(JinjaFailure)
        -> JinjaValue
    {
        if case .undefined = value, name == "items" { return .list([]) }
        guard case .mapping(let members) = value else {
            throw failure("\(value.kind) has no members", call.offset)
        }
        guard name == "dictsort" else { return .list(members.map { .tuple([$0.key, $0.value]) }) }
        guard call.positional.isEmpty, call.named.isEmpty else {
            throw JinjaFailure(kind: .unsupported, reason: "'dictsort' with settings", offset: call.offset)
        }
        let sorted = members.sorted {
            JinjaValue.text($0.key.written.lowercased()).precedes(.text($1.key.written.lowercased())) == true
        }
        return .list(sorted.map { .tuple([$0.key, $0.value]) })
    }

    // MARK: Elements one by one

    private func mapped(_ elements: [JinjaValue], _ call: JinjaCall) throws(JinjaFailure) -> [JinjaValue] {
        if let path = call.named.first(where: { $0.name == "attribute" })?.value {
            let fallback = call.named.first { $0.name == "default" }?.value
            return try elements.mapped { element throws(JinjaFailure) in
                let member = try self.member(path, of: element)
                if case .undefined = member, let fallback { return fallback }
                return member
            }
        }
        guard let name = call.positional.first else {
            throw failure("'map' needs a filter's name", call.offset)
        }
        let rest = JinjaCall(
            positional: Array(call.positional.dropFirst()), named: call.named, offset: call.offset)
        return try elements.mapped { element throws(JinjaFailure) in
            try self.charge(call.offset)
            return try self.filtered(element, name.written, rest)
        }
    }

    private func selected(
        _ elements: [JinjaValue], _ name: String, _ call: JinjaCall
    ) throws(JinjaFailure) -> [JinjaValue] {
        var arguments = call.positional[...]
        let path = name.hasSuffix("attr") ? arguments.popFirst() : nil
        guard !name.hasSuffix("attr") || path != nil else {
            throw failure("'\(name)' needs an attribute's name", call.offset)
        }
        let test = arguments.popFirst()?.written
        let rest = JinjaCall(positional: Array(arguments), named: call.named, offset: call.offset)
        var result: [JinjaValue] = []
        for element in elements {
            try charge(call.offset)
            let value = try path.map { path throws(JinjaFailure) in try member(path, of: element) } ?? element
            let holds =
                try test.map { test throws(JinjaFailure) in try passes(value, test, rest) } ?? value.isTrue
            if holds == name.hasPrefix("select") { result.append(element) }
        }
        return result
    }

    /// The member that a path with dots names.
    private func member(_ path: JinjaValue, of value: JinjaValue) throws(JinjaFailure) -> JinjaValue {
        var value = value
        for part in path.written.split(separator: ".", omittingEmptySubsequences: false) {
            let found = Int(part).map(JinjaValue.integer) ?? .text(String(part))
            switch value {
            case .namespace(let namespace): value = namespace.members[String(part)] ?? .undefined("'\(part)'")
            case .list(let elements), .tuple(let elements):
                let index = found.asInteger ?? -1
                value = elements.indices.contains(index) ? elements[index] : .undefined("'\(part)'")
            default:
                value = value.member(found) ?? value.member(.text(String(part))) ?? .undefined("'\(part)'")
            }
        }
        return value
    }

    // MARK: Texts and numbers

    private func fallback(_ value: JinjaValue, _ call: JinjaCall) -> JinjaValue {
        let other = call.argument(0, "default_value") ?? .text("")
        if case .undefined = value { return other }
        return call.argument(1, "boolean")?.isTrue == true && !value.isTrue ? other : value
    }

    private func indented(_ text: String, _ call: JinjaCall) throws(JinjaFailure) -> JinjaValue {
        let width = call.argument(0, "width") ?? .integer(4)
        let count = min(max(width.asInteger ?? 0, 0), 1000)
        let margin = if case .text(let text) = width { text } else { String(repeating: " ", count: count) }
        let takesFirst = call.argument(1, "first")?.isTrue == true
        let takesBlank = call.argument(2, "blank")?.isTrue == true
        let lines = text.cut(at: "\n")
        guard lines.count * margin.utf8.count <= JinjaLimits.outputBytes else {
            throw JinjaFailure(
                kind: .limit(JinjaLimits.outputBytes), reason: "bytes of text", offset: call.offset)
        }
        let moved = lines.enumerated().map { index, line in
            (index > 0 || takesFirst) && (!line.isEmpty || takesBlank) ? margin + line : line
        }
        return try bounded(moved.joined(separator: "\n"), call.offset)
    }

    private func json(_ value: JinjaValue, _ call: JinjaCall) throws(JinjaFailure) -> JinjaValue {
        if let stray = call.named.first(where: { !["indent", "ensure_ascii"].contains($0.name) }) {
            throw JinjaFailure(
                kind: .unsupported, reason: "'tojson' with '\(stray.name)'", offset: call.offset)
        }
        if call.argument(0, "ensure_ascii")?.isTrue == true {
            throw JinjaFailure(
                kind: .unsupported, reason: "'tojson' with 'ensure_ascii'", offset: call.offset)
        }
        let indent = call.argument(1, "indent")?.asInteger.map { min(max($0, 0), 16) }
        guard let text = value.json(indent: indent) else {
            throw failure("\(value.kind) has no form in JSON", call.offset)
        }
        return try bounded(text, call.offset)
    }

    private func number(_ value: JinjaValue, _ name: String, _ call: JinjaCall) throws(JinjaFailure)
        -> JinjaValue
    {
        switch name {
        case "int":
            if let number = value.asInteger { return .integer(number) }
            let text = value.written.stripped()
            if let number = Int(text) { return .integer(number) }
            if let number = Double(text), let whole = Int(exactly: number.rounded(.towardZero)) {
                return .integer(whole)
            }
            return call.argument(0, "default") ?? .integer(0)
        case "float":
            if let number = value.asNumber { return .number(number) }
            return Double(value.written.stripped()).map(JinjaValue.number) ?? call.argument(0, "default")
                ?? .number(0)
        case "abs":
            if case .number(let number) = value { return .number(abs(number)) }
            guard let number = value.asInteger, number != .min else {
                throw failure("\(value.kind) has no size", call.offset)
            }
            return .integer(abs(number))
        default:
            throw JinjaFailure(kind: .unsupported, reason: "the filter 'round'", offset: call.offset)
        }
    }
}

extension Array {
    /// `map` with a typed error.
    fileprivate func mapped<Result>(
        _ transform: (Element) throws(JinjaFailure) -> Result
    ) throws(JinjaFailure) -> [Result] {
        var result: [Result] = []
        for element in self { result.append(try transform(element)) }
        return result
    }
}
