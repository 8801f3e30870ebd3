import Datasets
import Foundation
import Testing

@Suite struct MappingTests {
    @Test func `columns and label names are mapped as a command line writes them`() throws {
        let mapping = try RowMapping(
            columns: "text=review, label=sentiment", labelNames: "0=negative,1=positive")
        let data = try read(
            "review,sentiment,text,label\ngood,1,other,9\nbad,0,other,9\nfine,positive,other,9\n", mapping)
        #expect(data.examples.map(\.fields) == ["good", "bad", "fine"].map { ["text": $0] })
        #expect(data.examples.map(\.label) == ["positive", "negative", "positive"])
        #expect(data.labels == ["negative", "positive"])
    }

    @Test func `an id and one column for two fields can be mapped`() throws {
        let data = try read(
            "title,no,label\na,7,x\n", RowMapping(columns: ["text": "title", "hint": "title", "id": "no"]))
        #expect(data.examples == [Example(fields: ["text": "a", "hint": "a"], label: "x", id: "7")])
    }

    @Test func `a stated label order is kept`() throws {
        let data = try read("text,label\na,x\nb,y\n", RowMapping(labels: ["z", "y", "x"]))
        #expect(data.labels == ["z", "y", "x"])
    }

    @Test(arguments: [
        ("postive", "positive"), ("Negative ", "negative"), ("neagtive", "negative"), ("9", nil), ("중립", nil),
    ])
    func `an unknown label comes with those known and the nearest`(_ label: String, _ nearest: String?) {
        let known = ["negative", "positive"]
        let reason = RowFault.Reason.unknownLabel(label, known: known, nearest: nearest)
        #expect(throws: DatasetError.rows([RowFault(file: "data", line: 2, reason: reason)], total: 1)) {
            try read("text,label\na,\(label)\n", RowMapping(labels: known))
        }
    }

    @Test(arguments: ["text", "text=", "=review", "a=b,a=c", "a=b,,c"])
    func `a mapping that cannot be read is refused`(
        _ text: String,
    ) {
        #expect(throws: DatasetError.self) { try RowMapping(columns: text) }
    }

    @Test func `a mapping can be stored`() throws {
        let mapping = try RowMapping(columns: "text=review", labelNames: "0=no,1=yes")
        let stored = try JSONEncoder().encode(mapping)
        #expect(try JSONDecoder().decode(RowMapping.self, from: stored) == mapping)
    }

    @Test(arguments: [
        ("a.jsonl", DataFormat.jsonl), ("a.NDJSON", .jsonl), ("b.csv", .csv), ("c.tsv", .tsv),
        ("c.tab", .tsv),
    ])
    func `the format is that of the extension`(_ name: String, _ format: DataFormat) throws {
        #expect(try DataFormat(of: URL(filePath: name)) == format)
    }

    @Test func `a file that cannot be opened, or says no format, is refused`() {
        #expect(throws: DatasetError.unknownFormat(file: "rows.parquet")) {
            try Dataset(contentsOf: URL(filePath: "rows.parquet"))
        }
        let error = #expect(throws: DatasetError.self) {
            try Dataset(contentsOf: URL(filePath: "/nowhere/rows.csv"))
        }
        guard case .unreadable("/nowhere/rows.csv", _) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
    }

    @Test func `rows come out of a pipe as soon as their line is complete`() throws {
        let pipe = Pipe()
        var rows = ExampleStream(
            pipe.fileHandleForReading, format: .jsonl, mapping: RowMapping(needsLabel: false))
        let writer = pipe.fileHandleForWriting
        // Were the stream to wait for the end, or for a full piece, the first call would never return.
        try writer.write(contentsOf: Data(#"{"text": "first"}"#.utf8 + [0x0A]))
        #expect(try rows.next()?.fields == ["text": "first"])
        try writer.write(contentsOf: Data("oops\n{\"text\": \"sec".utf8))
        #expect(throws: DatasetError.self) { try rows.next() }
        try writer.write(contentsOf: Data("ond\"}".utf8))
        try writer.close()
        #expect(try rows.next()?.fields == ["text": "second"])
        #expect(try rows.next() == nil)
        #expect(try rows.next() == nil)
    }

    @Test func `an error says where, what and what to do`() {
        let error = #expect(throws: DatasetError.self) {
            try read("text,label\na,postive\n", RowMapping(labels: ["negative", "positive"]))
        }
        #expect(
            error?.description
                == "data:2: the label 'postive' is not one of negative, positive; did you mean 'positive'?")
    }

    private func read(_ text: String, _ mapping: RowMapping) throws -> Dataset {
        try Dataset(ExampleStream(Data(text.utf8), format: .csv, mapping: mapping), name: "rows")
    }
}
