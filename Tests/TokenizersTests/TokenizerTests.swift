import Foundation
import Testing
import Tokenizers

@Suite struct TokenizerTests {
    private static func golden(_ name: String) throws -> TokenizerPipeline {
        try TokenizerPipeline(contentsOf: Golden.folder.appending(path: "\(name).json"))
    }

    private static func temporaryFolder(_ files: [String: Data]) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, data) in files { try data.write(to: folder.appending(path: name)) }
        return folder
    }

    @Test func `composed and decomposed pieces are different pieces`() throws {
        let json = BrokenFile.bpe(
            #"{"\uac00":0,"\u1100":1,"\u1161":2,"\u1100\u1161":3}"#, merges: #"["\u1100 \u1161"]"#)
        let tokenizer = try TokenizerPipeline(json: Array(json.utf8))
        #expect(tokenizer.encode("\u{AC00}") == [0])
        #expect(tokenizer.encode("\u{1100}\u{1161}") == [3])
        #expect(tokenizer.token(for: "\u{1100}\u{1161}") == 3)
        #expect(Golden.same(tokenizer.decode([3]), "\u{1100}\u{1161}"))
    }

    @Test func `tokens and pieces are each other's inverse`() throws {
        let tokenizer = try Self.golden("gpt2")
        for id in 0..<Int32(tokenizer.vocabularySize) {
            let piece = try #require(tokenizer.piece(for: id))
            #expect(tokenizer.token(for: piece) == id)
        }
        #expect(tokenizer.piece(for: -1) == nil)
        #expect(tokenizer.piece(for: Int32.max) == nil)
        #expect(tokenizer.token(for: "no such piece") == nil)
    }

    @Test func `ids outside the vocabulary have no text`() throws {
        let tokenizer = try Self.golden("gpt2")
        #expect(tokenizer.decode([-5, 1_000_000, Int32.min, Int32.max]) == "")
    }

    @Test func `special tokens are left out of a text unless they are asked for`() throws {
        let tokenizer = try Self.golden("gpt2")
        let ids = tokenizer.encode("a<|endoftext|>b")
        #expect(tokenizer.decode(ids) == "ab")
        #expect(tokenizer.decode(ids, keepingSpecial: true) == "a<|endoftext|>b")
    }

    @Test func `roles come from the files beside the tokenizer`() throws {
        let config = #"{"bos_token":"<|im_start|>","eos_token":{"content":"<|im_end|>"},"pad_token":null}"#
        let folder = try Self.temporaryFolder([
            "tokenizer.json": try Data(contentsOf: Golden.folder.appending(path: "smollm2.json")),
            "tokenizer_config.json": Data(config.utf8),
            "special_tokens_map.json": Data(#"{"unk_token":"<|endoftext|>","bos_token":"a"}"#.utf8),
        ])
        defer { try? FileManager.default.removeItem(at: folder) }
        let tokens = try TokenizerPipeline(contentsOf: folder).specialTokens
        #expect(tokens.beginning == 1)
        #expect(tokens.end == 2)
        #expect(tokens.unknown == 0)
        #expect(tokens.padding == nil)
        #expect(tokens.all == [0, 1, 2])
    }

    @Test func `roles that no file names come from names that are always the same`() throws {
        let tokens = try Self.golden("bert_uncased").specialTokens
        #expect(tokens.padding == 0)
        #expect(tokens.unknown == 1)
        #expect(tokens.classifier == 2)
        #expect(tokens.separator == 3)
        #expect(tokens.mask == 4)
        #expect(tokens.beginning == nil)
    }

    @Test(arguments: [("bert_uncased", true), ("bert_cased", false)])
    func `a list of pieces gives the ids of the tokenizer file`(_ name: String, _ lowercases: Bool) throws {
        let golden = try Golden(name)
        let pieces = (0..<Int32(golden.tokenizer.vocabularySize)).compactMap {
            golden.tokenizer.piece(for: $0)
        }
        let folder = try Self.temporaryFolder([
            "vocab.txt": Data(pieces.map { $0 + "\n" }.joined().utf8),
            "tokenizer_config.json": Data("{\"do_lower_case\":\(lowercases)}".utf8),
        ])
        defer { try? FileManager.default.removeItem(at: folder) }
        let tokenizer = try TokenizerPipeline(contentsOf: folder)
        for (text, ids) in zip(golden.texts, golden.ids) { #expect(tokenizer.encode(text) == ids) }
        #expect(tokenizer.frame(golden.ids[0]) == golden.framed[0])
    }

    @Test func `a list of pieces without the tokens of BERT is refused`() throws {
        let folder = try Self.temporaryFolder(["vocab.txt": Data("a\nb\n".utf8)])
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(throws: TokenizerError.unknownToken(field: "unk_token", piece: "[UNK]")) {
            try TokenizerPipeline(contentsOf: folder)
        }
    }

    @Test func `a folder without a tokenizer is refused`() throws {
        let folder = try Self.temporaryFolder([:])
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(
            throws: TokenizerError.unreadable(
                path: folder.path, reason: "it holds neither tokenizer.json nor vocab.txt")
        ) { try TokenizerPipeline(contentsOf: folder) }
        #expect(throws: TokenizerError.self) {
            try TokenizerPipeline(contentsOf: folder.appending(path: "none.json"))
        }
    }

    @Test func `bytes that are not UTF-8 are refused or repaired`() throws {
        let tokenizer = try Self.golden("gpt2")
        let bytes: [UInt8] = [0x61, 0xF0, 0x9F, 0x91, 0x62]
        #expect(throws: TokenizerError.invalidUTF8(offset: 1)) { try tokenizer.encode(utf8: bytes) }
        #expect(try tokenizer.encode(utf8: bytes, repairing: true) == tokenizer.encode("a\u{FFFD}b"))
        #expect(try tokenizer.encode(utf8: Array("가".utf8)) == tokenizer.encode("가"))
    }

    @Test(arguments: ["gpt2", "llama3"])
    func `runs of a hundred thousand characters come back as they were`(_ name: String) throws {
        let tokenizer = try Self.golden(name)
        for run in ["a", " ", "\n", "가", "9"] {
            let text = String(repeating: run, count: 100_000 / run.utf8.count)
            let ids = tokenizer.encode(text)
            #expect(Golden.same(tokenizer.decode(ids), text))
        }
    }

    @Test func `the word cache forgets without changing ids`() throws {
        let tokenizer = try Self.golden("smollm2")
        let words = (0..<60_000).map { " w\($0 &* 2_654_435_761 % 1_000_003)x" }
        let early = words.prefix(50).map { tokenizer.encode($0) }
        let all = tokenizer.encode(words.joined())
        #expect(all.starts(with: early.joined()))
        #expect(words.prefix(50).map { tokenizer.encode($0) } == early)
    }

    @Test func `many threads get the same ids`() async throws {
        let golden = try Golden("llama3")
        await withTaskGroup(of: Bool.self) { group in
            for start in 0..<8 {
                group.addTask {
                    stride(from: start, to: golden.texts.count, by: 5).allSatisfy {
                        golden.tokenizer.encode(golden.texts[$0]) == golden.ids[$0]
                    }
                }
            }
            for await isSame in group { #expect(isSame) }
        }
    }

    @Test func `errors say what to do in one sentence`() {
        let error = TokenizerError.unknownKind(stage: "decoder", kind: "CTC")
        #expect(
            error.description == "The tokenizer file asks for the decoder “CTC”, which Cloze does not have.")
    }
}

@Suite struct StreamDecoderTests {
    private static func stream(_ name: String) throws -> (TokenizerPipeline, StreamDecoder) {
        let tokenizer = try TokenizerPipeline(contentsOf: Golden.folder.appending(path: "\(name).json"))
        return (tokenizer, StreamDecoder(tokenizer))
    }

    @Test func `a character comes when its last byte has come`() throws {
        var (tokenizer, stream) = try Self.stream("gpt2")
        let ids = tokenizer.encode("꿹")
        #expect(ids.count == 3)
        #expect(stream.append(ids[0]) == "")
        #expect(stream.append(ids[1]) == "")
        #expect(stream.append(ids[2]) == "꿹")
        #expect(stream.finish() == "")
    }

    @Test func `what is incomplete at the end is marked, and the decoder starts again`() throws {
        var (tokenizer, stream) = try Self.stream("gpt2")
        let ids = tokenizer.encode("꿹")
        #expect(stream.append(ids[0]) == "")
        #expect(stream.finish() == "\u{FFFD}")
        #expect(ids.map { stream.append($0) }.joined() == "꿹")
    }

    @Test func `bytes that never become a character do not pile up`() throws {
        var (tokenizer, stream) = try Self.stream("gpt2")
        let wrong = try #require(tokenizer.token(for: "ÿ"))
        var text = ""
        for _ in 0..<700 { text += stream.append(wrong) }
        text += stream.finish()
        #expect(text.unicodeScalars.count == 700)
        #expect(text.unicodeScalars.allSatisfy { $0 == "\u{FFFD}" })
    }

    @Test func `the first word has no space before it and the others have`() throws {
        var (tokenizer, stream) = try Self.stream("bert_uncased")
        let parts = tokenizer.encode("the good people").map { stream.append($0) }
        #expect(parts.joined() == "the good people")
        #expect(parts.first == "the")
    }
}
