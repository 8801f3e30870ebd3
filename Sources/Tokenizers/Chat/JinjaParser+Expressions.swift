extension JinjaParser {
    /// An expression, or several with commas between them.
    ///
    /// - Parameter hasChoice: whether `a if b else c` may stand there.
    mutating func tuple(hasChoice: Bool = true) throws(JinjaFailure) -> JinjaExpression {
        let offset = current.offset
        let first =
            hasChoice ? try expression() : try nested { p throws(JinjaFailure) in try p.disjunction() }
        guard isSymbol(",") else { return first }
        var elements = [first]
        while takeSymbol(",") {
            if current.kind == .variableEnd || current.kind == .blockEnd || isSymbol(")") { break }
            elements.append(try expression())
        }
        return JinjaExpression(kind: .tuple(elements), offset: offset)
    }

    mutating func expression() throws(JinjaFailure) -> JinjaExpression {
        try nested { parser throws(JinjaFailure) in
            let offset = parser.current.offset
            var result = try parser.disjunction()
            while parser.takeName("if") {
                let condition = try parser.disjunction()
                let other = parser.takeName("else") ? try parser.expression() : nil
                result = JinjaExpression(
                    kind: .choice(if: condition, then: result, else: other), offset: offset)
            }
            return result
        }
    }

    private mutating func disjunction() throws(JinjaFailure) -> JinjaExpression {
        var left = try conjunction()
        while takeName("or") {
            left = JinjaExpression(kind: .or(left, try conjunction()), offset: left.offset)
        }
        return left
    }

    private mutating func conjunction() throws(JinjaFailure) -> JinjaExpression {
        var left = try negation()
        while takeName("and") {
            left = JinjaExpression(kind: .and(left, try negation()), offset: left.offset)
        }
        return left
    }

    private mutating func negation() throws(JinjaFailure) -> JinjaExpression {
        let offset = current.offset
        guard takeName("not") else { return try comparison() }
        let negated = try nested { parser throws(JinjaFailure) in try parser.negation() }
        return JinjaExpression(kind: .not(negated), offset: offset)
    }

    private mutating func comparison() throws(JinjaFailure) -> JinjaExpression {
        let first = try sum()
        var rest: [(operation: String, JinjaExpression)] = []
        while let operation = comparisonOperation() { rest.append((operation, try sum())) }
        return rest.isEmpty ? first : JinjaExpression(kind: .comparison(first, rest), offset: first.offset)
    }

    private mutating func comparisonOperation() -> String? {
        if case .symbol(let symbol) = current.kind, ["==", "!=", "<", "<=", ">", ">="].contains(symbol) {
            advance()
            return symbol
        }
        if takeName("in") { return "in" }
        guard isName("not"), next.kind == .name("in") else { return nil }
        advance()
        advance()
        return "not in"
    }

    private mutating func sum() throws(JinjaFailure) -> JinjaExpression {
        try arithmetic(["+", "-"]) { parser throws(JinjaFailure) in try parser.joined() }
    }

    private mutating func joined() throws(JinjaFailure) -> JinjaExpression {
        let first = try product()
        guard isSymbol("~") else { return first }
        var parts = [first]
        while takeSymbol("~") { parts.append(try product()) }
        return JinjaExpression(kind: .joined(parts), offset: first.offset)
    }

    private mutating func product() throws(JinjaFailure) -> JinjaExpression {
        try arithmetic(["*", "/", "//", "%"]) { parser throws(JinjaFailure) in
            try parser.arithmetic(["**"]) { inner throws(JinjaFailure) in try inner.signed(hasFilters: true) }
        }
    }

    /// Operands with operations of one rank between them, worked off from the left.
    private mutating func arithmetic(
        _ operations: [String], _ operand: (inout Self) throws(JinjaFailure) -> JinjaExpression
    ) throws(JinjaFailure) -> JinjaExpression {
        var left = try operand(&self)
        while case .symbol(let symbol) = current.kind, operations.contains(symbol) {
            advance()
            left = JinjaExpression(kind: .arithmetic(symbol, left, try operand(&self)), offset: left.offset)
        }
        return left
    }

    private mutating func signed(hasFilters: Bool) throws(JinjaFailure) -> JinjaExpression {
        let offset = current.offset
        var result: JinjaExpression
        if isSymbol("-") || isSymbol("+") {
            let isMinus = takeSymbol("-") || !takeSymbol("+")
            let operand = try nested { parser throws(JinjaFailure) in try parser.signed(hasFilters: false) }
            result = JinjaExpression(kind: .sign(operand, isMinus: isMinus), offset: offset)
        } else {
            result = try primary()
        }
        result = try postfixed(result)
        return hasFilters ? try filtered(result) : result
    }

    private mutating func primary() throws(JinjaFailure) -> JinjaExpression {
        let offset = current.offset
        func made(_ kind: JinjaExpression.Kind) -> JinjaExpression {
            JinjaExpression(kind: kind, offset: offset)
        }
        switch current.kind {
        case .name(let name):
            advance()
            return made(Self.constant(name) ?? .name(name))
        case .string(var text):
            advance()
            while case .string(let more) = current.kind {
                text += more
                advance()
            }
            return made(.text(text))
        case .integer(let number):
            advance()
            return made(.integer(number))
        case .number(let number):
            advance()
            return made(.number(number))
        case .symbol("("):
            advance()
            let result = isSymbol(")") ? made(.tuple([])) : try tuple()
            try expect(.symbol(")"), "')'")
            return result
        case .symbol("["):
            return made(.list(try elements()))
        case .symbol("{"):
            return made(.mapping(try members()))
        default:
            throw unexpected("a value")
        }
    }

    private static func constant(_ name: String) -> JinjaExpression.Kind? {
        switch name {
        case "true", "True": .bool(true)
        case "false", "False": .bool(false)
        case "none", "None": JinjaExpression.Kind.nothing
        default: nil
        }
    }

    private mutating func elements() throws(JinjaFailure) -> [JinjaExpression] {
        advance()
        var result: [JinjaExpression] = []
        while !isSymbol("]") {
            if !result.isEmpty { try expect(.symbol(","), "',' or ']'") }
            if isSymbol("]") { break }
            result.append(try expression())
        }
        advance()
        return result
    }

    private mutating func members() throws(JinjaFailure) -> [(key: JinjaExpression, value: JinjaExpression)] {
        advance()
        var result: [(key: JinjaExpression, value: JinjaExpression)] = []
        while !isSymbol("}") {
            if !result.isEmpty { try expect(.symbol(","), "',' or '}'") }
            if isSymbol("}") { break }
            let key = try expression()
            try expect(.symbol(":"), "':'")
            result.append((key, try expression()))
        }
        advance()
        return result
    }

    // MARK: What follows a value

    private mutating func postfixed(_ value: JinjaExpression) throws(JinjaFailure) -> JinjaExpression {
        var result = value
        while true {
            let offset = current.offset
            if takeSymbol(".") {
                if case .integer(let number) = current.kind {
                    advance()
                    let item = JinjaExpression(kind: .integer(number), offset: offset)
                    result = JinjaExpression(kind: .item(of: result, item), offset: offset)
                } else {
                    result = JinjaExpression(kind: .attribute(of: result, try expectName()), offset: offset)
                }
            } else if isSymbol("[") {
                result = try subscripted(result)
            } else if isSymbol("(") {
                result = JinjaExpression(kind: .call(result, try arguments()), offset: offset)
            } else {
                return result
            }
        }
    }

    private mutating func subscripted(_ value: JinjaExpression) throws(JinjaFailure) -> JinjaExpression {
        let offset = current.offset
        advance()
        let first = isSymbol(":") ? nil : try expression()
        guard takeSymbol(":") else {
            guard let first, !isSymbol(",") else { throw unsupported("an index of several parts") }
            try expect(.symbol("]"), "']'")
            return JinjaExpression(kind: .item(of: value, first), offset: offset)
        }
        let last = isSymbol(":") || isSymbol("]") ? nil : try expression()
        let step = takeSymbol(":") && !isSymbol("]") ? try expression() : nil
        try expect(.symbol("]"), "']'")
        return JinjaExpression(kind: .slice(of: value, from: first, to: last, step: step), offset: offset)
    }

    private mutating func filtered(_ value: JinjaExpression) throws(JinjaFailure) -> JinjaExpression {
        var result = value
        while true {
            let offset = current.offset
            if takeSymbol("|") {
                let name = try expectName()
                let arguments = isSymbol("(") ? try arguments() : JinjaArguments()
                result = JinjaExpression(kind: .filter(result, name, arguments), offset: offset)
            } else if takeName("is") {
                result = try test(of: result, offset)
            } else if isSymbol("(") {
                result = JinjaExpression(kind: .call(result, try arguments()), offset: offset)
            } else {
                return result
            }
        }
    }

    private mutating func test(of value: JinjaExpression, _ offset: Int) throws(JinjaFailure)
        -> JinjaExpression
    {
        let isNegated = takeName("not")
        let name = try expectName()
        var arguments = JinjaArguments()
        switch current.kind {
        case .symbol("("):
            arguments = try self.arguments()
        case .name("else"), .name("or"), .name("and"):
            break
        case .name("is"):
            throw syntax("tests cannot follow each other; put an 'and' between them")
        case .name, .string, .integer, .number, .symbol("["), .symbol("{"):
            arguments.positional = [try postfixed(try primary())]
        default:
            break
        }
        let test = JinjaExpression(kind: .test(value, name, arguments), offset: offset)
        return isNegated ? JinjaExpression(kind: .not(test), offset: offset) : test
    }

    private mutating func arguments() throws(JinjaFailure) -> JinjaArguments {
        advance()
        var result = JinjaArguments()
        while !isSymbol(")") {
            if !result.positional.isEmpty || !result.named.isEmpty { try expect(.symbol(","), "',' or ')'") }
            if isSymbol(")") { break }
            if isSymbol("*") || isSymbol("**") { throw unsupported("arguments from a list ('*')") }
            if case .name(let name) = current.kind, next.kind == .symbol("=") {
                advance()
                advance()
                result.named.append((name, try expression()))
            } else if result.named.isEmpty {
                result.positional.append(try expression())
            } else {
                throw syntax("an argument without a name follows one with a name")
            }
        }
        advance()
        return result
    }
}
