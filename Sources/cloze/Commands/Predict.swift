import ArgumentParser
import Datasets
import Experiments
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
              cloze predict --model MODEL --prompt seed0 --vote-with seed1 --vote-with seed2 'a gem'
              cat lines.txt | cloze predict --model MODEL --prompt topics
              cloze predict --model MODEL --template '{text} It was {answer}.' \\
                --words 'negative=bad,positive=good' 'a gem'
              cloze predict --model MODEL --template '{text} It was {answer}.' \\
                --words 'negative=bad,positive=good' --shots 4 --pool reviews.jsonl 'a gem'
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var prompt: PromptOptions
    @OptionGroup var voting: VoteOptions
    @OptionGroup(title: "Examples in the prompt") var shown: DemonstrationOptions
    @OptionGroup(title: "Corrections") var corrected: CalibrationOptions
    @OptionGroup(title: "Writing") var writing: WritingOptions
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
        try prompt.chat.check(shown)
        if jsonl, general.json { throw ValidationError("--json and --jsonl exclude each other") }
        if file != nil, !texts.isEmpty { throw ValidationError("--file and texts exclude each other") }
    }

    func run() throws {
        if let own = try prompt.ownReadout() { return try PredictReadout(command: self, prompt: own).run() }
        let console = general.begin()
        if let file { try InputFile(file).check() }
        let pretrained = try model.load(console)
        let setup = try InContextSetup(
            try prompt.load(pretrained), shown, corrected, rows, voting: voting,
            limit: prompt.question.givenLimit, pool: nil, pretrained, console)
        let learning = setup.learning(pretrained)
        let made = try learning.corrected(seed: setup.onlySeed())
        let predictor = try learning.predictor(made)
        var source = try rowSource(
            fields: made.manifest.template.fieldNames, choices: made.manifest.choices)
        var (answers, cut, dropped) = ([AnsweredRow](), 0, 0)
        while let examples = try source.next() {
            let predictions = try learning.answers(examples, predictor, made)
            let batch = zip(examples, predictions).map { AnsweredRow($0, $1, made) }
            cut += predictions.count { $0.tokensCut > 0 }
            dropped += predictions.count { $0.examplesDropped > 0 }
            if general.json { answers += batch } else { for answer in batch { try write(answer) } }
        }
        if general.json {
            try Stream.output.print(json: Document(prompt: made.id, predictions: answers), of: "predict")
        }
        source.tellOfEmptyLines(console)
        if cut > 0 {
            console.warning("\(cut) input\(cut == 1 ? " was" : "s were") shortened to fit into --limit")
        }
        if dropped > 0 {
            console.warning(
                "\(dropped) input\(dropped == 1 ? " was" : "s were") shown fewer examples, so as to fit")
        }
    }

    private func rowSource(fields: [String], choices: String?) throws -> RowSource {
        guard choices == nil || texts.isEmpty else {
            throw UsageError("choices come with rows, not with plain texts; give rows with --file rows.jsonl")
        }
        if !texts.isEmpty { return try RowSource(texts: texts, fields: fields) }
        var mapping = try rows.mapping(needsLabel: false)
        mapping.lists = Set([choices].compactMap(\.self))
        let fields = fields + [choices].compactMap(\.self)
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
        let label = answer.isWithheld ? "(withheld)" : answer.label
        try Stream.output.print("\(label)\t\(Figures.decimal(answer.probability, 4))\t\(answer.line)")
    }

    private struct Document: Encodable {
        let prompt: String
        let predictions: [AnsweredRow]
    }
}
