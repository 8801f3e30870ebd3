import ArgumentParser
import Datasets
import Foundation
import Models
import Prompts

/// `cloze predict`: labels for texts.
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer texts with a prompt.",
        discussion: """
            Prints the label, its probability and the text of each row, with tabs between.

            EXAMPLES
              cloze predict --model MODEL --prompt topics 'The vaccine works.' 'Rome won 2:1.'
              cloze predict --model MODEL --prompt topics --file rows.jsonl --jsonl
              cat lines.txt | cloze predict --model MODEL --prompt topics
              cloze predict --model MODEL --template '{text} It was {answer}.' \\
                --words 'negative=bad,positive=good' 'a gem'
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var prompt: PromptOptions
    @OptionGroup var rows: RowOptions
    @OptionGroup var general: GeneralOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Rows to answer: .jsonl, .csv, .tsv, or a text a line.", valueName: "file"))
    var file: String?

    @Option(
        help: ArgumentHelp(
            "How the rows are written, where the file's name does not say.", valueName: "format"))
    var format: RowFormat?

    @Flag(help: "Print one JSON object a row, as soon as it is answered.")
    var jsonl = false

    @Argument(help: "Texts to answer; standard input is read where there are none and no --file.")
    var texts: [String] = []

    func validate() throws {
        if jsonl, general.json { throw ValidationError("--json and --jsonl exclude each other") }
        if file != nil, !texts.isEmpty { throw ValidationError("--file and texts exclude each other") }
    }

    func run() throws {
        let console = general.begin()
        if let file { try InputFile(file).check() }
        let pretrained = try model.load(console)
        let made = try prompt.load(pretrained)
        let predictor = try Predictor([made], pretrained)
        var source = try rowSource(fields: made.manifest.template.fieldNames)
        var (answers, cut) = ([AnsweredRow](), 0)
        while let examples = try source.next() {
            let predictions = try predictor.predict(examples, with: made.id)
            let batch = zip(examples, predictions).map { AnsweredRow($0, $1, made) }
            cut += predictions.count { $0.tokensCut > 0 }
            if general.json { answers += batch } else { for answer in batch { try write(answer) } }
        }
        if general.json {
            try Stream.output.print(json: Document(prompt: made.id, predictions: answers), of: "predict")
        }
        if cut > 0 {
            console.warning("\(cut) input\(cut == 1 ? " was" : "s were") shortened to fit into --limit")
        }
    }

    private func rowSource(fields: [String]) throws -> RowSource {
        if !texts.isEmpty { return try RowSource(texts: texts, fields: fields) }
        let mapping = try rows.mapping(needsLabel: false)
        guard let file else {
            return try RowSource(
                .standardInput, file: "standard input", format: format ?? .lines, mapping: mapping,
                fields: fields)
        }
        let url = URL(fileURLWithPath: file)
        return try RowSource(
            InputFile(file).open(), file: file, format: format ?? RowFormat(of: url), mapping: mapping,
            fields: fields)
    }

    private func write(_ answer: AnsweredRow) throws {
        if jsonl { return try Stream.output.print(json: answer, of: "predict", isLine: true) }
        try Stream.output.print("\(answer.label)\t\(Figures.decimal(answer.probability, 4))\t\(answer.line)")
    }

    private struct Document: Encodable {
        let prompt: String
        let predictions: [AnsweredRow]
    }
}
