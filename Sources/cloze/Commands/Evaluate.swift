import ArgumentParser
import Checkpoints
import Datasets
import Experiments
import Foundation
import Models
import Prompts

/// `cloze evaluate`: how well a prompt answers labelled rows.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure a prompt on labelled rows.",
        discussion: """
            EXAMPLES
              cloze evaluate --model MODEL --prompt topics --data test.jsonl
              cloze evaluate --model MODEL --task Examples/Data/sib200_en
              cloze evaluate --model MODEL --template '{text} It was {answer}.' \\
                --words 'negative=bad,positive=good' --data reviews.csv --require 'accuracy>=0.85'
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var prompt: PromptOptions
    @OptionGroup var rows: RowOptions
    @OptionGroup var general: GeneralOptions

    @Option(help: ArgumentHelp("Labelled rows (.jsonl, .csv, .tsv).", valueName: "file"))
    var data: String?

    @Option(
        help: ArgumentHelp("A task's folder; its test rows, and its template and words.", valueName: "folder")
    )
    var task: String?

    @Option(help: ArgumentHelp("Evaluate the first so many rows only.", valueName: "count"))
    var testRows: Int?

    @Option(
        help: ArgumentHelp("Exit with 100 unless a metric is reached: 'accuracy>=0.85'.", valueName: "gate"))
    var require: [String] = []

    @Option(help: ArgumentHelp("Write each row's answer to a file, as JSONL.", valueName: "file"))
    var predictions: String?

    func validate() throws {
        if task == nil, data == nil { throw ValidationError("say which rows: --data FILE or --task FOLDER") }
        if let testRows, testRows < 1 { throw ValidationError("--test-rows is \(testRows); write 1 or more") }
    }

    func run() throws {
        let console = general.begin()
        let gates = try require.map { try Gate($0) }
        let source = try task.map {
            try TaskSource(
                folder: URL(fileURLWithPath: $0), template: prompt.question.parsedTemplate(),
                verbalizer: prompt.question.parsedWords())
        }
        if let data { try InputFile(data).check() }
        let pretrained = try model.load(console)
        let made = try prompt.load(pretrained, task: source?.promptTask(limit: prompt.question.limit))
        let dataset = try labelled(source, made)
        console.begin("answering \(dataset.name)", total: dataset.examples.count)
        let answers = try Predictor([made], pretrained)
            .predict(dataset.examples, with: made.id) { console.advance(to: $0) }
        console.end()
        try writePredictions(dataset, answers, made)
        let report = try EvaluationReport(dataset, answers, made, gates: gates)
        if general.json {
            try Stream.output.print(json: report, of: "evaluate")
        } else {
            try Stream.output.print(report.text)
        }
        if let failure = report.firstUnmet(gates) { throw failure }
    }

    private func labelled(_ source: TaskSource?, _ made: Prompt) throws -> Dataset {
        guard let url = data.map({ URL(fileURLWithPath: $0) }) ?? source?.test else {
            throw ExperimentError.noTestRows(source?.name ?? "")
        }
        var mapping = try rows.mapping()
        mapping.labels = made.manifest.verbalizer.labels
        try TemplateFields(made.manifest.template).check(url, mapping)
        mapping.reads = made.manifest.template.fieldNames
        let all = try Dataset(contentsOf: url, mapping: mapping, metric: source?.metric ?? .accuracy)
        guard let testRows else { return all }
        return try Dataset(
            name: all.name, labels: all.labels, examples: Array(all.examples.prefix(testRows)),
            metric: all.metric)
    }

    private func writePredictions(_ dataset: Dataset, _ answers: [Prediction], _ made: Prompt) throws {
        guard let predictions else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let file = try AtomicFile(replacing: URL(fileURLWithPath: predictions))
        for (example, answer) in zip(dataset.examples, answers) {
            let row = JSONDocument(command: "evaluate", content: AnsweredRow(example, answer, made))
            try file.write(Array(try encoder.encode(row)) + [UInt8(ascii: "\n")])
        }
        try file.commit()
    }
}

/// Whether a file's rows have the fields that a template reads.
struct TemplateFields {
    private let template: Template

    init(_ template: Template) { self.template = template }

    /// Looks at the first row: a field that even it lacks is the template's fault, and said with its place there.
    ///
    /// - Throws: `TemplateError/Rule/unknownField`.
    func check(_ file: URL, _ mapping: RowMapping) throws {
        guard let handle = FileHandle(forReadingAtPath: file.path), let format = try? DataFormat(of: file)
        else { return }
        var lenient = mapping
        lenient.needsLabel = false
        lenient.labels = nil
        // One field that is read keeps nested values of the others from being refused here.
        lenient.reads = []
        var stream = ExampleStream(handle, format: format, mapping: lenient, file: file.relativePath)
        let row = try? stream.next()
        // The stream reads from the handle, which must not be closed before.
        withExtendedLifetime(handle) {}
        guard let first = row else { return }
        try template.check(fields: first.fields.keys.sorted())
    }
}
