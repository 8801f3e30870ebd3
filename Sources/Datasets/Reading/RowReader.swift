/// A row as its file has it, before a mapping gives its columns their meaning.
struct RawRow {
    let line: Int
    let cells: [(name: String, cell: JSONCell)]
}

/// What reading on gives: a row, or a fault after which reading can go on.
enum RowResult {
    case row(RawRow)
    case fault(RowFault)
}

/// Turns bytes into rows, one at a time, in any of the formats.
struct RowReader {
    private var stream: ByteStream
    private let format: DataFormat
    private let file: String
    private var header: [String]?
    private var line = 0
    private var begun = false

    init(_ stream: ByteStream, format: DataFormat, file: String, header: [String]?) {
        self.stream = stream
        self.format = format
        self.file = file
        self.header = header
    }

    /// The columns of a CSV or TSV file, once its first row was asked for.
    var columns: [String]? { header }

    /// The next row or fault; nil at the end.
    ///
    /// Empty lines are passed over.
    mutating func next() throws(DatasetError) -> RowResult? {
        if !begun {
            begun = true
            if let fault = try skipMark() { return .fault(fault) }
        }
        return format == .jsonl ? try nextObject() : try nextCells()
    }

    /// Passes over the byte-order mark of UTF-8, and refuses those of UTF-16.
    private mutating func skipMark() throws(DatasetError) -> RowFault? {
        guard let first = try stream.peek(), [0xEF, 0xFE, 0xFF].contains(first) else { return nil }
        _ = try stream.next()
        guard first == 0xEF else { return fault(.utf16, at: 1) }
        for expected: UInt8 in [0xBB, 0xBF] {
            guard try stream.next() == expected else { return fault(.notUTF8(byte: 0), at: 1) }
        }
        return nil
    }

    private func fault(_ reason: RowFault.Reason, at line: Int) -> RowFault {
        RowFault(file: file, line: line, reason: reason)
    }

    // MARK: JSONL

    private mutating func nextObject() throws(DatasetError) -> RowResult? {
        while true {
            let start = stream.offset
            guard let bytes = try stream.line() else { return nil }
            line += 1
            if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
            guard bytes.count <= ByteStream.rowLimit else {
                return .fault(fault(.tooLong(limit: ByteStream.rowLimit), at: line))
            }
            if let byte = firstInvalidByte(bytes) {
                return .fault(fault(.notUTF8(byte: start + byte), at: line))
            }
            return object(bytes)
        }
    }

    private func object(_ bytes: [UInt8]) -> RowResult {
        var reader = JSONReader(bytes)
        do throws(JSONFault) {
            return .row(RawRow(line: line, cells: try reader.row()))
        } catch {
            return .fault(fault(error.reason, at: line))
        }
    }

    // MARK: CSV and TSV

    private mutating func nextCells() throws(DatasetError) -> RowResult? {
        if header == nil {
            guard let record = try nextRecord() else { return nil }
            guard case .cells(let names, _) = record else { return result(record) }
            header = names
            if let name = firstRepeated(names) { return .fault(fault(.duplicateColumn(name), at: line)) }
        }
        return try nextRecord().map { result($0) }
    }

    private mutating func nextRecord() throws(DatasetError) -> DelimitedRecord? {
        var parser = DelimitedParser(format: format, line: line)
        while let record = try parser.next(from: &stream) {
            line = parser.line
            if case .cells(let cells, _) = record, cells == [""] { continue }
            return record
        }
        return nil
    }

    private func result(_ record: DelimitedRecord) -> RowResult {
        switch record {
        case .broken(let reason, let line):
            return .fault(fault(reason, at: line))
        case .cells(let cells, let line):
            guard let header, header.count == cells.count else {
                return .fault(fault(.cellCount(found: cells.count, expected: header?.count ?? 0), at: line))
            }
            return .row(RawRow(line: line, cells: zip(header, cells).map { ($0, .text($1)) }))
        }
    }

    private func firstRepeated(_ names: [String]) -> String? {
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }
    }
}
