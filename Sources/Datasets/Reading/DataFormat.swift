public import Foundation

/// How rows are written down.
public enum DataFormat: String, CaseIterable, Codable, Sendable {
    /// One JSON object a line.
    case jsonl
    /// Commas between cells, a header line, quotes as RFC 4180 has them.
    case csv
    /// Tabs between cells and a header line; a cell never holds a line break, so a row is always one line.
    case tsv

    /// The format that a file's name states.
    ///
    /// - Throws: ``DatasetError/unknownFormat(file:)`` if its extension is none of `.jsonl`, `.ndjson`, `.csv`, `.tsv`,
    ///   `.tab`.
    public init(of file: URL) throws(DatasetError) {
        switch file.pathExtension.lowercased() {
        case "jsonl", "ndjson": self = .jsonl
        case "csv": self = .csv
        case "tsv", "tab": self = .tsv
        default: throw .unknownFormat(file: file.relativePath)
        }
    }
}
