import Checkpoints
import Foundation
import Testing

@Suite struct JSONTests {
    private func parse(_ text: String) throws -> JSONValue {
        let folder = try TemporaryFolder()
        return try Configuration(contentsOf: folder.write(text, to: "a.json")).root
    }

    @Test(arguments: [
        (
            "{\"a\": [1, -2, 0.5, 1e3, true, false, null]}",
            JSONValue.object([
                "a": .array([
                    .integer(1), .integer(-2), .number(0.5), .number(1000), .bool(true), .bool(false), .null,
                ])
            ])
        ),
        ("\"\\u00e9\\ud83d\\ude00\\n\\\"\"", .string("é😀\n\"")),
        (" [ ] ", .array([])), ("{}", .object([:])),
        ("18446744073709551615", .number(18_446_744_073_709_551_616)),
        ("-Infinity", .number(-.infinity)), ("Infinity", .number(.infinity)),
    ])
    func `values are read`(text: String, expected: JSONValue) throws {
        #expect(try parse(text) == expected)
    }

    @Test(arguments: [
        "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "1.", ".5", "1e", "-", "tru", "\"a", "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "1 2", "\"\u{1}\"", "1e999", "nan", "'a'", "[1 2]", " ",
    ])
    func `what is not JSON is refused with its place`(text: String) {
        guard case .invalidJSON(let offset, _) = problem({ _ = try parse(text) }) else {
            Issue.record("\(text) was accepted")
            return
        }
        #expect((0...text.utf8.count).contains(offset))
    }

    @Test func `a key that comes twice is refused`() {
        #expect(
            problem { _ = try parse("{\"a\": {\"b\": 1, \"b\": 2}}") } == .duplicateKey("b"))
        #expect(
            problem { _ = try parse("{\"b\": 1, \"\\u0062\": 2}") } == .duplicateKey("b"))
    }

    @Test func `nesting has a limit`() throws {
        let limit = Limits.jsonDepth
        let deepest = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
        #expect(throws: Never.self) { try parse(deepest) }
        #expect(problem { _ = try parse("[\(deepest)]") } == .jsonTooDeep(limit: limit))
        let bomb = String(repeating: "[", count: 1_000_000)
        #expect(problem { _ = try parse(bomb) } == .jsonTooDeep(limit: limit))
    }

    @Test func `a file beyond the limit is not read`() throws {
        let folder = try TemporaryFolder()
        let url = try folder.write("", to: "a.json")
        let file = try FileHandle(forWritingTo: url)
        try file.truncate(atOffset: UInt64(Limits.jsonBytes + 1))
        try file.close()
        #expect(
            problem { _ = try Configuration(contentsOf: url) }
                == .jsonTooLarge(bytes: Limits.jsonBytes + 1, limit: Limits.jsonBytes))
    }

    @Test func `an empty file is refused`() {
        #expect(problem { _ = try parse("") } == .emptyFile(expected: "a JSON file"))
    }
}

@Suite struct ConfigurationTests {
    private let configuration = Configuration(
        location: "config.json",
        root: .object([
            "hidden_size": .integer(64), "eps": .number(1e-5), "whole": .number(3), "name": .string("x"),
            "tied": .bool(true), "nothing": .null, "llama.block_count": .integer(30),
            "text_config": .object(["layers": .integer(2), "kinds": .array([.string("a"), .string("b")])]),
            "ids": .array([.integer(1), .integer(2)]),
        ]))

    @Test func `values are found by key path`() throws {
        #expect(try configuration.integer("hidden_size") == 64)
        #expect(try configuration.integer("text_config.layers") == 2)
        #expect(try configuration.integer("llama.block_count") == 30)
        #expect(try configuration.integer("whole") == 3)
        #expect(try configuration.number("eps") == 1e-5)
        #expect(try configuration.number("hidden_size") == 64)
        #expect(try configuration.string("name") == "x")
        #expect(try configuration.optionalBool("tied") == true)
        #expect(try configuration.optionalStrings("text_config.kinds") == ["a", "b"])
        #expect(try configuration.optionalIntegers("ids") == [1, 2])
        #expect(try configuration.optionalIntegers("hidden_size") == [64])
        #expect(try configuration.optionalInteger("nothing") == nil)
        #expect(try configuration.optionalInteger("text_config.none.deeper") == nil)
        #expect(try configuration.object("text_config").count == 2)
    }

    @Test func `an error names the path`() {
        #expect(
            problem { _ = try configuration.integer("text_config.heads") }
                == .missingKey("text_config.heads"))
        #expect(
            problem { _ = try configuration.integer("nothing") } == .missingKey("nothing"))
        #expect(
            problem { _ = try configuration.integer("eps") }
                == .wrongType(key: "eps", expected: "a whole number", found: "the number 1e-05"))
        #expect(
            problem { _ = try configuration.string("tied") }
                == .wrongType(key: "tied", expected: "a text", found: "true"))
    }
}
