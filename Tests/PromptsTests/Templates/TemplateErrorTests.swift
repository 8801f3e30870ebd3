import Prompts
import Testing

@Suite struct TemplateErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let source: String
        let rule: TemplateError.Rule
        let line: Int
        let column: Int
        var testDescription: String { source }

        init(_ source: String, _ rule: TemplateError.Rule, _ line: Int, _ column: Int) {
            (self.source, self.rule, self.line, self.column) = (source, rule, line, column)
        }
    }

    @Test(arguments: [
        Case("Say {text}", .noAnswer, 1, 11),
        Case("{answer} or\n{answer}", .secondAnswer, 2, 1),
        Case("a {text", .unclosedBrace, 1, 3),
        Case("a {text {answer}", .unclosedBrace, 1, 3),
        Case("a {", .unclosedBrace, 1, 3),
        Case("a } {answer}", .strayClosingBrace, 1, 3),
        Case("{answer}}", .strayClosingBrace, 1, 9),
        Case("{} {answer}", .emptySlot, 1, 1),
        Case("{my text} {answer}", .malformedSlot(expected: "the end of the slot, }"), 1, 5),
        Case("{3} {answer}", .malformedSlot(expected: "a field name, or answer, soft or special"), 1, 2),
        Case("{text|} {answer}", .malformedSlot(expected: "a filter"), 1, 7),
        Case(
            "{soft -3}{answer}",
            .malformedSlot(expected: "a number of rows, words in quotes, or the name of earlier rows"), 1, 7),
        Case("{soft \"it{answer}", .unclosedString, 1, 7),
        Case("{soft \"it\\x\"}{answer}", .unknownEscape("\\x"), 1, 10),
        Case("{text|shorter}{answer}", .unknownFilter("shorter"), 1, 7),
        Case("리뷰 {special seperator}{answer}", .unknownSpecialToken("seperator"), 1, 13),
        Case("{soft 0}{answer}", .softCountOutOfRange(0), 1, 7),
        Case("{soft 151}{answer}", .softCountOutOfRange(151), 1, 7),
        Case("{soft 99999999999999999999}{answer}", .softCountOutOfRange(.max), 1, 7),
        Case("{answer 0}", .maskCountOutOfRange(0), 1, 9),
        Case("{answer 33}", .maskCountOutOfRange(33), 1, 9),
        Case("{soft \" \"}{answer}", .emptySoftWords, 1, 7),
        Case("{soft task}{soft 8 as task}{answer}", .softNameUndefined("task", defined: []), 1, 7),
        Case("{soft 8 as a}{soft 8 as a}{answer}", .softNameDefinedTwice("a"), 1, 25),
    ])
    func `a broken rule is named at its place`(_ broken: Case) throws {
        let error = try #require(throws: TemplateError.self) { try Template(broken.source) }
        #expect(error.rule == broken.rule)
        #expect(error.place?.line == broken.line)
        #expect(error.place?.column == broken.column)
        #expect(error.description.hasSuffix("^"))
        let sentence = error.description.split(separator: "\n")[0]
        #expect(sentence.hasSuffix(".") || sentence.hasSuffix("?"))
    }

    @Test(arguments: ["", " \n\t "])
    func `an empty template is refused`(source: String) throws {
        let error = try #require(throws: TemplateError.self) { try Template(source) }
        #expect(error.rule == .empty)
    }

    @Test func `a template longer than the limit is refused`() throws {
        let error = try #require(throws: TemplateError.self) {
            try Template(String(repeating: "a", count: Template.sourceLimit + 1))
        }
        #expect(error.rule == .tooLong(bytes: 262_145))
    }

    @Test(arguments: [(#"C:\path {answer}"#, #"\p"#), (#"{answer}\"#, #"\"#)])
    func `an unknown escape on a command line is refused`(source: String, escape: String) throws {
        let error = try #require(throws: TemplateError.self) { try Template(unescaping: source) }
        #expect(error.rule == .unknownEscape(escape))
    }

    @Test func `the limits of both soft rows and masks are allowed`() throws {
        #expect(try Template("{soft 1}{soft 150}{answer 32}").parts.count == 3)
    }

    @Test func `an error shows the line, a caret and the nearest name`() throws {
        let error = try #require(throws: TemplateError.self) {
            try Template("첫 줄\n제목: {text|shoten} {answer}")
        }
        #expect(
            error.description == """
                The template, line 2, column 11: there is no filter "shoten" (known: shorten, trim, nopunct, \
                lowerfirst, upperfirst). Did you mean "shorten"?
                  제목: {text|shoten} {answer}
                              ^
                """)
    }

    @Test func `a long line is shown in part`() throws {
        let text = String(repeating: "word ", count: 100)
        let error = try #require(throws: TemplateError.self) { try Template(text + "}" + text + "{answer}") }
        let lines = error.description.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].count == 2 + 1 + 60 + 60 + 1)
        #expect(lines[1].dropFirst(lines[2].count - 1).hasPrefix("}"))
    }
}
