import Checkpoints
import Foundation
import Testing

@Suite struct ModelSourceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func copy(_ name: String, to other: String) throws {
        try FileManager.default.copyItem(at: golden(name), to: folder.url.appendingPathComponent(other))
    }

    private func refusal(_ name: String = "") -> String? {
        do throws(CheckpointError) {
            _ = try ModelSource(
                contentsOf: name.isEmpty ? folder.url : folder.url.appendingPathComponent(name))
            return nil
        } catch {
            return error.problem.description
        }
    }

    @Test func `a folder is opened`() throws {
        try folder.write("{\"model_type\": \"llama\"}", to: "config.json")
        try copy("small.safetensors", to: "model.safetensors")
        try folder.write("{}", to: "tokenizer.json")
        let source = try ModelSource(contentsOf: folder.url)
        #expect(source.format == .huggingFace)
        #expect(try source.configuration.string("model_type") == "llama")
        #expect(source.checkpoint.names.contains("layers.0.weight"))
        #expect(source.tokenizerFiles.keys.sorted() == ["tokenizer.json"])
        #expect(source.gguf == nil)
    }

    @Test func `a folder with shards is opened`() throws {
        try folder.write("{}", to: "config.json")
        for name in try FileManager.default.contentsOfDirectory(atPath: golden("sharded").path) {
            try copy("sharded/\(name)", to: name)
        }
        #expect(try ModelSource(contentsOf: folder.url).checkpoint.names.count == 4)
    }

    @Test func `a GGUF file is opened`() throws {
        let source = try ModelSource(contentsOf: golden("small.gguf"))
        #expect(source.format == .gguf)
        #expect(try source.configuration.string("general.architecture") == "llama")
        #expect(source.gguf?.metadata["tokenizer.ggml.tokens"] != nil)
        #expect(source.tokenizerFiles.isEmpty)
    }

    @Test(
        arguments: [
            ("a.zip", Array("PK\u{3}\u{4}....notes.txt".utf8), "a ZIP archive; unpack it"),
            (
                "a.bin", Array("PK\u{3}\u{4}....archive/data.pkl".utf8),
                "a PyTorch archive (pickle); pass the folder"
            ),
            ("a.pdf", Array("%PDF-1.7".utf8), "a PDF; a model is a folder with config.json"),
            ("a.pt", [0x80, 0x02, 0x8A], "a Python pickle; pass the folder"),
            (
                "a.safetensors", Array("version https://git-lfs.github.com/spec/v1\n".utf8),
                "run `git lfs pull`"
            ),
            ("a.html", Array("\n<!DOCTYPE html>".utf8), "a web page"),
            ("a.txt", Array("héllo".utf8), "a text"),
            ("a.gguf", [], "an empty file"), ("a.bin", [1, 2, 0, 3], "a file of an unknown kind"),
            ("a.ggml", Array("lmgg....".utf8), "from before GGUF"),
            ("a.gz", [0x1F, 0x8B, 8], "a gzip archive"),
        ] as [(String, [UInt8], String)])
    func `a wrong file is named for what it is`(name: String, bytes: [UInt8], expected: String) throws {
        try folder.write(bytes, to: name)
        #expect(refusal(name)?.contains(expected) == true, "\(refusal(name) ?? "accepted")")
    }

    @Test func `a lone safetensors file is sent to its folder`() throws {
        try copy("small.safetensors", to: "model.safetensors")
        #expect(refusal("model.safetensors")?.contains("pass the folder that holds it") == true)
    }

    @Test func `a wrong folder is named for what it holds`() throws {
        #expect(refusal()?.hasPrefix("is an empty folder; a model's folder has config.json") == true)
        try folder.write("x", to: "notes.txt")
        #expect(refusal()?.hasPrefix("is a folder with notes.txt; ") == true)
        try folder.write("x", to: "m.gguf")
        #expect(refusal()?.contains("m.gguf, which is to be passed itself") == true)
        try folder.write("{}", to: "config.json")
        #expect(refusal()?.hasPrefix("is a folder with m.gguf, ") == true)
        try folder.write([0x80, 0x02], to: "pytorch_model.bin")
        #expect(refusal()?.hasPrefix("is a Python pickle; ") == true)
        #expect(refusal("none")?.contains("No such file") == true)
    }
}

@Suite struct HubCacheTests {
    private func path(_ environment: [String: String]) -> String {
        HubCache(environment: environment).folder.path
    }

    @Test func `the cache is found in the hub's own order`() {
        var environment = ["HOME": "/h"]
        #expect(path(environment) == "/h/.cache/huggingface/hub")
        environment["XDG_CACHE_HOME"] = "/x"
        #expect(path(environment) == "/x/huggingface/hub")
        environment["HF_HOME"] = "/f"
        #expect(path(environment) == "/f/hub")
        environment["HUGGINGFACE_HUB_CACHE"] = "/o"
        #expect(path(environment) == "/o")
        environment["HF_HUB_CACHE"] = "/c"
        #expect(path(environment) == "/c")
        environment["HF_HUB_CACHE"] = ""
        #expect(path(environment) == "/o")
    }

    @Test func `a model is found by branch and by commit`() throws {
        let folder = try TemporaryFolder()
        let commit = "0123456789abcdef0123456789abcdef01234567"
        try folder.write(commit + "\n", to: "models--org--name/refs/main")
        try folder.write(commit, to: "models--org--name/refs/refs/pr/1")
        try folder.write("{}", to: "models--org--name/snapshots/\(commit)/config.json")
        let cache = HubCache(folder: folder.url)
        for revision in ["main", commit, "refs/pr/1"] {
            #expect(try cache.resolve("org/name", revision: revision).lastPathComponent == commit)
        }
        #expect(
            problem { _ = try cache.resolve("org/name", revision: "v2") }
                == .notInCache(repository: "org/name", revision: "v2", present: ["main", "refs"]))
        #expect(
            problem { _ = try cache.resolve("org/other") }
                == .notInCache(repository: "org/other", revision: "main", present: []))
    }

    @Test(arguments: ["", "/", "a/b/c", "../x", "a/..", "a b", "a--b", "/etc", "a/"])
    func `a name that is no repository is refused`(name: String) {
        let cache = HubCache(folder: URL(fileURLWithPath: "/nowhere"))
        #expect(
            problem { _ = try cache.resolve(name) } == .badRepositoryName("\(name)@main"))
    }
}
