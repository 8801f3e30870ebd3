import Foundation
import Prompts
import Testing

@Suite struct VerbalizerTests {
    @Test func `labels keep their order on disk`() throws {
        let verbalizer = try Verbalizer(["z": ["bad", "awful"], "a": ["good"], "m": ["so-so"]])
        let data = try JSONEncoder().encode(verbalizer)
        let read = try JSONDecoder().decode(Verbalizer.self, from: data)
        #expect(read == verbalizer)
        #expect(read.labels == ["z", "a", "m"])
        #expect(read.words(for: "z") == ["bad", "awful"] && read.words(for: "?") == nil)
    }

    @Test func `one word a label is given as two lists`() throws {
        let verbalizer = try Verbalizer(labels: ["0", "1"], words: [" bad", " good"])
        #expect(try verbalizer == Verbalizer(["0": [" bad"], "1": [" good"]]))
    }

    @Test func `a stored verbalizer with a broken rule says which`() throws {
        let json = Data(#"[{"label":"a","words":[]}]"#.utf8)
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Verbalizer.self, from: json)
        }
        #expect("\(try #require(error))".contains("no words"))
    }

    struct Case: Sendable {
        let entries: [Verbalizer.Entry]
        let error: VerbalizerError

        init(_ words: [(String, [String])], _ error: VerbalizerError) {
            entries = words.map { Verbalizer.Entry(label: $0.0, words: $0.1) }
            self.error = error
        }
    }

    @Test(arguments: [
        Case([], .noLabels), Case([("a", ["x"]), ("a", ["y"])], .labelTwice("a")),
        Case([("a", ["x"]), ("b", [])], .labelWithoutWords("b")),
        Case([("a", ["x", " \n"])], .emptyWord(label: "a")),
        Case([("a", ["x"]), ("b", [" x "])], .sharedWord("x", labels: ["a", "b"])),
        Case([("a", ["x", "x"])], .sharedWord("x", labels: ["a", "a"])),
    ])
    func `a broken rule is refused`(_ broken: Case) {
        #expect(throws: broken.error) { try Verbalizer(broken.entries) }
        #expect(broken.error.description.hasSuffix("."))
    }

    @Test func `lists of different lengths are refused`() {
        #expect(throws: VerbalizerError.countsDiffer(labels: 2, words: 1)) {
            try Verbalizer(labels: ["a", "b"], words: ["x"])
        }
    }
}
