/// An expression, and the byte of the source it starts at.
struct JinjaExpression: Sendable {
    indirect enum Kind: Sendable {
        case nothing
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case text(String)
        case name(String)
        case list([JinjaExpression])
        case tuple([JinjaExpression])
        case mapping([(key: JinjaExpression, value: JinjaExpression)])
        case attribute(of: JinjaExpression, String)
        case item(of: JinjaExpression, JinjaExpression)
        case slice(of: JinjaExpression, from: JinjaExpression?, to: JinjaExpression?, step: JinjaExpression?)
        case call(JinjaExpression, JinjaArguments)
        case filter(JinjaExpression, String, JinjaArguments)
        case test(JinjaExpression, String, JinjaArguments)
        case not(JinjaExpression)
        case sign(JinjaExpression, isMinus: Bool)
        case and(JinjaExpression, JinjaExpression)
        case or(JinjaExpression, JinjaExpression)
        /// `+ - * / // % **`.
        case arithmetic(String, JinjaExpression, JinjaExpression)
        /// `~`.
        case joined([JinjaExpression])
        /// `a < b <= c`, as in Python.
        case comparison(JinjaExpression, [(operation: String, JinjaExpression)])
        case choice(if: JinjaExpression, then: JinjaExpression, else: JinjaExpression?)
    }
    var kind: Kind
    var offset: Int
}

/// What stands between the parentheses of a call.
struct JinjaArguments: Sendable {
    var positional: [JinjaExpression] = []
    var named: [(name: String, value: JinjaExpression)] = []
}

/// What a value is given to.
enum JinjaTarget: Sendable {
    case name(String)
    /// A member of a namespace.
    case member(of: String, String)
    /// Several names for the parts of a value.
    case several([JinjaTarget])
}

/// A part of a template that writes, decides or remembers.
enum JinjaStatement: Sendable {
    case text(String)
    case output(JinjaExpression)
    case branches([(condition: JinjaExpression, body: [JinjaStatement])], otherwise: [JinjaStatement])
    case loop(JinjaLoop)
    case assignment(JinjaTarget, JinjaExpression)
    /// What the body writes becomes the value.
    case capture(JinjaTarget, [JinjaStatement], offset: Int)
    case macro(JinjaMacro)
    case stop
    case skip
}

/// `for target in values if condition`.
struct JinjaLoop: Sendable {
    var target: JinjaTarget
    var values: JinjaExpression
    var condition: JinjaExpression?
    var body: [JinjaStatement]
    var otherwise: [JinjaStatement]
    var offset: Int
}

/// A part of a template with a name and parameters.
struct JinjaMacro: Sendable {
    var name: String
    var parameters: [(name: String, fallback: JinjaExpression?)]
    var body: [JinjaStatement]
}
