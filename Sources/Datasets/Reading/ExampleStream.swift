public import Foundation

/// Rows that become examples as they arrive, for files that are too long to keep and for standard input.
///
/// ```swift
/// var rows = ExampleStream(.standardInput, format: .jsonl, mapping: RowMapping(needsLabel: false))
/// while let example = try rows.next() { … }
/// ```
public struct ExampleStream {
    private var rows: RowReader
    private var mapper: RowMapper
    private var ended = false

    /// Reads from an open file or pipe, which stays open; errors call it `file`.
    public init(
        _ handle: FileHandle, format: DataFormat, mapping: RowMapping = RowMapping(),
        file: String = "standard input",
    ) {
        self.init(ByteStream(handle, file: file), format: format, mapping: mapping, file: file)
    }

    /// Reads rows that are in memory.
    public init(
        _ data: Data, format: DataFormat, mapping: RowMapping = RowMapping(), file: String = "data",
    ) {
        self.init(ByteStream([UInt8](data)), format: format, mapping: mapping, file: file)
    }

    private init(_ stream: ByteStream, format: DataFormat, mapping: RowMapping, file: String) {
        rows = RowReader(stream, format: format, file: file, header: mapping.header)
        mapper = RowMapper(mapping, file: file)
    }

    /// The next example; nil at the end.
    ///
    /// After an error, the next call goes on with the row after the bad one.
    ///
    /// - Throws: ``DatasetError/rows(_:total:)`` with the one bad row, ``DatasetError/unreadable(file:reason:)``.
    public mutating func next() throws(DatasetError) -> Example? {
        guard !ended, let row = try rows.next() else { return nil }
        switch row {
        case .fault(let fault): throw refused(fault)
        case .row(let row):
            switch mapper.example(row, columns: rows.columns) {
            case .success(let example): return example
            case .failure(let refusal): throw refused(refusal.fault)
            }
        }
    }

    /// A bad header ends the stream: with it every row would be bad, and for the same reason.
    private mutating func refused(_ fault: RowFault) -> DatasetError {
        switch fault.reason {
        case .missingColumn, .duplicateColumn, .utf16: ended = true
        default: break
        }
        return .rows([fault], total: 1)
    }

    /// The labels known so far: those that the mapping lists, or those that have come by, in order.
    public var labels: [String] { mapper.labels }
}
