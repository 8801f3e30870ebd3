import Datasets
import Foundation
import Tokenizers

/// Data files: their rows, and what is worth knowing about them.
struct DataInspection: Inspection {
    let kind = "data"
    let report: DataReport

    init(_ files: [URL], _ mapping: RowMapping, _ model: ModelPlace?) throws {
        let splits = try files.map { file in
            try InputFile(file.relativePath).check()
            return (
                name: file.deletingPathExtension().lastPathComponent,
                dataset: try Dataset(contentsOf: file, mapping: mapping)
            )
        }
        var options = DataReport.Options()
        if let tokenizer = try model?.tokenizer() {
            options.tokenCount = { example in
                example.fields.values.reduce(0) { $0 + tokenizer.encode($1).count }
            }
        }
        report = DataReport(splits, options: options)
    }

    var text: String { report.description }
}
