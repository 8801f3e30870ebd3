import ArgumentParser
import Foundation
import Models
import Prompts

/// `cloze fill`: prompt engineering by hand.
struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a template and see the most likely answers.",
        discussion: """
            Without --words the answers are the next tokens of the whole vocabulary;
            with --words each word is scored exactly, however many tokens it has, and text
            behind the slot counts. Without a template, templates are read line by line:
            write one, see the answers, change it; :help lists what else can be written.

            EXAMPLES
              cloze fill --model MODEL 'The capital of France is {answer}'
              cloze fill --model MODEL '{text} It was {answer}.' text='a gem' \\
                --words great,terrible
              cloze fill --model MODEL
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var general: GeneralOptions
    @OptionGroup var chat: ChatOption

    @Option(help: ArgumentHelp("How many answers are shown.", valueName: "count"))
    var top: Int = 10

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Score these words only: 'Paris,London' or 'label=word|word,…'.", valueName: "words"))
    var words: String?

    @Argument(help: "The template, then its fields as name=value.")
    var arguments: [String] = []

    func validate() throws {
        if top < 1 { throw ValidationError("--top is \(top); write 1 or more") }
    }

    func run() throws {
        let console = general.begin()
        var session = FillSession(top: top, words: try words.map(WordList.verbalizer))
        session.chat = chat
        let template = try arguments.first.map { try Template(unescaping: $0) }
        for argument in arguments.dropFirst() { try session.setField(argument) }
        try template?.check(fields: session.fieldNames)
        let pretrained = try model.load(console)
        guard let template else {
            var loop = FillLoop(session, pretrained, console, isJSON: general.json)
            return try loop.run()
        }
        let report = try session.fill(template, pretrained)
        for note in report.notes { console.note("note: \(note)") }
        if general.json { return try Stream.output.print(json: report, of: "fill") }
        try Stream.output.print(report.text)
    }
}
