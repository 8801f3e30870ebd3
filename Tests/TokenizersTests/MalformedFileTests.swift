import Foundation
import Testing
import Tokenizers

/// A tokenizer file that breaks one rule, and the error that says so.
struct BrokenFile: CustomTestStringConvertible, Sendable {
    var rule: String
    var json: String
    var error: TokenizerError

    var testDescription: String { rule }

    init(_ rule: String, _ json: String, _ error: TokenizerError) {
        self.rule = rule
        self.json = json
        self.error = error
    }

    /// A file whose parts are those of a sound one, but for some.
    static func file(
        model: String = #"{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}"#,
        normalizer: String = "null", splitter: String = "null", framing: String = "null",
        decoder: String = "null", added: String = "[]"
    ) -> String {
        #"{"normalizer":\#(normalizer),"pre_tokenizer":\#(splitter),"post_processor":\#(framing),"#
            + #""decoder":\#(decoder),"added_tokens":\#(added),"model":\#(model)}"#
    }

    static func bpe(_ vocabulary: String, merges: String = "[]", _ more: String = "") -> String {
        file(model: #"{"type":"BPE","vocab":\#(vocabulary),"merges":\#(merges)\#(more)}"#)
    }
}

@Suite struct MalformedFileTests {
    private static func read(_ json: String) throws -> TokenizerPipeline {
        try TokenizerPipeline(json: Array(json.utf8))
    }

    @Test func `the file that the broken ones are made of is sound`() throws {
        let tokenizer = try Self.read(BrokenFile.file())
        #expect(tokenizer.encode("abba") == [2, 1, 0])
    }

