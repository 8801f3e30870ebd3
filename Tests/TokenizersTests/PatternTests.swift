import Foundation
import Testing
import Tokenizers

/// The scanner and the engine of patterns are two implementations of one thing.
@Suite struct PatternTests {
    @Test(arguments: ["llama3", "qwen2"])
    func `an expression that the scanner does not know gives the same ids`(_ name: String) throws {
        let golden = try Golden(name)
        let file = Golden.folder.appending(path: "\(name).json")
        let known = try String(contentsOf: file, encoding: .utf8)
        // A group around it changes nothing but the text of the expression.
        let unknown = known.replacingOccurrences(of: #""Regex":"(?i:"#, with: #""Regex":"(?:)(?i:"#)
        #expect(unknown != known)
        let tokenizer = try TokenizerPipeline(json: Array(unknown.utf8))
        for (text, ids) in zip(golden.texts, golden.ids) where text.utf8.count < 1_000 {
            #expect(tokenizer.encode(text) == ids)
        }
    }

    private static func words(_ pattern: String, _ text: String) throws -> [String] {
        let escaped = pattern.replacingOccurrences(of: "\\", with: "\\\\")
        let json = BrokenFile.file(
            model: #"{"type":"BPE","vocab":{"?":0},"merges":[],"unk_token":"?","fuse_unk":true}"#,
            splitter: #"{"type":"Split","pattern":{"Regex":"\#(escaped)"},"behavior":"Isolated"}"#)
        let tokenizer = try TokenizerPipeline(json: Array(json.utf8))
        // Every word is one fused unknown token, so the count of ids is the count of words.
        return tokenizer.encode(text).map { tokenizer.piece(for: $0) ?? "" }
    }

    @Test(arguments: [
        ("a+?b", "aaab", 1), ("a{2}", "aaaaa", 3), ("a{2,3}", "aaaaa", 2), ("(ab)+", "ababx", 2),
        ("(?:ab|a)c", "abcac", 2),
        ("(?=ab)a", "abac", 2), ("(?>a+)a", "aaa", 1), ("a++a", "aaa", 1), ("^a", "aaa", 2), ("a$", "aaa", 2),
        (".", "a\nb", 3),
        (#"[^\s\d]+"#, "ab 12", 2), (#"[a-c\d]+"#, "ab1 x", 2), (#"(?i:k)+"#, "kK\u{212A}x", 2),
        (#"\p{Lu}\p{Ll}*"#, "AbcDe", 2),
        (#"[[ab]c]+"#, "abcd", 2), (#"\x41|\x{1F600}|\u00e9"#, "A😀é", 3), (#"\p{Han}+"#, "漢字かな", 2),
        ("(a|b|c|d|)x", "axx", 2),
    ])
    func `syntax means what it means to the reference`(_ pattern: String, _ text: String, _ count: Int) throws
    {
        #expect(try Self.words(pattern, text).count == count)
    }

    @Test func `a pattern that backtracks without end is given up`() throws {
        let text = String(repeating: "a", count: 40)
        #expect(try Self.words("((a|aa)+)+b", text).count == 1)
    }
}
