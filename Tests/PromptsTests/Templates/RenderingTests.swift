import Datasets
import Prompts
import Testing

@Suite struct RenderingTests {
    private func text(_ source: String, _ fields: [String: String], answer: String = "good") throws -> String
    {
        try Template(source).render(Example(fields: fields)).text(answer: answer)
    }

    @Test func `fields stand where the template has them`() throws {
        #expect(try text("{a}, {b}; {a}: {answer}!", ["a": "1", "b": "2"]) == "1, 2; 1: good!")
        #expect(try text("{{{a}}} {answer}", ["a": "{answer}"]) == "{{answer}} good")
    }

    @Test(arguments: [
        ("trim", " A b.\n", "A b."), ("nopunct", "A b.", "A b"), ("nopunct", "A b?! \n", "A b"),
        ("nopunct", "좋다。", "좋다"), ("nopunct", "A.b ", "A.b "), ("nopunct", "...", ""), ("nopunct", "", ""),
        ("lowerfirst", "ÉT", "éT"), ("upperfirst", "ßa", "SSa"), ("upperfirst", "", ""),
        ("nopunct|lowerfirst", "It works.", "it works"), ("shorten|trim", " a ", "a"), ("trim", "   ", ""),
    ])
    func `filters change the field's text`(filter: String, given: String, expected: String) throws {
        #expect(try text("[{a|\(filter)}] {answer}", ["a": given]) == "[\(expected)] good")
    }

    @Test func `spaces before the answer belong to it, line breaks do not`() throws {
        let prompt = try Template("Is it: \t{answer}").render(Example(fields: [:]))
        #expect(prompt.answerSpace == " \t")
        #expect(prompt.text(answer: "____") == "Is it: \t____")
        #expect(try Template("Is it:\n{answer}").render(Example(fields: [:])).answerSpace == "")
        #expect(try Template("Is it:\n {answer}").render(Example(fields: [:])).answerSpace == " ")
    }

    @Test func `an empty last field leaves no space in front of the answer`() throws {
        #expect(try text("Is it: {a} {answer}", ["a": ""]) == "Is it: good")
        #expect(try text("Is it: {a} {answer}", ["a": " "]) == "Is it: good")
    }

    @Test func `an example without a field is refused by name`() throws {
        let template = try Template("{text} {answer}")
        let example = Example(fields: ["txt": "", "b": ""], id: "7")
        let error = try #require(throws: TemplateError.self) { try template.render(example) }
        #expect(error.rule == .missingField("text", example: "7", known: ["b", "txt"]))
        #expect(
            error.description.contains(
                #"the example "7" has no field "text" (known: b, txt). Did you mean "txt"?"#))
    }
}