    static let stages: [BrokenFile] = [
        BrokenFile(
            "an unknown normalizer", BrokenFile.file(normalizer: #"{"type":"Rot13"}"#),
            .unknownKind(stage: "normalizer", kind: "Rot13")),
        BrokenFile(
            "an unknown splitter",
            BrokenFile.file(splitter: #"{"type":"Sequence","pretokenizers":[{"type":"X"}]}"#),
            .unknownKind(stage: "pre_tokenizer", kind: "X")),
        BrokenFile(
            "an unknown model", BrokenFile.file(model: #"{"type":"LSTM"}"#),
            .unknownKind(stage: "model", kind: "LSTM")),
        BrokenFile(
            "an unknown framing", BrokenFile.file(framing: #"{"type":"Gift"}"#),
            .unknownKind(stage: "post_processor", kind: "Gift")),
        BrokenFile(
            "an unknown decoder", BrokenFile.file(decoder: #"{"type":"CTC"}"#),
            .unknownKind(stage: "decoder", kind: "CTC")),
        BrokenFile("a stage without a type", BrokenFile.file(decoder: "{}"), .missing(field: "decoder.type")),
        BrokenFile("no model", #"{"version":"1.0"}"#, .missing(field: "model")),
        BrokenFile("a list instead of the file", "[]", .wrongType(field: "", expected: "an object")),
        BrokenFile(
            "an unknown behavior",
            BrokenFile.file(splitter: #"{"type":"Split","pattern":{"String":"a"},"behavior":"Eaten"}"#),
            .unsupportedSetting(stage: "pre_tokenizer", setting: "behavior", value: "Eaten")),
        BrokenFile(
            "an unknown prefix scheme",
            BrokenFile.file(splitter: #"{"type":"Metaspace","replacement":"_","prepend_scheme":"last"}"#),
            .unsupportedSetting(stage: "pre_tokenizer", setting: "prepend_scheme", value: "last")),
        BrokenFile(
            "a cut after words became bytes",
            BrokenFile.file(
                splitter: #"{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Whitespace"}]}"#
            ),
            .unsupportedSetting(stage: "pre_tokenizer", setting: "ByteLevel", value: "not the last step")),
        BrokenFile(
            "dropout", BrokenFile.bpe("{}", ",\"dropout\":0.1"),
            .unsupportedSetting(stage: "model", setting: "dropout", value: "0.1")),
        BrokenFile(
            "two templates",
            BrokenFile.file(
                framing:
                    #"{"type":"Sequence","processors":["#
                    + #"{"type":"BertProcessing","sep":["b",1],"cls":["a",0]},"#
                    + #"{"type":"BertProcessing","sep":["b",1],"cls":["a",0]}]}"#),
            .unsupportedSetting(stage: "post_processor", setting: "Sequence", value: "two templates")),
        BrokenFile(
            "a template without its sequence",
            BrokenFile.file(framing: #"{"type":"TemplateProcessing","single":[],"special_tokens":{}}"#),
            .unsupportedSetting(
                stage: "post_processor", setting: "post_processor.single", value: "the sequences ")),
        BrokenFile(
            "a template with a token that it does not define",
            BrokenFile.file(
                framing:
                    #"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}}],"#
                    + #""special_tokens":{}}"#
            ),
            .unknownToken(field: "post_processor.single", piece: "<s>")),
        BrokenFile(
            "a frame of tokens that do not exist",
            BrokenFile.file(framing: #"{"type":"BertProcessing","sep":["b",1],"cls":["a",9]}"#),
            .idOutOfRange(piece: "post_processor", id: 9)),
    ]

    static let models: [BrokenFile] = [
        BrokenFile(
            "a negative id", BrokenFile.bpe(#"{"a":-1}"#), .idOutOfRange(piece: "a", id: -1)),
        BrokenFile(
            "an id far away", BrokenFile.bpe(#"{"a":99999999}"#), .idOutOfRange(piece: "a", id: 99_999_999)),
        BrokenFile(
            "an id that is no whole number", BrokenFile.bpe(#"{"a":1.5}"#),
            .wrongType(field: "model.vocab.a", expected: "a whole number")),
        BrokenFile(
            "an id twice", BrokenFile.bpe(#"{"a":0,"b":0}"#), .duplicateID(id: 0, first: "a", second: "b")),
        BrokenFile("a piece twice", BrokenFile.bpe(#"{"a":0,"a":1}"#), .duplicatePiece(piece: "a")),
        BrokenFile(
            "a merge of one piece", BrokenFile.bpe(#"{"a":0}"#, merges: #"["aa"]"#),
            .malformedMerge(index: 0, text: "aa")),
        BrokenFile(
            "a merge of three pieces", BrokenFile.bpe(#"{"a":0}"#, merges: #"["a a a"]"#),
            .malformedMerge(index: 0, text: "a a a")),
        BrokenFile(
            "a list of three as a merge", BrokenFile.bpe(#"{"a":0}"#, merges: #"[["a","a","a"]]"#),
            .malformedMerge(index: 0, text: #"["a","a","a"]"#)),
        BrokenFile(
            "a merge of unknown pieces", BrokenFile.bpe(#"{"a":0}"#, merges: #"[["a","x"]]"#),
            .mergeOutsideVocabulary(index: 0, piece: "x")),
        BrokenFile(
            "a merge to an unknown piece", BrokenFile.bpe(#"{"a":0}"#, merges: #"["a a"]"#),
            .mergeOutsideVocabulary(index: 0, piece: "aa")),
        BrokenFile(
            "an unknown token that is unknown", BrokenFile.bpe("{}", #","unk_token":"?""#),
            .unknownToken(field: "model.unk_token", piece: "?")),
        BrokenFile(
            "WordPiece without an unknown token", BrokenFile.file(model: #"{"type":"WordPiece","vocab":{}}"#),
            .missing(field: "model.unk_token")),
        BrokenFile(
            "an unknown id outside the vocabulary",
            BrokenFile.file(model: #"{"type":"Unigram","vocab":[["a",0]],"unk_id":7}"#),
            .unknownToken(field: "model.unk_id", piece: "7")),
        BrokenFile(
            "a unigram model that cannot say unknown",
            BrokenFile.file(model: #"{"type":"Unigram","vocab":[["a",0]]}"#),
            .missing(field: "model.unk_id")),
        BrokenFile(
            "a piece without a score",
            BrokenFile.file(model: #"{"type":"Unigram","vocab":[["a"]],"unk_id":0}"#),
            .wrongType(field: "model.vocab[0]", expected: "a piece and its score")),
        BrokenFile(
            "an added token under another id",
            BrokenFile.file(added: #"[{"id":1,"content":"a"}]"#), .addedTokenConflict(piece: "a", id: 1)),
        BrokenFile(
            "two added tokens under one id",
            BrokenFile.file(added: #"[{"id":3,"content":"x"},{"id":3,"content":"y"}]"#),
            .addedTokenConflict(piece: "y", id: 3)),
        BrokenFile(
            "an added token with a negative id",
            BrokenFile.file(added: #"[{"id":-3,"content":"x"}]"#), .idOutOfRange(piece: "x", id: -3)),
        BrokenFile(
            "an added token far away",
            BrokenFile.file(added: #"[{"id":88888888,"content":"x"}]"#),
            .idOutOfRange(piece: "x", id: 88_888_888)),
    ]

    static let patterns: [BrokenFile] = [
        ("(a", "a parenthesis is not closed"), ("a)", "a closing parenthesis is too many"),
        ("*a", "a quantifier follows nothing"),
        ("(?<=a)b", "a group of a kind that is not supported"),
        (#"\p{Klingon}"#, "the property \\p{Klingon} is not supported"),
        (#"\bword"#, "an escape that is not supported"), ("(a*)*", "a repetition of something empty"),
        ("[a-", "it ends too early"), ("[z-a]", "a range in brackets is the wrong way round"),
        ("a{300}", "a repetition is out of range"),
        (String(repeating: "(", count: 40), "its groups are nested too deeply"),
        ("(((a{99}){99}){99}){9}", "it is too long"),
        ("[[:alpha:]]", "POSIX brackets and intersections are not supported"),
        (#"\x{FFFFFFFF}"#, "a bad code point"),
    ].map { pattern, reason in
        let escaped = pattern.replacingOccurrences(of: "\\", with: "\\\\")
        return BrokenFile(
            "the pattern \(pattern.prefix(20))",
            BrokenFile.file(
                splitter: #"{"type":"Split","pattern":{"Regex":"\#(escaped)"},"behavior":"Isolated"}"#),
            .badPattern(pattern: pattern, reason: reason))
    }

    static let maps: [BrokenFile] = [
        ("?", "it is not base 64"), ("AAA=", "it has no size"),
        ("BAAAAA==", "its trie of 4 bytes does not fit in 4 bytes"),
        ("BAAAAAAAAAD/", "its texts are not UTF-8"),
    ].map { map, reason in
        BrokenFile(
            "the character map \(map)",
            BrokenFile.file(normalizer: #"{"type":"Precompiled","precompiled_charsmap":"\#(map)"}"#),
            .badCharacterMap(reason: reason))
    }

    @Test(arguments: stages + models + patterns + maps)
    func `a broken rule is named`(_ file: BrokenFile) {
        #expect(throws: file.error) { try Self.read(file.json) }
    }

    @Test(arguments: [
        ("{", 1), ("{\"a\" 1}", 5), ("[1,]", 3), ("{\"a\":1,}", 7), ("01", 2), ("\"\\x\"", 2),
        ("\"\u{1}\"", 1), ("nul", 0),
        ("1 2", 2), ("\"\\ud800\"", 7), ("\"\\udc00\"", 2), ("-", 1), ("1.", 2), ("", 0),
    ])
    func `a text that is not JSON is refused with the place`(_ text: String, _ offset: Int) {
        #expect {
            try Self.read(text)
        } throws: { error in
            guard case .notJSON(offset, _)? = error as? TokenizerError else { return false }
            return true
        }
    }

    @Test func `nesting has a limit`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: TokenizerError.notJSON(offset: 64, reason: "more than 64 levels")) {
            try Self.read(deep)
        }
    }

    @Test func `bytes that are not UTF-8 are refused with the place`() {
        let bytes = Array(#"{"a":"é"#.utf8) + [0xFF, 0x22, 0x7D]
        #expect(throws: TokenizerError.invalidUTF8(offset: 8)) { try TokenizerPipeline(json: bytes) }
    }

    @Test func `escapes are resolved`() throws {
        let json = BrokenFile.bpe(#"{"\u00e9":0,"\ud83d\ude00":1,"\"\\\/\b\f\n\r\t":2}"#)
        let tokenizer = try Self.read(json)
        #expect(tokenizer.piece(for: 0) == "é")
        #expect(tokenizer.piece(for: 1) == "😀")
        #expect(tokenizer.piece(for: 2) == "\"\\/\u{8}\u{C}\n\r\t")
    }

    @Test func `a file that ends at any byte is refused and never traps`() throws {
        let json = Array(Self.everything.utf8)
        _ = try TokenizerPipeline(json: json)
        for count in 0..<json.count {
            #expect(throws: TokenizerError.self) { try TokenizerPipeline(json: json[..<count]) }
        }
    }

    @Test func `a file with any byte changed never traps`() throws {
        let json = Array(Self.everything.utf8)
        var refused = 0
        for index in json.indices {
            for byte in [UInt8(ascii: "9"), UInt8(ascii: "\""), UInt8(ascii: "}"), 0xFF] {
                var broken = json
                broken[index] = byte
                guard let tokenizer = try? TokenizerPipeline(json: broken) else {
                    refused += 1
                    continue
                }
                let ids = tokenizer.encode(" Ab <s> 가 \u{1100}12")
                _ = tokenizer.decode(ids + [-1, 99_999])
            }
        }
        #expect(refused > json.count * 2)
    }

    /// A small file with all stages.
    static let everything = BrokenFile.file(
        model:
            #"{"type":"BPE","vocab":{"<s>":0,"Ġ":1,"a":2,"b":3,"ab":4,"Ġab":5},"merges":["a b",["Ġ","ab"]]}"#,
        normalizer: #"{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}"#,
        splitter:
            #"{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}{1,3}|[^\\s]+"},"#
            + #""behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false}]}"#,
        framing: #"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},"#
            + #"{"Sequence":{"id":"A","type_id":0}}],"special_tokens":"#
            + #"{"<s>":{"id":"<s>","ids":[0],"tokens":["<s>"]}}}"#,
        decoder: #"{"type":"ByteLevel"}"#, added: #"[{"id":0,"content":"<s>","special":true}]"#)
}
