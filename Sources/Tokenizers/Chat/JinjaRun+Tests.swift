extension JinjaRun {
    /// Whether a value passes the test of a name.
    func passes(_ value: JinjaValue, _ name: String, _ call: JinjaCall) throws(JinjaFailure) -> Bool {
        switch name {
        case "defined", "undefined":
            if case .undefined = value { return name == "undefined" }
            return name == "defined"
        case "none", "string", "mapping", "sequence", "iterable", "number", "integer", "float", "boolean",
            "true",
            "false", "callable":
            return Self.isOf(kind: name, value)
        case "odd", "even", "divisibleby":
            return try divides(value, name, call)
        case "lower", "upper":
            let text = value.written
            return text == Self.recased(text, name) && text.unicodeScalars.contains { $0.properties.isCased }
        default:
            return try compares(value, name, call)
        }
    }

    private static func isOf(kind: String, _ value: JinjaValue) -> Bool {
        switch (kind, value) {
        case ("none", .nothing), ("string", .text), ("mapping", .mapping), ("float", .number),
            ("boolean", .bool),
            ("integer", .integer), ("number", .integer), ("number", .number), ("number", .bool),
            ("true", .bool(true)), ("false", .bool(false)),
            ("callable", .macro), ("callable", .function), ("callable", .method):
            true
        case ("sequence", .text), ("sequence", .list), ("sequence", .tuple), ("sequence", .mapping),
            ("sequence", .undefined):
            true
        case ("iterable", _): value.elements != nil
        default: false
        }
    }

    private func divides(_ value: JinjaValue, _ name: String, _ call: JinjaCall) throws(JinjaFailure) -> Bool
    {
        let divisor = name == "divisibleby" ? call.argument(0, "num")?.asInteger : 2
        guard let number = value.asInteger, let divisor, divisor != 0 else {
            throw failure("\(value.kind) cannot be tested for '\(name)'", call.offset)
        }
        return (number.remainderReportingOverflow(dividingBy: divisor).partialValue == 0) == (name != "odd")
    }

    private func compares(_ value: JinjaValue, _ name: String, _ call: JinjaCall) throws(JinjaFailure) -> Bool
    {
        let operations = [
            "eq": "==", "equalto": "==", "==": "==", "ne": "!=", "!=": "!=", "lt": "<", "lessthan": "<",
            "<": "<",
            "le": "<=", "<=": "<=", "gt": ">", "greaterthan": ">", ">": ">", "ge": ">=", ">=": ">=",
            "in": "in",
        ]
        guard let operation = operations[name] else {
            throw JinjaFailure(kind: .unsupported, reason: "the test '\(name)'", offset: call.offset)
        }
        guard let other = call.positional.first else { throw failure("'\(name)' needs a value", call.offset) }
        return try holds(operation, value, other, call.offset)
    }
}
