import Datasets
import Foundation
import Testing

@Suite struct DelimitedReadingTests {
    @Test func `tables that Python wrote come out cell by cell, whatever is in them`() throws {
        for table in try Golden.read("rows.json", as: RowGoldens.self).csv {
            try expect(table.rows, in: read(table.csv))
        }
    }

    @Test func `tab-separated rows that Python wrote come out cell by cell`() throws {
        let golden = try Golden.read("rows.json", as: RowGoldens.self).tsv
        try expect(golden.rows, in: read(golden.tsv, format: .tsv))
    }

    @Test func `a byte-order mark, CRLF, empty lines and a missing last line break are accepted`() throws {
        let data = try read("\u{FEFF}text,label\r\n\r\na,x\r\n\"b\",y\r\n,x\r\nc,z")
        #expect(data.examples.map { $0.fields["text"] } == ["a", "b", "", "c"])
        #expect(data.labels == ["x", "y", "z"])
    }

    @Test func `white space, quotes inside a cell and a comma with a mark over it are kept`() throws {
        let data = try read("text,label\n  5\" screen ,x\na,\u{301}y\n")
        #expect(data.examples.map { $0.fields["text"] } == ["  5\" screen ", "a"])
        #expect(data.labels == ["x", "\u{301}y"])
    }

    @Test func `in TSV a quote that encloses no whole cell is a quote`() throws {
        let data = try read("text\tlabel\n\"a\" and \"b\"\tx\n\"c\tx\n\"d \"\"e\"\"\"\tx\n", format: .tsv)
        #expect(data.examples.map { $0.fields["text"] } == ["\"a\" and \"b\"", "\"c", "d \"e\""])
    }

    @Test func `a row with the wrong number of cells is refused where it begins`() throws {
        try expect(.cellCount(found: 3, expected: 2), line: 4, for: "text,label\n\"a\nb\",x\na,b,c\n")
        try expect(.cellCount(found: 1, expected: 2), line: 2, for: "text,label\na\n")
        try expect(.cellCount(found: 1, expected: 2), line: 2, for: "text\tlabel\na,b\n", format: .tsv)
    }

    @Test func `a quote left open, and text after a closing quote, are refused`() throws {
        try expect(.unclosedQuote, line: 3, for: "text,label\na,x\n\"b,x\nc,x\n")
        try expect(.textAfterQuote(cell: 1), line: 2, for: "text,label\n\"a\" b,x\n\"c\",x\n")
    }

    @Test func `a byte that is not UTF-8 is named by its place in the file`() throws {
        let start = Array("text,label\na,x\n\"b\"\"c".utf8)
        try expect(.notUTF8(byte: start.count), line: 3, for: start + [0xB0] + Array("\",x\n".utf8))
        let tabs = Array("text\tlabel\na\tx\n".utf8)
        try expect(
            .notUTF8(byte: tabs.count), line: 3, for: tabs + [0xB0] + Array("\tx\n".utf8), format: .tsv)
    }

    @Test func `a header that lacks a column or has one twice ends the reading with one fault`() throws {
        try expect(.missingColumn("label", present: ["text", "mood"]), line: 1, for: "text,mood\na,x\nb,y\n")
        try expect(.duplicateColumn("text"), line: 1, for: "text,text\na,x\nb,y\n")
    }

    @Test(arguments: ["", "text,label\n", "\r\n"]) func `a file without rows is refused`(_ text: String) {
        #expect(throws: DatasetError.empty(file: "standard input")) { try read(text) }
    }

    @Test func `a file without a header line takes the names it is given`() throws {
        let data = try read("a,x\nb,y\n", RowMapping(header: ["text", "label"]))
        #expect(data.examples.map(\.label) == ["x", "y"])
    }

    private func read(
        _ text: String, _ mapping: RowMapping = RowMapping(), format: DataFormat = .csv,
    ) throws -> Dataset {
        try Dataset(ExampleStream(Data(text.utf8), format: format, mapping: mapping), name: "rows")
    }

    private func expect(_ rows: [[String]], in data: Dataset) {
        #expect(data.examples.count == rows.count)
        for (example, row) in zip(data.examples, rows) {
            let found = [example.fields["text"], example.fields["second"], example.label].map {
                Array(($0 ?? "?").utf8)
            }
            #expect(found == row.map { Array($0.utf8) })
        }
    }

    private func expect(
        _ reason: RowFault.Reason, line: Int, for text: String, format: DataFormat = .csv,
    ) throws {
        try expect(reason, line: line, for: Array(text.utf8), format: format)
    }

    private func expect(
        _ reason: RowFault.Reason, line: Int, for bytes: [UInt8], format: DataFormat = .csv,
    ) throws {
        let fault = RowFault(file: "rows", line: line, reason: reason)
        #expect(throws: DatasetError.rows([fault], total: 1)) {
            try Dataset(ExampleStream(Data(bytes), format: format, file: "rows"), name: "rows")
        }
    }
}
