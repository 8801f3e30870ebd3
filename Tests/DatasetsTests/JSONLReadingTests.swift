import Datasets
import Foundation
import Testing

@Suite struct JSONLReadingTests {
    @Test func `fields, label and id come out as written`() throws {
        let data = try read(
            #"{"text": "날씨가 좋다 \ud83d\ude00\n", "label": "good", "id": 812, "stars": 4.50, "seen": true, "note": null}"#
        )
        let row = try #require(data.examples.first)
        #expect(row.fields == ["text": "날씨가 좋다 😀\n", "stars": "4.50", "seen": "true"])
        #expect(row.label == "good" && row.id == "812")
    }

    @Test func `lines that Python wrote come out as Python's texts`() throws {
        let golden = try Golden.read("rows.json", as: RowGoldens.self).jsonl
        let texts = try read(golden.lines.joined(separator: "\r\n")).examples.map { $0.fields["text"] ?? "" }
        // Bytes are compared, because Swift's == takes texts of other Unicode forms for equal.
        #expect(texts.map { Array($0.utf8) } == golden.texts.map { Array($0.utf8) })
    }

    @Test func `a byte-order mark, CRLF, empty lines and a missing last line break are accepted`() throws {
        let rows = "\u{FEFF}{\"text\":\"a\",\"label\":\"x\"}\r\n\r\n  \n{\"text\":\"b\",\"label\":\"y\"}"
        #expect(try read(rows).examples.map { $0.fields["text"] } == ["a", "b"])
    }

