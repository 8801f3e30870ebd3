/// What keeps a chat template from being read, or from giving a text. Lines and columns count from one.
public enum ChatTemplateError: Error, Hashable, CustomStringConvertible {
    /// The template breaks a rule of the language.
    case syntax(reason: String, line: Int, column: Int)
    /// The template uses a part of Jinja that Cloze does not have.
    case unsupported(construct: String, line: Int, column: Int)
    /// An operation has no result for these values.
    case failed(reason: String, line: Int, column: Int)
    /// The template itself refuses the conversation, by `raise_exception`.
    case refused(message: String, line: Int, column: Int)
    /// More was asked for than a chat template may use.
    case limit(what: String, limit: Int, line: Int, column: Int)
    /// The model comes with no chat template.
    case noTemplate(model: String)
    /// The template does not carry a user's message once and unchanged, so nothing can be put in its place.
    case noUserTurn(times: Int)
    /// The place where the templates are cannot be read as such.
    case unreadable(file: String, reason: String)

    /// One sentence: where, what, and what to do.
    public var description: String {
        switch self {
        case .syntax(let reason, let line, let column):
            "the chat template is no valid Jinja at line \(line), column \(column): \(reason)"
        case .unsupported(let construct, let line, let column):
            "the chat template uses \(construct) at line \(line), column \(column), which is not among the parts "
                + "of Jinja that Cloze reads; write the turn's markers into the prompt instead"
        case .failed(let reason, let line, let column):
            "the chat template stopped at line \(line), column \(column): \(reason)"
        case .refused(let message, let line, let column):
            "the chat template refuses this conversation (line \(line), column \(column)): \(message)"
        case .limit(let what, let limit, let line, let column):
            "the chat template needs more than \(limit) \(what) (line \(line), column \(column)), which no "
                + "conversation should"
        case .noTemplate(let model):
            "\(model) comes with no chat template, so it was probably not trained on conversations; use the "
                + "prompt as it is"
        case .noUserTurn(let times):
            "the chat template writes a user's message \(times) times, so a prompt cannot take its place"
        case .unreadable(let file, let reason):
            "\(file): \(reason)"
        }
    }
}

/// How much a template may use. Real ones stay below a hundredth of each.
enum JinjaLimits {
    static let sourceBytes = 1 << 18
    static let outputBytes = 1 << 20
    static let steps = 1 << 20
    static let elements = 100_000
    static let members = 1000
    /// Brackets and blocks within each other; the parser is recursive.
    static let nesting = 40
    /// Expressions, blocks and macros within each other as they are computed.
    static let depth = 200
}

/// An error within a template, before its line and column are known.
struct JinjaFailure: Error {
    enum Kind {
        case syntax, unsupported, failed, refused
        case limit(Int)
    }
    var kind: Kind
    var reason: String
    /// The byte of the source.
    var offset: Int

    /// The error for the public, with line and column.
    func error(in source: [UInt8]) -> ChatTemplateError {
        let before = source.prefix(offset)
        let line = before.count { $0 == 0x0A } + 1
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        // Bytes that continue a character are no columns.
        let column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
        return switch kind {
        case .syntax: .syntax(reason: reason, line: line, column: column)
        case .unsupported: .unsupported(construct: reason, line: line, column: column)
        case .failed: .failed(reason: reason, line: line, column: column)
        case .refused: .refused(message: reason, line: line, column: column)
        case .limit(let limit): .limit(what: reason, limit: limit, line: line, column: column)
        }
    }
}
