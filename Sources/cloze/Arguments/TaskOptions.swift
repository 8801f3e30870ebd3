import ArgumentParser
import Datasets
import Experiments
import Foundation
import Prompts

/// Which task: a folder, or files with a template and label words.
struct TaskOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A folder with task.json, pool.jsonl and test.jsonl.", valueName: "folder"))
    var task: String?

    @Option(
        help: ArgumentHelp(
            "Labelled rows to draw train and dev from (.jsonl, .csv, .tsv).", valueName: "file"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "Train rows of your own choice, all of them used; nothing is drawn then.", valueName: "file"))
    var train: String?

    @Option(
        help: ArgumentHelp(
            "Dev rows of your own choice, beside --train; without them the last step is kept.",
            valueName: "file"))
    var dev: String?

    @Option(help: ArgumentHelp("Labelled rows that are scored once, at the end.", valueName: "file"))
    var test: String?

    @Option(help: ArgumentHelp("The task's name, in reports and in the prompt.", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "The field with the choices of each row, in place of label words; labels are their places, from 0.",
            valueName: "field"))
    var choices: String?

    @OptionGroup var question: QuestionOptions
    @OptionGroup var rows: RowOptions

    func validate() throws {
        guard task != nil || data != nil || train != nil else {
            throw ValidationError("say which task: --task FOLDER or --data FILE")
        }
        if task != nil, data != nil { throw ValidationError("--task and --data exclude each other") }
    }

    /// The task, with what the command line says laid over the folder's own.
    func source() throws -> TaskSource {
        // Few-shot dev rows are drawn from the pool, as many as train rows.
        if dev != nil, train == nil { throw UsageError("--dev goes with --train") }
        let (template, words) = (try question.parsedTemplate(), try question.parsedWords())
        var source: TaskSource
        if let task {
            source = try TaskSource(folder: URL(fileURLWithPath: task), template: template, verbalizer: words)
        } else {
            guard let template else { throw UsageError("--data needs a --template with its slots") }
            let places = try choices.map { _ in try Verbalizer(labels: ["0", "1"], words: ["0", "1"]) }
            guard let words = words ?? places else {
                throw UsageError("--data needs the label words: --words 'label=word,…'")
            }
            let file = URL(fileURLWithPath: data ?? train ?? "")
            source = TaskSource(
                name: file.deletingPathExtension().lastPathComponent, template: template, verbalizer: words,
                pool: file,
                test: nil)
        }
        if let name { source.name = name }
        if let test { source.test = URL(fileURLWithPath: test) }
        let labels = source.mapping.labels
        source.mapping = try rows.mapping()
        source.mapping.labels = labels
        source.mapping.lists.formUnion([choices].compactMap(\.self))
        try checkFields(&source)
        return try choices.map { try source.asking(choices: $0) } ?? source
    }

    /// Commands that need the same answers for all rows.
    func refuseChoices(for command: String) throws {
        if choices != nil {
            throw ValidationError(
                "\(command) needs label words that answer all rows; cloze train learns --choices")
        }
    }

    /// A field that no row has is the template's fault; one that a row lacks is the row's.
    private func checkFields(_ source: inout TaskSource) throws {
        for file in [source.pool, source.test].compactMap(\.self) {
            try InputFile(file.relativePath).check()
            try TemplateFields(source.template).check(file, source.mapping)
        }
        source.mapping.reads = source.template.fieldNames
    }
}
