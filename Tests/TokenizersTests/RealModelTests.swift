import Foundation
import Testing
import Tokenizers

extension Tag {
    /// Needs files that are not in the project, and time.
    @Tag static var slow: Self
}

/// Where the real models are, if they are.
private enum RealModels {
    static let folder = ProcessInfo.processInfo.environment["CLOZE_MODELS"].map { URL(filePath: $0) }
}

/// The tokenizers of real models; `CLOZE_MODELS` names the folder that holds them.
@Suite(.tags(.slow), .enabled(if: RealModels.folder != nil, "CLOZE_MODELS is not set"))
struct RealModelTests {
    private static func file(_ path: String) throws -> URL? {
        let file = try #require(RealModels.folder).appending(path: path)
        return FileManager.default.fileExists(atPath: file.path) ? file : nil
    }

    @Test(arguments: ["smollm2-hf", "gemma3-hf", "minilm-l6-mlm"])
    func `a model folder gives the ids of the reference`(_ name: String) throws {
        guard let folder = try Self.file(name) else { return }
        try check(Golden("real-\(name)", TokenizerPipeline(contentsOf: folder)))
    }

    @Test(arguments: [("smollm2-135m.gguf", "smollm2-digits"), ("gemma3-270m.gguf", "gemma3-hf")])
    func `a GGUF file gives the ids of the reference`(_ name: String, _ golden: String) throws {
        guard let file = try Self.file(name) else { return }
        let vocabulary = try GGUFMetadata(contentsOf: file).vocabulary()
        try check(Golden("real-\(golden)", TokenizerPipeline(vocabulary)))
    }

    private func check(_ golden: Golden) throws {
        #expect(golden.tokenizer.vocabularySize == golden.size)
        for (position, text) in golden.texts.enumerated() {
            let ids = golden.tokenizer.encode(text)
            #expect(ids == golden.ids[position], "\(golden.name): \(text.debugDescription.prefix(80))")
            let safe = golden.tokenizer.encode(text, parsingSpecial: false)
            #expect(safe == golden.safe["\(position)"] ?? golden.ids[position])
            #expect(Golden.same(golden.tokenizer.decode(golden.ids[position]), golden.decoded[position]))
        }
        for (position, framed) in golden.framed.enumerated() {
            #expect(golden.tokenizer.frame(golden.ids[position]) == framed)
        }
    }
}
