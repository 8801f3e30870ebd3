import Datasets
import Testing

@Suite struct DatasetTests {
    @Test func `labels are in the order in which they first appear`() throws {
        let rows = ["b", "a", "b", "c"].map { Example(fields: ["text": $0], label: $0) }
        #expect(try Dataset(name: "letters", examples: rows).labels == ["b", "a", "c"])
    }

    @Test func `a stated label order is kept, and a label outside it is refused`() throws {
        let rows = [Example(fields: [:], label: "b", id: "row-7")]
        #expect(try Dataset(name: "letters", labels: ["a", "b"], examples: rows).labels == ["a", "b"])
        #expect(throws: DatasetError.foreignLabel("b", row: "row-7", known: ["a"])) {
            try Dataset(name: "letters", labels: ["a"], examples: rows)
        }
        #expect(throws: DatasetError.duplicateLabel("a")) {
            try Dataset(name: "letters", labels: ["a", "a"], examples: [])
        }
    }

    @Test func `a row is called by its id or by its place`() throws {
        let rows = [Example(fields: [:], id: "first"), Example(fields: [:])]
        let dataset = try Dataset(name: "rows", examples: rows)
        #expect([dataset.rowName(0), dataset.rowName(1)] == ["first", "row 2"])
    }

    @Test func `a list field gives its items, and anything else is refused`() throws {
        let row = Example(
            fields: ["tokens": #"["날씨","a \"b\"",3]"#, "text": "plain", "deep": "[[1]]"], id: "x")
        #expect(try row.list("tokens") == ["날씨", "a \"b\"", "3"])
        for field in ["text", "deep", "absent"] {
            #expect(throws: DatasetError.notAList(field: field, row: "x")) { try row.list(field) }
        }
    }
}
