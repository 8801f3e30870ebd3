import ArgumentParser
import Datasets
import Foundation
import Prompts

/// What a prompt is looked at with.
struct DiagnosisOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Labelled rows that a prompt answers, with each of its rows left out in turn; needs --model.",
            valueName: "file"))
    var data: String?

    @Option(help: ArgumentHelp("Use the first so many of these rows.", valueName: "count"))
    var dataRows: Int = 100

    @Option(
        help: ArgumentHelp(
            "A prompt of another seed, to be compared; may be repeated; needs --model.", valueName: "folder"))
    var against: [String] = []

    func validate() throws {
        if dataRows < 1 { throw ValidationError("--data-rows is \(dataRows); write 1 or more") }
    }

    /// The rows as the prompt reads them.
    func dataset(_ prompt: Prompt, _ columns: RowOptions) throws -> Dataset? {
        try data.map { file in
            let all = try LabelledRows(prompt, columns).read(URL(fileURLWithPath: file))
            return try Dataset(
                name: all.name, labels: all.labels, examples: Array(all.examples.prefix(dataRows)),
                metric: all.metric)
        }
    }
}
