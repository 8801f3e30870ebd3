import ArgumentParser
import Datasets
import Foundation

/// How rows to be answered are written.
enum RowFormat: String, CaseIterable, ExpressibleByArgument {
    /// A text a line, for templates with one field.
    case lines
    case jsonl, csv, tsv

    /// The format of a file by its name; one that says nothing holds lines.
    init(of file: URL) {
        switch try? DataFormat(of: file) {
        case .jsonl?: self = .jsonl
        case .csv?: self = .csv
        case .tsv?: self = .tsv
        case nil: self = .lines
        }
    }

    fileprivate var dataFormat: DataFormat? { DataFormat(rawValue: rawValue) }
}

/// Rows without labels, a batch at a time, as they arrive.
struct RowSource {
    private enum Origin {
        case texts([String])
        case lines(Lines)
        case rows(ExampleStream)
    }

    private var origin: Origin
    private let fields: [String]
    /// Kept open for as long as rows are read.
    private var handle: FileHandle?
    /// How many rows of a data file are answered together.
    private static let batch = 64

    /// Texts of the command line.
    init(texts: [String], fields: [String]) throws {
        origin = .texts(texts)
        self.fields = fields
        try checkOneField()
    }

    /// An open file or pipe.
    init(_ handle: FileHandle, file: String, format: RowFormat, mapping: RowMapping, fields: [String]) throws
    {
        self.fields = fields
        self.handle = handle
        if let format = format.dataFormat {
            var mapping = mapping
            mapping.reads = fields
            origin = .rows(ExampleStream(handle, format: format, mapping: mapping, file: file))
        } else {
            origin = .lines(Lines(handle, file: file))
            try checkOneField()
        }
    }

    private func checkOneField() throws {
        guard fields.count != 1 else { return }
        let names = fields.isEmpty ? "none" : fields.joined(separator: ", ")
        throw UsageError(
            "a plain text fills one field, but the prompt reads \(names); give rows with --file rows.jsonl")
    }

    /// The next rows; nil at the end.
    mutating func next() throws -> [Example]? {
        switch origin {
        case .texts(let texts):
            origin = .texts([])
            return texts.isEmpty ? nil : texts.map(example)
        case .lines(var lines):
            defer { origin = .lines(lines) }
            return try lines.next()?.map(example)
        case .rows(var rows):
            defer { origin = .rows(rows) }
            var batch: [Example] = []
            while batch.count < Self.batch, let row = try rows.next() { batch.append(row) }
            return batch.isEmpty ? nil : batch
        }
    }

    /// Says how many empty lines have no answer, so that nobody puts the others beside the wrong lines.
    func tellOfEmptyLines(_ console: Console) {
        guard case .lines(let lines) = origin, lines.leftOut > 0 else { return }
        console.warning(
            "\(lines.leftOut) empty line\(lines.leftOut == 1 ? " was" : "s were") left out and \(lines.leftOut == 1 ? "has" : "have") no answer"
        )
    }

    private func example(_ text: String) -> Example { Example(fields: [fields[0]: text]) }
}
