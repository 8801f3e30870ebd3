public import Foundation

/// What one side of a conversation says.
public struct ChatMessage: Hashable, Sendable, Codable {
    /// `system`, `user` or `assistant`; a template may know others.
    public var role: String
    /// The text.
    public var content: String

    /// A message of a role.
    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }
}

/// How a model was taught to read conversations: a template in a subset of Jinja, of our own making.
///
/// A template only makes text: there are no files, no imports and no Python, and what it may use is limited. Left
/// out of Jinja are inheritance, inclusion, `call`, `filter` and `with` blocks, `raw`, recursive loops, `*`
/// arguments, formatting with `%`, and filters that no chat template has; each is refused by its name. Whitespace
/// is handled as transformers sets it, and texts are Unicode scalars as in Python.
public struct ChatTemplate: Sendable {
    /// The template as it was published.
    public let source: String
    /// What `bos_token` and its kin stand for.
    public let specialTokens: [String: String]
    private let bytes: [UInt8]
    private let body: [JinjaStatement]

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - source: the template's text.
    ///   - specialTokens: texts by the names that templates have for them (`bos_token`, `eos_token` …).
    /// - Throws: ``ChatTemplateError`` with line and column.
    public init(_ source: String, specialTokens: [String: String] = [:]) throws(ChatTemplateError) {
        guard source.utf8.count <= JinjaLimits.sourceBytes else {
            throw .limit(what: "bytes of template", limit: JinjaLimits.sourceBytes, line: 1, column: 1)
        }
        self.source = source
        self.specialTokens = specialTokens
        bytes = JinjaLexer.normalized(source)
        do throws(JinjaFailure) {
            var lexer = JinjaLexer(bytes)
            var parser = JinjaParser(try lexer.run())
            body = try parser.template()
        } catch {
            throw error.error(in: bytes)
        }
    }

    /// The text of a conversation, special tokens written out.
    ///
    /// - Parameters:
    ///   - messages: the conversation, earliest first.
    ///   - addsGenerationPrompt: whether the beginning of an assistant's answer is added.
    ///   - switches: settings that some templates know, such as Qwen 3's `enable_thinking`.
    ///   - date: what `strftime_now` tells.
    ///   - timeZone: where that is.
    /// - Throws: ``ChatTemplateError``; ``ChatTemplateError/refused(message:line:column:)`` where the template
    ///   does not take the conversation, as when roles do not alternate.
    public func render(
        _ messages: [ChatMessage], addsGenerationPrompt: Bool = false, switches: [String: Bool] = [:],
        date: Date = Date(), timeZone: TimeZone = .current
    ) throws(ChatTemplateError) -> String {
        var values = specialTokens.mapValues(JinjaValue.text)
        values.merge(switches.mapValues(JinjaValue.bool)) { $1 }
        values["messages"] = .list(
            messages.map {
                .mapping([(.text("role"), .text($0.role)), (.text("content"), .text($0.content))])
            })
        values["add_generation_prompt"] = .bool(addsGenerationPrompt)
        values["tools"] = .nothing
        values["documents"] = .nothing
        do throws(JinjaFailure) {
            return try JinjaRun(JinjaClock(date, timeZone)).render(body, JinjaScope(values))
        } catch {
            throw error.error(in: bytes)
        }
    }
}

/// What a conversation has around a user's message whose answer is next.
public struct ChatTurn: Hashable, Sendable {
    /// The text in front of the message, special tokens written out.
    public var before: String
    /// The text between the message and the answer.
    public var after: String
    /// Whether whitespace at the ends of the message is dropped.
    public var trimsContent: Bool

    /// What a conversation has around a message.
    public init(before: String, after: String, trimsContent: Bool = false) {
        self.before = before
        self.after = after
        self.trimsContent = trimsContent
    }
}

extension ChatTemplate {
    /// What stands around a user's first message, so that a prompt can be put in its place and be answered.
    ///
    /// - Parameters:
    ///   - system: what a system message says, nil for none; some templates then write one of their own.
    ///   - switches: settings that some templates know.
    ///   - date: what `strftime_now` tells.
    /// - Throws: ``ChatTemplateError``; ``ChatTemplateError/noUserTurn(times:)`` where the message is not found
    ///   in the text once and unchanged.
    public func turn(
        system: String? = nil, switches: [String: Bool] = [:], date: Date = Date()
    ) throws(ChatTemplateError) -> ChatTurn {
        // Private-use characters, which no template writes or changes.
        let mark = "\u{E0C1}\u{E0C2}\u{E0C3}"
        let system = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
        func text(_ content: String) throws(ChatTemplateError) -> String {
            try render(
                system + [ChatMessage(role: "user", content: content)], addsGenerationPrompt: true,
                switches: switches, date: date)
        }
        let parts = try text(mark).cut(at: mark)
        guard parts.count == 2 else { throw .noUserTurn(times: parts.count - 1) }
        let isKept = try text(" \(mark) ").cut(at: " \(mark) ").count == 2
        return ChatTurn(before: parts[0], after: parts[1], trimsContent: !isKept)
    }
}
