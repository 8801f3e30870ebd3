extension JinjaRun {
    func value(_ expression: JinjaExpression, _ scope: JinjaScope) throws(JinjaFailure) -> JinjaValue {
        let offset = expression.offset
        try charge(offset)
        return try deeper(offset) { () throws(JinjaFailure) in
            switch expression.kind {
            case .nothing: .nothing
            case .bool(let truth): .bool(truth)
            case .integer(let number): .integer(number)
            case .number(let number): .number(number)
            case .text(let text): .text(text)
            case .name(let name): try named(name, scope, offset)
            case .list(let elements): try checked(.list(try values(elements, scope)), offset)
            case .tuple(let elements): try checked(.tuple(try values(elements, scope)), offset)
            case .mapping(let members): try checked(try mapping(members, scope), offset)
            default: try computed(expression, scope)
            }
        }
    }

    private func computed(_ expression: JinjaExpression, _ scope: JinjaScope) throws(JinjaFailure)
        -> JinjaValue
    {
        let offset = expression.offset
        switch expression.kind {
        case .attribute(let owner, let name):
            return try attribute(name, of: try value(owner, scope), offset)
        case .item(let owner, let key):
            return try item(try value(key, scope), of: try value(owner, scope), offset)
        case .slice(let owner, let from, let to, let step):
            return try slice(try value(owner, scope), from, to, step, scope, offset)
        case .call(let callee, let arguments):
            return try call(try value(callee, scope), try call(arguments, scope, offset))
        case .filter(let operand, let name, let arguments):
            return try filtered(try value(operand, scope), name, try call(arguments, scope, offset))
        case .test(let operand, let name, let arguments):
            return .bool(try passes(try value(operand, scope), name, try call(arguments, scope, offset)))
        default:
            return try combined(expression, scope)
        }
    }

    private func combined(_ expression: JinjaExpression, _ scope: JinjaScope) throws(JinjaFailure)
        -> JinjaValue
    {
        switch expression.kind {
        case .not(let operand):
            return .bool(!(try value(operand, scope).isTrue))
        case .sign(let operand, let isMinus):
            return try signed(try value(operand, scope), isMinus, expression.offset)
        case .and(let left, let right):
            let first = try value(left, scope)
            return first.isTrue ? try value(right, scope) : first
        case .or(let left, let right):
            let first = try value(left, scope)
            return first.isTrue ? first : try value(right, scope)
        case .arithmetic(let operation, let left, let right):
            return try arithmetic(
                operation, try value(left, scope), try value(right, scope), expression.offset)
        case .joined(let parts):
            return try bounded(try values(parts, scope).map(\.written).joined(), expression.offset)
        case .comparison(let first, let rest):
            return try compared(first, rest, scope)
        case .choice(let condition, let then, let otherwise):
            if try value(condition, scope).isTrue { return try value(then, scope) }
            return try otherwise.map { other throws(JinjaFailure) in try value(other, scope) }
                ?? .undefined("the other side of an 'if' without 'else'")
        default:
            preconditionFailure("JinjaRun: an expression that is computed nowhere")
        }
    }

    func values(_ expressions: [JinjaExpression], _ scope: JinjaScope) throws(JinjaFailure) -> [JinjaValue] {
        var result: [JinjaValue] = []
        for expression in expressions { result.append(try value(expression, scope)) }
        return result
    }

    private func mapping(
        _ members: [(key: JinjaExpression, value: JinjaExpression)], _ scope: JinjaScope
    ) throws(JinjaFailure) -> JinjaValue {
        if members.count > JinjaLimits.members {
            throw JinjaFailure(
                kind: .limit(JinjaLimits.members), reason: "members of a mapping",
                offset: members[0].key.offset)
        }
        var pairs: [(key: JinjaValue, value: JinjaValue)] = []
        for member in members { pairs.append((try value(member.key, scope), try value(member.value, scope))) }
        return .mapping(unique: pairs)
    }

    private func call(
        _ arguments: JinjaArguments, _ scope: JinjaScope, _ offset: Int
    ) throws(JinjaFailure) -> JinjaCall {
        var named: [(name: String, value: JinjaValue)] = []
        for argument in arguments.named { named.append((argument.name, try value(argument.value, scope))) }
        return JinjaCall(positional: try values(arguments.positional, scope), named: named, offset: offset)
    }

    // MARK: Names, members, parts

    private func named(_ name: String, _ scope: JinjaScope, _ offset: Int) throws(JinjaFailure) -> JinjaValue
    {
        if let value = scope.value(name) { return value }
        if Self.functions.contains(name) { return .function(name) }
        if ["caller", "varargs", "kwargs", "self", "super", "cycler", "joiner", "lipsum"].contains(name) {
            throw JinjaFailure(kind: .unsupported, reason: "'\(name)'", offset: offset)
        }
        return .undefined("'\(name)'")
    }

    private func attribute(
        _ name: String, of owner: JinjaValue, _ offset: Int
    ) throws(JinjaFailure) -> JinjaValue {
        switch owner {
        case .undefined(let words):
            throw failure("\(words) is undefined, so it has no '\(name)'", offset)
        case .namespace(let namespace):
            return namespace.members[name] ?? .undefined("'\(name)' of a namespace")
        case .loop(let state):
            if name == "cycle" { return .method(of: owner, name) }
            guard let member = state.member(name) else {
                throw JinjaFailure(kind: .unsupported, reason: "'loop.\(name)'", offset: offset)
            }
            return member
        case .mapping where !Self.mappingMethods.contains(name):
            return owner.member(.text(name)) ?? .undefined("'\(name)'")
        case .mapping:
            return .method(of: owner, name)
        case .text where Self.textMethods.contains(name):
            return .method(of: owner, name)
        case .list where Self.listMethods.contains(name):
            return .method(of: owner, name)
        default:
            return .undefined("'\(name)' of \(owner.kind)")
        }
    }

    private func item(
        _ key: JinjaValue, of owner: JinjaValue, _ offset: Int
    ) throws(JinjaFailure) -> JinjaValue {
        switch owner {
        case .undefined(let words):
            throw failure("\(words) is undefined, so it has no parts", offset)
        case .mapping:
            return owner.member(key) ?? .undefined("'\(key.written)'")
        case .namespace(let namespace):
            return namespace.members[key.written] ?? .undefined("'\(key.written)' of a namespace")
        case .list(let elements), .tuple(let elements):
            return Self.element(key, of: elements) ?? .undefined("part \(key.written) of a list")
        case .text:
            return Self.element(key, of: owner.elements ?? []) ?? .undefined("part \(key.written) of a text")
        default:
            return .undefined("'\(key.written)' of \(owner.kind)")
        }
    }

    private static func element(_ key: JinjaValue, of elements: [JinjaValue]) -> JinjaValue? {
        guard let number = key.asInteger else { return nil }
        let index = number < 0 ? number + elements.count : number
        return elements.indices.contains(index) ? elements[index] : nil
    }

    private func slice(
        _ owner: JinjaValue, _ from: JinjaExpression?, _ to: JinjaExpression?, _ step: JinjaExpression?,
        _ scope: JinjaScope, _ offset: Int
    ) throws(JinjaFailure) -> JinjaValue {
        func bound(_ expression: JinjaExpression?) throws(JinjaFailure) -> Int? {
            guard let expression else { return nil }
            let found = try value(expression, scope)
            if case .nothing = found { return nil }
            guard let number = found.asInteger else {
                throw failure("\(found.kind) is no place in a list", offset)
            }
            return number
        }
        let stride = try bound(step) ?? 1
        guard stride != 0 else { throw failure("a slice cannot go by steps of 0", offset) }
        let elements = try elements(of: owner, offset)
        try charge(elements.count / 16, offset)
        let picked = Self.indices(elements.count, try bound(from), try bound(to), stride).map { elements[$0] }
        switch owner {
        case .text: return .text(picked.map(\.written).joined())
        case .tuple: return .tuple(picked)
        case .list: return .list(picked)
        default: throw failure("\(owner.kind) cannot be cut", offset)
        }
    }

    /// The places that Python's slice takes.
    private static func indices(_ count: Int, _ from: Int?, _ to: Int?, _ step: Int) -> [Int] {
        func clamped(_ place: Int, _ low: Int, _ high: Int) -> Int {
            min(max(place < 0 ? place.addingReportingOverflow(count).partialValue : place, low), high)
        }
        if step > 0 {
            return Array(
                Swift.stride(
                    from: from.map { clamped($0, 0, count) } ?? 0,
                    to: to.map { clamped($0, 0, count) } ?? count, by: step))
        }
        return Array(
            Swift.stride(
                from: from.map { clamped($0, -1, count - 1) } ?? count - 1,
                to: to.map { clamped($0, -1, count - 1) } ?? -1, by: step))
    }

    // MARK: Operations

    private func compared(
        _ first: JinjaExpression, _ rest: [(operation: String, JinjaExpression)], _ scope: JinjaScope
    ) throws(JinjaFailure) -> JinjaValue {
        var left = try value(first, scope)
        for (operation, operand) in rest {
            let right = try value(operand, scope)
            guard try holds(operation, left, right, operand.offset) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    func holds(
        _ operation: String, _ left: JinjaValue, _ right: JinjaValue, _ offset: Int
    ) throws(JinjaFailure) -> Bool {
        switch operation {
        case "==": return left == right
        case "!=": return left != right
        case "in": return try contains(right, left, offset)
        case "not in": return !(try contains(right, left, offset))
        default: break
        }
        guard let isBefore = left.precedes(right), let isBehind = right.precedes(left) else {
            throw failure("\(left.kind) and \(right.kind) have no order", offset)
        }
        switch operation {
        case "<": return isBefore
        case ">": return isBehind
        case "<=": return isBefore || left == right
        default: return isBehind || left == right
        }
    }

    private func contains(_ whole: JinjaValue, _ part: JinjaValue, _ offset: Int) throws(JinjaFailure) -> Bool
    {
        if case .text(let text) = whole {
            guard case .text(let wanted) = part else {
                throw failure("\(part.kind) cannot be a part of a text", offset)
            }
            return wanted.isEmpty || text.cut(at: wanted, limit: 1).count > 1
        }
        let elements = try elements(of: whole, offset)
        try charge(elements.count / 16, offset)
        return elements.contains(part)
    }

    private func signed(_ value: JinjaValue, _ isMinus: Bool, _ offset: Int) throws(JinjaFailure)
        -> JinjaValue
    {
        if case .number(let number) = value { return .number(isMinus ? -number : number) }
        guard let number = value.asInteger, number != .min else {
            throw failure("\(value.kind) has no sign", offset)
        }
        return .integer(isMinus ? -number : number)
    }

    private func arithmetic(
        _ operation: String, _ left: JinjaValue, _ right: JinjaValue, _ offset: Int
    ) throws(JinjaFailure) -> JinjaValue {
        if let first = left.asInteger, let second = right.asInteger {
            guard let result = JinjaArithmetic.whole(operation, first, second) else {
                throw broken(operation, left, right, offset)
            }
            return result
        }
        if let (first, second) = JinjaValue.numbers(left, right) {
            guard let result = JinjaArithmetic.real(operation, first, second) else {
                throw broken(operation, left, right, offset)
            }
            return result
        }
        switch (operation, left, right) {
        case ("+", .text(let first), .text(let second)):
            return try bounded(first + second, offset)
        case ("+", .list(let first), .list(let second)):
            return .list(try bounded(first, second, offset))
        case ("+", .tuple(let first), .tuple(let second)):
            return .tuple(try bounded(first, second, offset))
        case ("*", .text(let text), _):
            guard let count = right.asInteger else { break }
            guard count <= 0 || text.utf8.count <= JinjaLimits.outputBytes / count else {
                throw JinjaFailure(
                    kind: .limit(JinjaLimits.outputBytes), reason: "bytes of text", offset: offset)
            }
            return .text(String(repeating: text, count: max(0, count)))
        case ("%", .text, _):
            throw JinjaFailure(kind: .unsupported, reason: "'%' on a text", offset: offset)
        default:
            break
        }
        throw broken(operation, left, right, offset)
    }

    private func broken(
        _ operation: String, _ left: JinjaValue, _ right: JinjaValue, _ offset: Int
    ) -> JinjaFailure {
        failure("\(left.kind) \(operation) \(right.kind) has no result", offset)
    }

    func bounded(_ text: String, _ offset: Int) throws(JinjaFailure) -> JinjaValue {
        try charge(text.utf8.count / 64, offset)
        guard text.utf8.count <= JinjaLimits.outputBytes else {
            throw JinjaFailure(kind: .limit(JinjaLimits.outputBytes), reason: "bytes of text", offset: offset)
        }
        return .text(text)
    }

    private func bounded(
        _ first: [JinjaValue], _ second: [JinjaValue], _ offset: Int
    ) throws(JinjaFailure) -> [JinjaValue] {
        let count = first.count + second.count
        try charge(count / 16, offset)
        guard count <= JinjaLimits.elements else {
            throw JinjaFailure(kind: .limit(JinjaLimits.elements), reason: "elements", offset: offset)
        }
        return first + second
    }
}

/// Python's arithmetic; nil where there is no result, or none that fits.
enum JinjaArithmetic {
    static func whole(_ operation: String, _ left: Int, _ right: Int) -> JinjaValue? {
        switch operation {
        case "+": exact(left.addingReportingOverflow(right))
        case "-": exact(left.subtractingReportingOverflow(right))
        case "*": exact(left.multipliedReportingOverflow(by: right))
        case "/": right == 0 ? nil : .number(Double(left) / Double(right))
        case "//": floor(left, right).map { .integer($0.quotient) }
        case "%": floor(left, right).map { .integer($0.remainder) }
        default: power(left, right)
        }
    }

    static func real(_ operation: String, _ left: Double, _ right: Double) -> JinjaValue? {
        switch operation {
        case "+": return .number(left + right)
        case "-": return .number(left - right)
        case "*": return .number(left * right)
        case "/": return right == 0 ? nil : .number(left / right)
        case "//": return right == 0 ? nil : .number((left / right).rounded(.down))
        case "%": return right == 0 ? nil : .number(left - right * (left / right).rounded(.down))
        default: return nil
        }
    }

    private static func exact(_ result: (partialValue: Int, overflow: Bool)) -> JinjaValue? {
        result.overflow ? nil : .integer(result.partialValue)
    }

    /// The quotient rounded down, and what is left.
    private static func floor(_ left: Int, _ right: Int) -> (quotient: Int, remainder: Int)? {
        guard right != 0, !(left == .min && right == -1) else { return nil }
        let (quotient, remainder) = left.quotientAndRemainder(dividingBy: right)
        return remainder != 0 && (remainder < 0) != (right < 0)
            ? (quotient - 1, remainder + right) : (quotient, remainder)
    }

    private static func power(_ base: Int, _ exponent: Int) -> JinjaValue? {
        guard (0...64).contains(exponent) else { return nil }
        var result = 1
        for _ in 0..<exponent {
            let (next, overflow) = result.multipliedReportingOverflow(by: base)
            if overflow { return nil }
            result = next
        }
        return .integer(result)
    }
}
