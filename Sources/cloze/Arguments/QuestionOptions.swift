import ArgumentParser
import Prompts

/// How a question is put and which words answer it, where no saved prompt says so.
struct QuestionOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            #"The text with its slots: "{text} It was {answer}."; \n is a line break."#, valueName: "template"
        ))
    var template: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The label words: 'negative=bad|awful,positive=good'.", valueName: "words"))
    var words: String?

    @Option(
        name: .customLong("limit"),
        help: ArgumentHelp(
            "How many tokens a prompt may have; longer inputs are shortened. 512, or all that the model reads where examples are shown.",
            valueName: "count"))
    var givenLimit: Int?

    /// How many tokens a prompt may have where no examples are shown.
    var limit: Int { givenLimit ?? 512 }

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is \(limit); write 1 or more") }
    }

    /// The template of the command line, if there is one.
    func parsedTemplate() throws -> Template? { try template.map { try Template(unescaping: $0) } }

    /// The label words of the command line, if there are any.
    func parsedWords() throws -> Verbalizer? { try words.map(WordList.verbalizer) }
}
