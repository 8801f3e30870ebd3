/// Makes statements of tokens. The grammar is Jinja's own; what is left of it is refused by its name.
struct JinjaParser {
    private var tokens: [JinjaToken]
    private var index = 0
    private var nesting = 0
    private var loops = 0

    init(_ tokens: [JinjaToken]) { self.tokens = tokens }

    mutating func template() throws(JinjaFailure) -> [JinjaStatement] {
        let body = try statements(until: [])
        guard current.kind == .end else { throw unexpected("the end of the template") }
        return body
    }

    // MARK: Tokens

    var current: JinjaToken { tokens[index] }
    var next: JinjaToken { tokens[min(index + 1, tokens.count - 1)] }

    mutating func advance() { index = min(index + 1, tokens.count - 1) }

    func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }
    func isName(_ name: String) -> Bool { current.kind == .name(name) }

    /// Goes past a symbol or a name that may be there.
    mutating func takeSymbol(_ symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func takeName(_ name: String) -> Bool {
        guard isName(name) else { return false }
        advance()
        return true
    }

    mutating func expect(_ kind: JinjaToken.Kind, _ words: String) throws(JinjaFailure) {
        guard current.kind == kind else { throw unexpected(words) }
        advance()
    }

    mutating func expectName() throws(JinjaFailure) -> String {
        guard case .name(let name) = current.kind else { throw unexpected("a name") }
        advance()
        return name
    }

    func unexpected(_ wanted: String) -> JinjaFailure {
        let found =
            switch current.kind {
            case .text: "text"
            case .variableStart: "'{{'"
            case .variableEnd: "'}}'"
            case .blockStart: "'{%'"
            case .blockEnd: "'%}'"
            case .name(let name): "'\(name)'"
            case .string: "a text in quotes"
            case .integer, .number: "a number"
            case .symbol(let symbol): "'\(symbol)'"
            case .end: "the end of the template"
            }
        return syntax("\(found) stands where \(wanted) should")
    }

    func syntax(_ reason: String) -> JinjaFailure {
        JinjaFailure(kind: .syntax, reason: reason, offset: current.offset)
    }

    func unsupported(_ construct: String) -> JinjaFailure {
        JinjaFailure(kind: .unsupported, reason: construct, offset: current.offset)
    }

    /// Reads what lies one level deeper.
    mutating func nested<Result>(
        _ read: (inout Self) throws(JinjaFailure) -> Result
    ) throws(JinjaFailure) -> Result {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= JinjaLimits.nesting else {
            throw JinjaFailure(
                kind: .limit(JinjaLimits.nesting), reason: "levels of nesting", offset: current.offset)
        }
        return try read(&self)
    }

    // MARK: Statements

    /// Statements up to a block that starts with one of some names; that name is the current token then.
    private mutating func statements(until ends: [String]) throws(JinjaFailure) -> [JinjaStatement] {
        try nested { parser throws(JinjaFailure) in
            var result: [JinjaStatement] = []
            while parser.current.kind != .end {
                switch parser.current.kind {
                case .text(let text):
                    result.append(.text(text))
                    parser.advance()
                case .variableStart:
                    parser.advance()
                    result.append(.output(try parser.tuple()))
                    try parser.expect(.variableEnd, "'}}'")
                default:
                    parser.advance()
                    guard case .name(let name) = parser.current.kind else {
                        throw parser.unexpected("a name")
                    }
                    if ends.contains(name) { return result }
                    try parser.block(name, to: &result)
                }
            }
            guard ends.isEmpty else {
                throw parser.syntax("a block is not closed; \(ends.joined(separator: " or ")) is missing")
            }
            return result
        }
    }

    private mutating func block(_ name: String, to result: inout [JinjaStatement]) throws(JinjaFailure) {
        switch name {
        case "if": result.append(try branches())
        case "for": result.append(try loop())
        case "set": result.append(try assignment())
        case "macro": result.append(try macro())
        case "break", "continue":
            guard loops > 0 else { throw syntax("'\(name)' stands outside of a loop") }
            advance()
            result.append(name == "break" ? .stop : .skip)
        case "generation":
            // transformers' mark of what an assistant said, for training on it: the text is as without.
            advance()
            try endBlock()
            result += try statements(until: ["endgeneration"])
            advance()
        case "else", "elif", "endif", "endfor", "endset", "endmacro", "endgeneration":
            throw syntax("'\(name)' closes nothing")
        default:
            throw unsupported("'\(name)'")
        }
        try endBlock()
    }

    private mutating func endBlock() throws(JinjaFailure) { try expect(.blockEnd, "'%}'") }

    private mutating func branches() throws(JinjaFailure) -> JinjaStatement {
        var branches: [(condition: JinjaExpression, body: [JinjaStatement])] = []
        repeat {
            advance()
            let condition = try tuple(hasChoice: false)
            try endBlock()
            branches.append((condition, try statements(until: ["elif", "else", "endif"])))
        } while isName("elif")
        var otherwise: [JinjaStatement] = []
        if takeName("else") {
            try endBlock()
            otherwise = try statements(until: ["endif"])
        }
        try expect(.name("endif"), "'endif'")
        return .branches(branches, otherwise: otherwise)
    }

    private mutating func loop() throws(JinjaFailure) -> JinjaStatement {
        let offset = current.offset
        advance()
        let target = try target(allowsMember: false)
        try expect(.name("in"), "'in'")
        let values = try tuple(hasChoice: false)
        let condition = takeName("if") ? try expression() : nil
        if isName("recursive") { throw unsupported("a recursive loop") }
        try endBlock()
        loops += 1
        let body = try statements(until: ["else", "endfor"])
        loops -= 1
        var otherwise: [JinjaStatement] = []
        if takeName("else") {
            try endBlock()
            otherwise = try statements(until: ["endfor"])
        }
        try expect(.name("endfor"), "'endfor'")
        return .loop(
            JinjaLoop(
                target: target, values: values, condition: condition, body: body, otherwise: otherwise,
                offset: offset))
    }

    private mutating func assignment() throws(JinjaFailure) -> JinjaStatement {
        let offset = current.offset
        advance()
        let target = try target(allowsMember: true)
        if takeSymbol("=") { return .assignment(target, try tuple()) }
        if isSymbol("|") { throw unsupported("a filter on what 'set' captures") }
        try endBlock()
        let body = try statements(until: ["endset"])
        advance()
        return .capture(target, body, offset: offset)
    }

    private mutating func target(allowsMember: Bool) throws(JinjaFailure) -> JinjaTarget {
        let isEnclosed = takeSymbol("(")
        var targets: [JinjaTarget] = []
        var isSeveral = false
        repeat {
            if !targets.isEmpty, isName("in") || isSymbol("=") || isSymbol(")") { break }
            let name = try expectName()
            if allowsMember, takeSymbol(".") {
                targets.append(.member(of: name, try expectName()))
            } else {
                targets.append(.name(name))
            }
            if isSymbol(",") { isSeveral = true }
        } while takeSymbol(",")
        if isEnclosed { try expect(.symbol(")"), "')'") }
        return isSeveral ? .several(targets) : targets[0]
    }

    private mutating func macro() throws(JinjaFailure) -> JinjaStatement {
        advance()
        let name = try expectName()
        try expect(.symbol("("), "'('")
        var parameters: [(name: String, fallback: JinjaExpression?)] = []
        while !isSymbol(")") {
            if !parameters.isEmpty { try expect(.symbol(","), "','") }
            let parameter = try expectName()
            parameters.append((parameter, takeSymbol("=") ? try expression() : nil))
        }
        advance()
        try endBlock()
        let outer = loops
        loops = 0
        let body = try statements(until: ["endmacro"])
        loops = outer
        advance()
        return .macro(JinjaMacro(name: name, parameters: parameters, body: body))
    }
}
