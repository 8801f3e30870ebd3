/// One run of a template: what it has written, what names stand for, and how much it may still use.
final class JinjaRun {
    /// What is being written, outermost first: macros and `set` blocks write into one of their own.
    private var outputs = [""]
    private var written = 0
    private var steps = 0
    private var depth = 0
    /// The date of `strftime_now`.
    let clock: JinjaClock

    init(_ clock: JinjaClock) { self.clock = clock }

    /// How the statements of a body end.
    private enum End { case done, skip, stop }

    func render(_ body: [JinjaStatement], _ scope: JinjaScope) throws(JinjaFailure) -> String {
        _ = try run(body, scope)
        return outputs[0]
    }

    // MARK: Limits

    /// Counts work, so that no template runs for long.
    func charge(_ offset: Int) throws(JinjaFailure) { try charge(1, offset) }

    func charge(_ count: Int, _ offset: Int) throws(JinjaFailure) {
        steps += count
        guard steps <= JinjaLimits.steps else {
            throw JinjaFailure(kind: .limit(JinjaLimits.steps), reason: "steps", offset: offset)
        }
    }

    /// Computes what lies one level deeper.
    func deeper<Result>(
        _ offset: Int, _ compute: () throws(JinjaFailure) -> Result
    ) throws(JinjaFailure) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= JinjaLimits.depth else {
            throw JinjaFailure(kind: .limit(JinjaLimits.depth), reason: "levels of depth", offset: offset)
        }
        return try compute()
    }

    /// A new list or mapping, if it is neither too large nor too deep to be gone through by recursion.
    func checked(_ value: JinjaValue, _ offset: Int) throws(JinjaFailure) -> JinjaValue {
        if case .mapping(let members) = value, members.count > JinjaLimits.members {
            throw JinjaFailure(
                kind: .limit(JinjaLimits.members), reason: "members of a mapping", offset: offset)
        }
        try check(value, levels: JinjaLimits.nesting, offset)
        return value
    }

    private func check(_ value: JinjaValue, levels: Int, _ offset: Int) throws(JinjaFailure) {
        let inner: [JinjaValue]
        switch value {
        case .list(let elements), .tuple(let elements): inner = elements
        case .mapping(let members): inner = members.map(\.value)
        default: return
        }
        guard levels > 0 else {
            throw JinjaFailure(
                kind: .limit(JinjaLimits.nesting), reason: "lists within each other", offset: offset)
        }
        try charge(inner.count, offset)
        for element in inner { try check(element, levels: levels - 1, offset) }
    }

    func failure(_ reason: String, _ offset: Int) -> JinjaFailure {
        JinjaFailure(kind: .failed, reason: reason, offset: offset)
    }

    private func write(_ text: String, _ offset: Int) throws(JinjaFailure) {
        written += text.utf8.count
        guard written <= JinjaLimits.outputBytes else {
            throw JinjaFailure(kind: .limit(JinjaLimits.outputBytes), reason: "bytes of text", offset: offset)
        }
        outputs[outputs.count - 1] += text
    }

    /// What a body writes, as a value.
    private func captured(_ body: [JinjaStatement], _ scope: JinjaScope) throws(JinjaFailure) -> JinjaValue {
        outputs.append("")
        defer { outputs.removeLast() }
        _ = try run(body, scope)
        return .text(outputs[outputs.count - 1])
    }

    // MARK: Statements

    private func run(_ body: [JinjaStatement], _ scope: JinjaScope) throws(JinjaFailure) -> End {
        for statement in body {
            let end = try run(statement, scope)
            if end != .done { return end }
        }
        return .done
    }

    private func run(_ statement: JinjaStatement, _ scope: JinjaScope) throws(JinjaFailure) -> End {
        switch statement {
        case .text(let text): try write(text, 0)
        case .output(let expression):
            try write(try value(expression, scope).written, expression.offset)
        case .branches(let branches, let otherwise):
            return try choose(branches, otherwise, scope)
        case .loop(let loop): try run(loop, scope)
        case .assignment(let target, let expression):
            try assign(try value(expression, scope), to: target, scope, expression.offset)
        case .capture(let target, let body, let offset):
            let inner = JinjaScope(within: scope)
            let text = try deeper(offset) { () throws(JinjaFailure) in try captured(body, inner) }
            try assign(text, to: target, scope, offset)
        case .macro(let macro): scope.values[macro.name] = .macro(macro, scope)
        case .stop: return .stop
        case .skip: return .skip
        }
        return .done
    }

    private func choose(
        _ branches: [(condition: JinjaExpression, body: [JinjaStatement])], _ otherwise: [JinjaStatement],
        _ scope: JinjaScope
    ) throws(JinjaFailure) -> End {
        for branch in branches {
            guard try value(branch.condition, scope).isTrue else { continue }
            return try deeper(branch.condition.offset) { () throws(JinjaFailure) in
                try run(branch.body, scope)
            }
        }
        return try run(otherwise, scope)
    }

    /// Each round has names of its own: what it sets is forgotten behind it, as in Jinja.
    private func run(_ loop: JinjaLoop, _ scope: JinjaScope) throws(JinjaFailure) {
        let all = try elements(of: try value(loop.values, scope), loop.values.offset)
        var elements: [JinjaValue] = []
        for element in all {
            try charge(loop.offset)
            if let condition = loop.condition {
                let inner = JinjaScope(within: scope)
                try assign(element, to: loop.target, inner, loop.offset)
                guard try value(condition, inner).isTrue else { continue }
            }
            elements.append(element)
        }
        guard !elements.isEmpty else {
            _ = try run(loop.otherwise, JinjaScope(within: scope))
            return
        }
        let state = JinjaLoopState(elements)
        for (index, element) in elements.enumerated() {
            try charge(loop.offset)
            state.index = index
            let inner = JinjaScope(["loop": .loop(state)], within: scope)
            try assign(element, to: loop.target, inner, loop.offset)
            let end = try deeper(loop.offset) { () throws(JinjaFailure) in try run(loop.body, inner) }
            if end == .stop { return }
        }
    }

    func elements(of value: JinjaValue, _ offset: Int) throws(JinjaFailure) -> [JinjaValue] {
        guard let elements = value.elements else {
            throw failure("\(value.kind) has no elements to go through", offset)
        }
        return elements
    }

    private func assign(
        _ value: JinjaValue, to target: JinjaTarget, _ scope: JinjaScope, _ offset: Int
    ) throws(JinjaFailure) {
        switch target {
        case .name(let name):
            scope.values[name] = value
        case .member(let name, let member):
            guard case .namespace(let namespace) = scope.value(name) else {
                throw failure("'\(name)' is no namespace, so '\(name).\(member)' cannot be set", offset)
            }
            namespace.members[member] = value
        case .several(let targets):
            let parts = try elements(of: value, offset)
            guard parts.count == targets.count else {
                throw failure("\(parts.count) values cannot be given to \(targets.count) names", offset)
            }
            for (target, part) in zip(targets, parts) { try assign(part, to: target, scope, offset) }
        }
    }

    // MARK: Macros

    func call(
        _ macro: JinjaMacro, _ home: JinjaScope, _ arguments: JinjaCall
    ) throws(JinjaFailure) -> JinjaValue {
        let scope = JinjaScope(within: home)
        guard arguments.positional.count <= macro.parameters.count else {
            throw failure(
                "the macro '\(macro.name)' takes \(macro.parameters.count) values, not "
                    + "\(arguments.positional.count)", arguments.offset)
        }
        if let stray = arguments.named.first(where: { pair in
            !macro.parameters.contains { $0.name == pair.name }
        }) {
            throw failure("the macro '\(macro.name)' has no parameter '\(stray.name)'", arguments.offset)
        }
        for (index, parameter) in macro.parameters.enumerated() {
            if index < arguments.positional.count {
                scope.values[parameter.name] = arguments.positional[index]
            } else if let given = arguments.named.first(where: { $0.name == parameter.name }) {
                scope.values[parameter.name] = given.value
            } else if let fallback = parameter.fallback {
                scope.values[parameter.name] = try value(fallback, scope)
            } else {
                scope.values[parameter.name] = .undefined("'\(parameter.name)'")
            }
        }
        return try deeper(arguments.offset) { () throws(JinjaFailure) in try captured(macro.body, scope) }
    }
}

/// The values that a macro, a function, a filter or a test is given.
struct JinjaCall {
    var positional: [JinjaValue]
    var named: [(name: String, value: JinjaValue)]
    var offset: Int

    /// The value in some place or of some name.
    func argument(_ index: Int, _ name: String) -> JinjaValue? {
        if index < positional.count { return positional[index] }
        return named.first { $0.name == name }?.value
    }
}