    @Test(arguments: [
        (#"{"text": "a" "label": "x"}"#, "',' or '}'", 14), (#"{"text": "a", "label": x}"#, "a value", 24),
        (#"{"text": "a"#, "a closing quote", 12), (#"{"text": "a"} x"#, "the end of the line", 15),
        (#"{"text" "a"}"#, "':'", 9), (#"{text: 1}"#, "a name or text in quotes", 2),
        (#"{"a": 01}"#, "no 0 before a number", 7), (#"{"a": 1.}"#, "a digit", 9),
        (#"{"a": -}"#, "a value", 7),
        (#"{"a": 1e+}"#, "a digit", 10), (#"{"a": tru}"#, "a value", 7),
        (#"{"a": "\x"}"#, "one of the escapes of JSON", 9),
        (#"{"a": "\u12G4"}"#, "four hexadecimal digits", 10),
        (#"{"a": "\ud800"}"#, "both halves of a surrogate pair", 10),
        (#"{"a": "\ud800\u0041"}"#, "the second half of a surrogate pair", 16),
        ("{\"a\": \"b\tc\"}", "no raw control character in text", 9),
        (#"{"a": [1, }"#, "a value", 11), (#"{"a": [1 2]}"#, "',' or ']'", 10),
        (#"{"a": 1,}"#, "a name or text in quotes", 9),
    ])
    func `what is not JSON is refused at its byte`(_ line: String, _ expected: String, _ column: Int) throws {
        try expect(.notJSON(expected: expected, column: column), for: line)
    }

    @Test func `every part of a line is refused, at every byte`() throws {
        let line = Array(#"{"text": "가\u00e9\n", "n": [1, {"x": -1.5e3}], "label": "x"}"#.utf8)
        let mapping = RowMapping(reads: ["text"])
        for length in 1..<line.count {
            var rows = ExampleStream(Data(line[..<length]), format: .jsonl, mapping: mapping)
            #expect(throws: DatasetError.self, "\(length)") { try rows.next() }
        }
        var rows = ExampleStream(Data(line), format: .jsonl, mapping: mapping)
        #expect(try rows.next()?.fields == ["text": "가é\n"])
    }

    @Test func `a line that is no object, and a name that occurs twice, are refused`() throws {
        try expect(.notAnObject, for: "[1]")
        try expect(.notAnObject, for: "\"text\"")
        try expect(.duplicateName("a"), for: #"{"a": 1, "a": 2}"#)
    }

    @Test func `lists too deep are refused before the stack is spent`() throws {
        let deep = #"{"a": "# + String(repeating: "[", count: 100_000)
        try expect(
            .notJSON(expected: "no more than 64 levels of lists and objects", column: 70), for: deep)
    }

    @Test func `a byte that is not UTF-8 is named by its place in the file`() throws {
        var bytes = Array("{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"".utf8)
        let place = bytes.count + 1
        bytes += [0x61, 0xB0, 0xA1] + Array("\",\"label\":\"x\"}\n".utf8)
        try expect(.notUTF8(byte: place), line: 2, for: bytes)
    }

    @Test(arguments: [[0xFF, 0xFE, 0x7B, 0x00], [0xFE, 0xFF, 0x00, 0x7B]] as [[UInt8]])
    func `UTF-16 is recognised`(
        _ bytes: [UInt8],
    ) throws {
        try expect(.utf16, for: bytes)
    }

    @Test func `a row without a label is refused, unless labels are not needed`() throws {
        try expect(.missingLabel(column: "label", present: ["text"]), for: #"{"text": "a"}"#)
        try expect(
            .missingLabel(column: "label", present: ["text", "label"]), for: #"{"text": "a", "label": null}"#)
        let data = try read(#"{"text": "a"}"#, RowMapping(needsLabel: false))
        #expect(data.examples.first?.label == nil && data.labels.isEmpty)
    }

    @Test func `a field that the task reads must be there`() throws {
        let line = #"{"review": "a", "label": "x"}"#
        try expect(
            .missingField("text", column: "text", present: ["review", "label"]), for: line,
            RowMapping(reads: ["text"]))
    }

    @Test
    func `lists are read where the task says so, passed over where it reads other fields, and refused else`()
        throws
    {
        let line = #"{"text": "a", "tokens": [ "x", 2 ], "label": "x"}"#
        try expect(.nested(field: "tokens"), for: line)
        try expect(.nested(field: "tokens"), for: line, RowMapping(reads: ["text", "tokens"]))
        #expect(try read(line, RowMapping(reads: ["text"])).examples[0].fields == ["text": "a"])
        let listed = try read(line, RowMapping(lists: ["tokens"]))
        #expect(try listed.examples[0].list("tokens") == ["x", "2"])
        try expect(
            .nested(field: "label"), for: #"{"text": "a", "label": ["x"]}"#, RowMapping(reads: ["text"]))
    }

    @Test func `all bad rows are reported at once, the first twenty in full`() throws {
        let lines = (1...30).map { $0 % 3 == 0 ? #"{"text":"a","label":"x"}"# : "oops" }.joined(
            separator: "\n")
        let error = #expect(throws: DatasetError.self) { try read(lines) }
        guard case .rows(let faults, let total) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(total == 20 && faults.map(\.line) == (1...30).filter { $0 % 3 != 0 })
        let more = #expect(throws: DatasetError.self) { try read(String(repeating: "oops\n", count: 25)) }
        #expect(more?.description.hasSuffix("… and 5 more bad rows") == true)
    }

    @Test(arguments: ["", "\n\r\n", "\u{FEFF}"]) func `a file without rows is refused`(_ text: String) {
        #expect(throws: DatasetError.empty(file: "standard input")) { try read(text) }
    }

    private func read(_ text: String, _ mapping: RowMapping = RowMapping()) throws -> Dataset {
        try Dataset(ExampleStream(Data(text.utf8), format: .jsonl, mapping: mapping), name: "rows")
    }

    private func expect(
        _ reason: RowFault.Reason, for text: String, _ mapping: RowMapping = RowMapping(),
    ) throws {
        try expect(reason, for: Array(text.utf8), mapping)
    }

    private func expect(
        _ reason: RowFault.Reason, line: Int = 1, for bytes: [UInt8], _ mapping: RowMapping = RowMapping(),
    ) throws {
        let fault = RowFault(file: "rows.jsonl", line: line, reason: reason)
        #expect(throws: DatasetError.rows([fault], total: 1)) {
            try Dataset(
                ExampleStream(Data(bytes), format: .jsonl, mapping: mapping, file: "rows.jsonl"), name: "rows"
            )
        }
    }
}
