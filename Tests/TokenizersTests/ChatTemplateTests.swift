import Foundation
import Testing
import Tokenizers

/// Chat templates against transformers' `apply_chat_template`.
@Suite struct ChatTemplateTests {
    private struct Record: Decodable {
        var special: [String: String]
        var head: String
        var templates: [String: String]
        var cases: [Conversation]
        var snippets: [Snippet]
    }

    private struct Conversation: Decodable {
        var template: String
        var messages: [ChatMessage]
        var adds: Bool
        var switches: [String: Bool]
        var text: String?
        var refused: String?
    }

    private struct Snippet: Decodable {
        var source: String
        var text: String
    }

    private let golden: Record
    /// 26 July 2024, 15:04:09, wherever the test runs.
    private let date = Date(timeIntervalSince1970: 1_722_006_249)
    private let zone = TimeZone(secondsFromGMT: 0) ?? .current

    init() throws {
        let file = Golden.folder.appending(path: "chat_templates.json")
        golden = try JSONDecoder().decode(Record.self, from: Data(contentsOf: file))
    }

    private func template(_ source: String) throws -> ChatTemplate {
        try ChatTemplate(source, specialTokens: golden.special)
    }

    @Test func `conversations are written as by transformers, or refused with the same words`() throws {
        #expect(golden.cases.count > 100)
        for conversation in golden.cases {
            let template = try template(try #require(golden.templates[conversation.template]))
            let name = "\(conversation.template): \(conversation.messages)"
            do {
                let text = try template.render(
                    conversation.messages, addsGenerationPrompt: conversation.adds,
                    switches: conversation.switches, date: date, timeZone: zone)
                #expect(Golden.same(text, conversation.text ?? "(refused)"), "\(name): \(text)")
            } catch {
                guard case .refused(let message, let line, _) = error else { throw error }
                #expect(message == conversation.refused && line > 1, "\(name)")
            }
        }
    }

    @Test func `every part of the language writes what it writes in Python`() throws {
        #expect(golden.snippets.count > 90)
        let messages = [
            ChatMessage(role: "user", content: "hi"), ChatMessage(role: "assistant", content: "yo"),
        ]
        for snippet in golden.snippets {
            do {
                let text = try template(golden.head + snippet.source).render(
                    messages, date: date, timeZone: zone)
                #expect(
                    Golden.same(text, snippet.text),
                    "\(snippet.source): \(text.debugDescription) instead of \(snippet.text.debugDescription)")
            } catch {
                Issue.record("\(snippet.source): \(error)")
            }
        }
    }

    @Test(arguments: [
        ("a\n{{ 'x", "no valid Jinja at line 2, column 4: a text in quotes has no end"),
        ("{% if x %}", "a block is not closed; elif or else or endif is missing"),
        ("{% endif %}", "'endif' closes nothing"), ("{{ 1 + }}", "'}}' stands where a value should"),
        ("{{ 1 ", "a tag has no end"), ("{# x", "a comment has no end"), ("{{ (1] }}", "']' closes nothing"),
        ("가나 {{ a ? b }}", "line 1, column 9: '?' has no meaning here"), ("{% break %}", "outside of a loop"),
        ("{% for x in %}{% endfor %}", "'%}' stands where a value should"), ("{% set = 1 %}", "a name"),
        ("{{ f(a=1, 2) }}", "an argument without a name follows one with a name"),
        ("{{ x is odd is even }}", "tests cannot follow each other"),
        ("{{ 99999999999999999999 }}", "no number that fits"), ("{{ '\\ud800' }}", "names no character"),
    ])
    func `a broken template is refused with its place`(_ source: String, _ words: String) {
        let error = #expect(throws: ChatTemplateError.self) { try ChatTemplate(source) }
        guard case .syntax? = error else {
            Issue.record("\(String(describing: error)) is no error of syntax")
            return
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("{% include 'a' %}", "'include'"), ("{% extends 'a' %}", "'extends'"),
        ("{% block a %}{% endblock %}", "'block'"),
        ("{% raw %}{{{% endraw %}", "'raw'"), ("{% call m() %}{% endcall %}", "'call'"),
        ("{% do x %}", "'do'"),
        ("{% filter upper %}a{% endfilter %}", "'filter'"), ("{% with a = 1 %}{% endwith %}", "'with'"),
        ("{% for a in b recursive %}{% endfor %}", "a recursive loop"),
        ("{{ f(*a) }}", "arguments from a list ('*')"),
        ("{% set a | upper %}b{% endset %}", "a filter on what 'set' captures"),
        ("{{ a[1, 2] }}", "an index of several parts"),
        ("{{ '\\N{DASH}' }}", "a character by its name (\\N)"),
    ])
    func `what is not read of Jinja is refused by its name`(_ source: String, _ words: String) {
        let error = #expect(throws: ChatTemplateError.self) { try ChatTemplate(source) }
        guard case .unsupported(words, 1, _)? = error else {
            Issue.record("\(String(describing: error)) is not: unsupported \(words)")
            return
        }
    }

