import ArgumentParser
import Foundation

/// `cloze inspect`: what a model, a prompt or a data file is.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what a model, a prompt or data is.",
        discussion: """
            The path says what it is: a GGUF file or a folder with config.json is a model,
            a folder that cloze train wrote is a prompt, and .jsonl, .csv and .tsv files
            and task folders are data. With --model a prompt's soft rows are compared with
            the model's vocabulary, its leaning without any input is shown, and, with --data,
            what each row is worth; the lengths of texts are counted in tokens.

            EXAMPLES
              cloze inspect MODEL
              cloze inspect topics --model MODEL
              cloze inspect topics --model MODEL --data test.jsonl --against topics-2
              cloze inspect Examples/Data/sib200_en
            """)

    @Argument(help: "The model, prompt, data file or task folder.")
    var path: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The model of a prompt, or whose tokens are counted.", valueName: "model"))
    var model: String?

    @OptionGroup(title: "WHAT A PROMPT DOES") var diagnosis: DiagnosisOptions
    @OptionGroup var rows: RowOptions
    @OptionGroup var general: GeneralOptions

    func validate() throws {
        if model == nil, diagnosis.data != nil || !diagnosis.against.isEmpty {
            throw ValidationError("--data and --against need --model")
        }
    }

    func run() throws {
        let console = general.begin()
        let model = model.map { ModelPlace($0) }
        switch Subject(path) {
        case .prompt(let url): try show(PromptInspection(url, model, diagnosis, rows, console))
        case .data(let files): try show(DataInspection(files, rows.mapping(needsLabel: false), model))
        case .model: try show(ModelInspection(ModelPlace(path)))
        }
    }

    private func show(_ inspection: some Inspection) throws {
        if general.json { return try Stream.output.print(json: inspection, of: "inspect") }
        try Stream.output.print(inspection.text)
    }

    /// What lies at a path.
    private enum Subject {
        case model
        case prompt(URL)
        case data([URL])

        init(_ path: String) {
            let url = URL(fileURLWithPath: path)
            func has(_ name: String) -> Bool {
                FileManager.default.fileExists(atPath: url.appendingPathComponent(name).path)
            }
            if has("cloze.json") || has("adapter_config.json") {
                self = .prompt(url)
            } else if ["jsonl", "ndjson", "csv", "tsv", "tab"].contains(url.pathExtension.lowercased()) {
                self = .data([url])
            } else if has("pool.jsonl") || has("test.jsonl") || has("train.jsonl") {
                let names = ["pool.jsonl", "train.jsonl", "dev.jsonl", "test.jsonl"].filter(has)
                self = .data(names.map { url.appendingPathComponent($0) })
            } else {
                self = .model
            }
        }
    }
}

/// A description of something, for people and as JSON.
protocol Inspection: Encodable {
    var text: String { get }
}
