package import Foundation

/// A folder as Hugging Face lays it out: `config.json`, weights in one or several files, the tokenizer's
/// files.
package struct ModelFolder: Sendable {
    /// The folder.
    package let url: URL

    package init(url: URL) { self.url = url }

    /// The files that may describe a tokenizer.
    static let tokenizerNames = [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json",
        "merges.txt", "vocab.txt", "tokenizer.model", "chat_template.jinja",
    ]
    private static let wanted =
        "a model's folder has config.json and model.safetensors (or several with an index)"

    /// The settings in `config.json`.
    package func configuration() throws(CheckpointError) -> Configuration {
        guard let file = file("config.json") else {
            throw CheckpointError(url.path, .notAModel(found: found, advice: Self.wanted))
        }
        return try Configuration(contentsOf: file)
    }

    /// The weights, in the first of the forms that is there.
    package func checkpoint() throws(CheckpointError) -> any Checkpoint {
        if let file = file("model.safetensors") { return try SafetensorsFile(contentsOf: file) }
        if let index = file("model.safetensors.index.json") { return try ShardedCheckpoint(index: index) }
        if let file = file("pytorch_model.bin") { return try PyTorchFile(contentsOf: file) }
        if let index = file("pytorch_model.bin.index.json") { return try ShardedCheckpoint(index: index) }
        // A fine-tuned model is sometimes kept under a name of its own; one file leaves no doubt.
        let others = contents.filter { $0.hasSuffix(".safetensors") }
        if others.count == 1, let file = file(others[0]) { return try SafetensorsFile(contentsOf: file) }
        throw CheckpointError(url.path, .notAModel(found: found, advice: Self.wanted))
    }

    private func file(_ name: String) -> URL? {
        let file = url.appendingPathComponent(name)
        return FileManager.default.fileExists(atPath: file.path) ? file : nil
    }

    private var contents: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: url.path)
        return (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }

    /// What the folder holds, in words.
    private var found: String {
        let names = contents
        if names.isEmpty { return "an empty folder" }
        if names == ["blobs", "refs", "snapshots"] || names == ["refs", "snapshots"] {
            return "a cache entry whose model is in a folder of its own under snapshots"
        }
        let ggufs = names.filter { $0.hasSuffix(".gguf") }
        if let gguf = ggufs.first { return "a folder with \(gguf), which is to be passed itself" }
        let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " …" : "")
        return "a folder with \(shown)"
    }
}
