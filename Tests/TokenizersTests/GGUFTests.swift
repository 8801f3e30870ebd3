import Foundation
import Testing
import Tokenizers

/// Vocabularies as GGUF files describe them, made of the golden tokenizer files.
@Suite struct GGUFTests {
    private struct File: Decodable {
        struct Model: Decodable {
            var merges: [[String]]
        }
        struct Added: Decodable {
            var id: Int32
            var special: Bool
        }
        var model: Model
        var added_tokens: [Added]
    }

    /// The metadata that a converter would write for a golden.
    private static func vocabulary(of golden: Golden, splitting: String) throws -> GGUFVocabulary {
        let data = try Data(contentsOf: Golden.folder.appending(path: "\(golden.name).json"))
        let file = try JSONDecoder().decode(File.self, from: data)
        var kinds = [Int32](repeating: 1, count: golden.size)
        for token in file.added_tokens { kinds[Int(token.id)] = token.special ? 3 : 4 }
        return GGUFVocabulary(
            model: "gpt2", splitting: splitting,
            pieces: (0..<Int32(golden.size)).compactMap { golden.tokenizer.piece(for: $0) }, kinds: kinds,
            merges: file.model.merges.map { $0.joined(separator: " ") }, roles: golden.tokenizer.specialTokens
        )
    }

    @Test(arguments: [("gpt2", "gpt-2"), ("llama3", "llama-bpe"), ("smollm2", "smollm")])
    func `ids are those of the tokenizer file`(_ name: String, _ splitting: String) throws {
        let golden = try Golden(name)
        let tokenizer = try TokenizerPipeline(Self.vocabulary(of: golden, splitting: splitting))
        for (position, text) in golden.texts.enumerated() {
            #expect(tokenizer.encode(text) == golden.ids[position])
            #expect(Golden.same(tokenizer.decode(golden.ids[position]), golden.decoded[position]))
        }
    }

    /// A tiny SentencePiece vocabulary: `▁ab` beats `ab`, which beats `▁a`.
    private static let scored = GGUFVocabulary(
        model: "llama",
        pieces: ["<unk>", "<s>", "</s>", "<0xEA>", "<0xB0>", "<0x80>", "▁", "a", "b", "▁a", "ab", "▁ab"],
        scores: [0, 0, 0, 0, 0, 0, -5, -5, -5, -3, -2, -1], kinds: [2, 3, 3, 6, 6, 6, 1, 1, 1, 1, 1, 1],
        roles: {
            var roles = SpecialTokens()
            roles.unknown = 0
            roles.beginning = 1
            roles.end = 2
            return roles
        }())

    @Test func `the best score merges first, and bytes stand for what is unknown`() throws {
        let tokenizer = try TokenizerPipeline(Self.scored)
        #expect(tokenizer.encode("ab") == [11])
        #expect(tokenizer.encode("aab b") == [9, 10, 6, 8])
        #expect(tokenizer.encode("가") == [6, 3, 4, 5])
        #expect(tokenizer.encode("x") == [6, 0])
        #expect(tokenizer.frame(tokenizer.encode("a")) == [1, 9])
        #expect(tokenizer.decode(tokenizer.encode("ab 가")) == "ab 가")
    }

    @Test func `framing follows the flags of the file`() throws {
        var vocabulary = Self.scored
        vocabulary.addsBeginning = false
        vocabulary.addsEnd = true
        vocabulary.addsSpacePrefix = false
        let tokenizer = try TokenizerPipeline(vocabulary)
        #expect(tokenizer.frame(tokenizer.encode("a")) == [7, 2])
        let pair = tokenizer.frame([7], with: [8])
        #expect(pair.tokens == [7, 2, 8, 2])
        #expect(pair.segments == [0, 0, 1, 1])
    }

    @Test func `broken metadata is refused`() {
        func expect(_ error: TokenizerError, _ change: (inout GGUFVocabulary) -> Void) {
            var vocabulary = Self.scored
            change(&vocabulary)
            #expect(throws: error) { try TokenizerPipeline(vocabulary) }
        }
        expect(.unknownKind(stage: "tokenizer.ggml.model", kind: "rwkv")) { $0.model = "rwkv" }
        expect(.unequalCounts(first: "pieces", firstCount: 12, second: "scores", secondCount: 1)) {
            $0.scores = [1]
        }
        expect(.unequalCounts(first: "pieces", firstCount: 12, second: "token types", secondCount: 2)) {
            $0.kinds = [1, 1]
        }
        expect(.missing(field: "tokenizer.ggml.bos_token_id")) { $0.roles.beginning = nil }
        expect(.duplicatePiece(piece: "a")) { $0.pieces[8] = "a" }
        expect(.unknownKind(stage: "tokenizer.ggml.pre", kind: "klingon")) {
            $0.model = "gpt2"
            $0.splitting = "klingon"
        }
        expect(.malformedMerge(index: 0, text: "ab")) {
            $0.model = "gpt2"
            $0.merges = ["ab"]
        }
    }
}