    @Test(arguments: [
        ("{{ 1 | groupby('a') }}", "uses the filter 'groupby' at line 1, column 6"),
        ("{{ 1 is prime }}", "uses the test 'prime'"), ("{{ '%s' % 1 }}", "uses '%' on a text"),
        ("{{ loop.depth }}", "'loop' is undefined"),
        ("{% for i in [1] %}{{ loop.depth }}{% endfor %}", "uses 'loop.depth'"),
        ("{{ strftime_now('%U') }}", "uses the date part '%U'"), ("{{ joiner() }}", "uses 'joiner'"),
        ("{{ x.y }}", "'x' is undefined, so it has no 'y'"),
        ("{{ x() }}", "'x' is undefined, so it cannot be called"),
        ("{{ 1 + 'a' }}", "a number + a text has no result"), ("{{ 1 // 0 }}", "has no result"),
        ("{{ 9223372036854775807 + 1 }}", "has no result"),
        ("{{ -9223372036854775807 - 2 }}", "has no result"),
        ("{{ 2 ** 80 }}", "has no result"), ("{{ 'a' < 1 }}", "have no order"),
        ("{{ [1, 'a'] | sort }}", "have no order"),
        ("{% for a in 3 %}{% endfor %}", "a number has no elements to go through"),
        ("{{ x | tojson }}", "no form in JSON"),
        ("{% set a, b = [1] %}", "1 values cannot be given to 2 names"),
        ("{% set a.b = 1 %}", "'a' is no namespace"),
        ("{{ [].append(1) }}", "'append' would change a list"),
        ("{{ {}.update() }}", "'update' would change a mapping"),
        ("{{ 'a'.zfill(3) }}", "'zfill' of a text is undefined, so it cannot be called"),
        ("{{ [1][::0] }}", "steps of 0"),
        ("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "takes 1 values, not 2"),
        ("{{ 'a'.split('') }}", "empty text"),
        ("{% macro m(a) %}{% endmacro %}{{ m(b=1) }}", "has no parameter 'b'"),
        ("{{ range(1, 2, 0) }}", "the third not 0"),
        ("{{ raise_exception('no ' ~ 1) }}", "refuses this conversation (line 1, column 19): no 1"),
        ("{{ 1 in 'a' }}", "a number cannot be a part of a text"),
    ])
    func `what has no result stops the template with its place`(_ source: String, _ words: String) throws {
        let template = try ChatTemplate(source)
        let error = #expect(throws: ChatTemplateError.self) { try template.render([]) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{{ range(1000000) }}",
        "{% for i in range(99999) %}{{ 'abcdefghijklmnop' }}{% endfor %}", "{{ 'a' * 99999999999 }}",
        "{% set n = namespace(t='aa') %}{% for i in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}",
        "{% set n = namespace(t=[1]) %}{% for i in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}",
        "{% set n = namespace(t=[1]) %}{% for i in range(999) %}{% set n.t = [n.t] %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ ('a' * 1000) | replace('a', 'b' * 9999) }}",
        "{{ range(9999) | join('a' * 9999) }}",
        "{{ {" + (0..<2000).map { "\($0): 1" }.joined(separator: ", ") + "} }}",
    ])
    func `what a template may use is limited`(_ source: String) throws {
        let template = try ChatTemplate(source)
        let error = #expect(throws: ChatTemplateError.self) { try template.render([]) }
        guard case .limit? = error else {
            Issue.record("\(String(describing: error)) is no limit")
            return
        }
    }

    @Test func `what is nested too deeply, or too long, is not read`() {
        func many(_ text: String) -> String { String(repeating: text, count: 500) }
        let depths = [
            "{{ " + many("(") + "1" + many(")") + " }}", "{{ " + many("[") + many("]") + " }}",
            "{{ " + many("not ") + "1 }}", "{{ " + many("- ") + "1 }}", "{{ " + many("1 if 0 else ") + "1 }}",
            many("{% if 1 %}"), String(repeating: " ", count: 300_000),
        ]
        for source in depths {
            let error = #expect(throws: ChatTemplateError.self) { try ChatTemplate(source) }
            guard case .limit? = error else {
                Issue.record("\(String(describing: error)) is no limit")
                continue
            }
        }
    }

    @Test func `every beginning of a template is read or refused, never a crash`() throws {
        for source in golden.templates.values {
            let bytes = Array(source.utf8)
            for end in bytes.indices where end % 3 == 0 {
                let template = try? ChatTemplate(String(decoding: bytes[..<end], as: UTF8.self))
                _ = try? template?.render([ChatMessage(role: "user", content: "a")])
            }
        }
    }

    @Test func `what stands around a user's message is found`() throws {
        let smollm = try template(try #require(golden.templates["smollm2"]))
        let turn = try smollm.turn()
        #expect(turn.before.hasPrefix("<|im_start|>system\nYou are a helpful AI assistant named SmolLM"))
        #expect(turn.before.hasSuffix("<|im_end|>\n<|im_start|>user\n") && !turn.trimsContent)
        #expect(turn.after == "<|im_end|>\n<|im_start|>assistant\n")
        let instructed = try smollm.turn(system: "Label it.")
        #expect(instructed.before == "<|im_start|>system\nLabel it.<|im_end|>\n<|im_start|>user\n")
        let gemma = try template(try #require(golden.templates["gemma"])).turn(system: "Label it.")
        #expect(gemma.before == "<s><start_of_turn>user\nLabel it.\n\n" && gemma.trimsContent)
        #expect(gemma.after == "<end_of_turn>\n<start_of_turn>model\n")
        let quiet = try template(try #require(golden.templates["qwen"])).turn(switches: [
            "enable_thinking": false
        ])
        #expect(quiet.after.hasSuffix("<think>\n\n</think>\n\n"))
        for source in [
            "{{ messages[0].content | upper }}{{ messages[0].content }}{{ messages[0].content }}", "none",
        ] {
            #expect(throws: ChatTemplateError.self) { try ChatTemplate(source).turn() }
        }
    }
}
