import Foundation
import Prompts
import Testing

@Suite struct TemplateTests {
    @Test func `text, a field and an answer are read`() throws {
        let template = try Template("Review: {text|shorten}\nSentiment: {answer}")
        #expect(template.parts.count == 4)
        #expect(template.fieldNames == ["text"])
        #expect(template.parts[0] == .text("Review: "))
        #expect(template.parts[3] == .answer(masks: nil))
        guard case .field(let field) = template.parts[1] else { throw Unexpected() }
        #expect(field.isMarkedShorten && field.filters.isEmpty)
    }

    struct Unexpected: Error {}

    @Test(arguments: [
        "{answer}", "{answer 3}", "a {b|shorten|trim|nopunct|lowerfirst|upperfirst} {answer}.",
        "{soft 8}{text}{answer}", "{soft \"It was\"} {answer}", "{soft 8 as task}{soft task}{answer}",
        "{soft 5 same}{answer}", "{soft 5 same as it}{answer}",
        "{soft \"a \\\"b\\\" \\\\ \\n\\t\" as it}{answer}",
        "{{ {text} }} {answer}", "{special separator}{special \"<|turn|>\"}{answer}", "{제목} 주제: {answer}",
        "{field answer}{field \"my column\"}{field \"3\"}{answer}", "한 줄\r\n두 줄 {text}\t{answer} 끝",
        "{{}}{{{text}}}{answer}",
    ])
    func `a template is printed as it was written`(source: String) throws {
        let template = try Template(source)
        #expect(template.printed == source)
        #expect(try Template(template.printed).parts == template.parts)
        #expect(template.source == source)
    }

    @Test(arguments: [
        ("{ text | shorten }{ answer }", "{text|shorten}{answer}"),
        ("{soft   8   as  a}{ soft a }{answer  2}", "{soft 8 as a}{soft a}{answer 2}"),
        ("{field text}{answer}", "{text}{answer}"),
        ("{field \"text\"}{answer}", "{text}{answer}"),
        ("{text|trim|shorten}{answer}", "{text|shorten|trim}{answer}"),
    ])
    func `a free spelling is printed in the plainest one`(source: String, printed: String) throws {
        #expect(try Template(source).printed == printed)
        #expect(try Template(source) != Template(printed))
    }

    @Test(arguments: ["", "{", "}}", "{text} {{", "a{\u{301}"])
    func `escaped text is text and nothing else`(text: String) throws {
        let template = try Template(Template.escaping(text) + "{answer}")
        #expect(template.parts.dropLast() == (text.isEmpty ? [] : [.text(text)]))
    }

    @Test func `a template is stored as its source`() throws {
        let template = try Template("{text} It was \"{answer}\".\n")
        let data = try JSONEncoder().encode([template])
        #expect(try JSONDecoder().decode([String].self, from: data) == [template.source])
        #expect(try JSONDecoder().decode([Template].self, from: data) == [template])
    }

    @Test func `a stored template that cannot be read says why`() throws {
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Template].self, from: Data(#"["no slot"]"#.utf8))
        }
        #expect("\(try #require(error))".contains("there is no answer slot"))
    }

    @Test func `templates of other bytes are not equal, though Swift's strings are`() throws {
        let composed = try Template("\u{E9}{answer}")
        let decomposed = try Template("e\u{301}{answer}")
        #expect(composed.source == decomposed.source)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, composed]).count == 2)
    }

    @Test func `escapes of a command line stand for one character`() throws {
        let template = try Template(unescaping: #"A:\t{text}\nB \\ {soft "a \"b\""} {answer}"#)
        #expect(template.source == "A:\t{text}\nB \\ {soft \"a \\\"b\\\"\"} {answer}")
        #expect(template.parts.contains(.soft(.definition(.words("a \"b\""), name: nil))))
    }

    @Test func `no prefix of a template with every slot brings the reader down`() throws {
        let source =
            #"a {{ {text|shorten|trim} {soft 8 as x} {soft "a \" b" as y}{soft x}{special mask}"#
            + #"{field "a"} {answer 2} 끝"#
        let scalars = Array(source.unicodeScalars)
        var refused = 0
        for count in scalars.indices {
            let prefix = String(String.UnicodeScalarView(scalars[..<count]))
            if (try? Template(prefix)) == nil { refused += 1 }
        }
        #expect(refused == scalars.count - 2)  // all but those without a part of " 끝"
    }

    @Test func `a field that the data lack is found before any row is read`() throws {
        let template = try Template("Say:\n{txet} {answer}")
        try template.check(fields: ["txet"])
        let error = #expect(throws: TemplateError.self) { try template.check(fields: ["title", "text"]) }
        #expect(error?.rule == .unknownField("txet", known: ["title", "text"]))
        #expect(
            error?.description == """
                The template, line 2, column 1: the data have no field "txet" (known: title, text). \
                Did you mean "text"?
                  {txet} {answer}
                  ^
                """)
    }
}
