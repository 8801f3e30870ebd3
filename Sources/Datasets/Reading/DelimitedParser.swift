/// One row of a CSV or TSV file: its cells, or why it has none, with the line on which it begins.
enum DelimitedRecord: Hashable {
    case cells([String], line: Int)
    case broken(RowFault.Reason, line: Int)
}

/// Cuts CSV (RFC 4180) and TSV into cells.
///
/// It works on bytes, not on characters: a comma with a combining mark after it is still a comma. It is stricter than
/// most readers where a row would otherwise change its meaning unsaid (an open quote, text after a closing quote) and
/// as kind as they are where nothing is lost (LF for CRLF, a quote inside an unquoted cell, no line break at the end).
/// In TSV a quote has a meaning only if it encloses a whole cell, because most TSV files do not quote at all.
struct DelimitedParser {
    private let format: DataFormat
    /// How many lines have been taken.
    private(set) var line: Int

    init(format: DataFormat, line: Int) {
        self.format = format
        self.line = line
    }

    /// The next row; nil at the end of the stream.
    ///
    /// After a broken row, reading goes on with the next line.
    mutating func next(from stream: inout ByteStream) throws(DatasetError) -> DelimitedRecord? {
        format == .tsv ? try tabbed(&stream) : try quoted(&stream)
    }

    // MARK: TSV

    private mutating func tabbed(_ stream: inout ByteStream) throws(DatasetError) -> DelimitedRecord? {
        let start = stream.offset
        guard let bytes = try stream.line() else { return nil }
        line += 1
        guard bytes.count <= ByteStream.rowLimit else {
            return .broken(.tooLong(limit: ByteStream.rowLimit), line: line)
        }
        if let byte = firstInvalidByte(bytes) { return .broken(.notUTF8(byte: start + byte), line: line) }
        let cells = bytes.split(separator: 0x09, omittingEmptySubsequences: false)
        return .cells(cells.map { String(decoding: unquoted($0), as: UTF8.self) }, line: line)
    }

    /// The inside of a cell whose first and last byte are quotes and whose quotes between come in pairs, one of each
    /// pair; any other cell as it is.
    private func unquoted(_ cell: ArraySlice<UInt8>) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        guard cell.count >= 2, cell.first == quote, cell.last == quote else { return Array(cell) }
        var inside: [UInt8] = []
        var isSecond = false
        for byte in cell.dropFirst().dropLast() {
            guard byte == quote || !isSecond else { return Array(cell) }
            isSecond = byte == quote && !isSecond
            if !isSecond { inside.append(byte) }
        }
        return isSecond ? Array(cell) : inside
    }

    // MARK: CSV

    private enum Place { case cellStart, plain, quoted, afterQuote }

    private mutating func quoted(_ stream: inout ByteStream) throws(DatasetError) -> DelimitedRecord? {
        guard try stream.peek() != nil else { return nil }
        let (firstLine, start) = (line + 1, stream.offset)
        var record = Record()
        var place = Place.cellStart
        var fault: RowFault.Reason?
        line += 1
        while let byte = try stream.next() {
            record.count += 1
            if byte == 0x0A, place != .quoted { break }
            if byte == 0x0A { line += 1 }
            if record.count > ByteStream.rowLimit { fault = .tooLong(limit: ByteStream.rowLimit) }
            guard fault == nil else { continue }
            place = record.take(byte, at: place)
            if place == .afterQuote, record.strayText {
                fault = .textAfterQuote(cell: record.cells.count + 1)
            }
        }
        if place == .quoted, fault == nil { fault = .unclosedQuote }
        record.endLine(quoted: place == .afterQuote)
        if let fault { return .broken(fault, line: firstLine) }
        return finished(record, start: start, line: firstLine)
    }

    private func finished(_ record: Record, start: Int, line: Int) -> DelimitedRecord {
        var cells: [String] = []
        for bytes in record.cells {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return .broken(.notUTF8(byte: start + (firstInvalidByte(record.source) ?? 0)), line: line)
            }
            cells.append(text)
        }
        return .cells(cells, line: line)
    }

    /// The cells of a row while they are being read.
    private struct Record {
        var cells: [[UInt8]] = []
        var cell: [UInt8] = []
        /// All bytes of the row, from which the place of a byte that is not UTF-8 is told.
        var source: [UInt8] = []
        var count = 0
        var strayText = false

        mutating func take(_ byte: UInt8, at place: Place) -> Place {
            source.append(byte)
            switch (place, byte) {
            case (.quoted, UInt8(ascii: "\"")): return .afterQuote
            case (.quoted, _): break
            case (_, UInt8(ascii: ",")):
                endCell()
                return .cellStart
            case (.cellStart, UInt8(ascii: "\"")): return .quoted
            case (.afterQuote, UInt8(ascii: "\"")):
                cell.append(byte)
                return .quoted
            case (.afterQuote, 0x0D): return .afterQuote
            case (.afterQuote, _):
                strayText = true
                return .afterQuote
            default:
                cell.append(byte)
                return .plain
            }
            cell.append(byte)
            return .quoted
        }

        mutating func endLine(quoted: Bool) {
            if !quoted, cell.last == 0x0D { cell.removeLast() }
            endCell()
        }

        private mutating func endCell() {
            cells.append(cell)
            cell = []
        }
    }
}
