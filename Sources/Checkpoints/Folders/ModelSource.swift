public import Foundation

/// A model on disk: a Hugging Face folder, or one GGUF file.
public struct ModelSource: Sendable {
    /// Whose names and settings the model uses.
    public enum Format: String, Sendable {
        /// `config.json` beside safetensors or PyTorch weights.
        case huggingFace
        /// llama.cpp's single file.
        case gguf
    }

    /// The folder or file.
    public let location: URL
    /// Whose names and settings the model uses.
    public let format: Format
    /// The model's settings: `config.json`, or the metadata of the GGUF file.
    public let configuration: Configuration
    /// The weights.
    public let checkpoint: any Checkpoint
    /// The GGUF file, whose metadata also holds the tokenizer; nil for a folder.
    public let gguf: GGUFFile?

    /// Opens a model's folder, or its GGUF file.
    ///
    /// - Throws: ``CheckpointError`` that says what was found and what is needed.
    public init(contentsOf url: URL) throws(CheckpointError) {
        var isFolder: ObjCBool = false
        let exists = unsafe FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
        location = url
        if exists, isFolder.boolValue {
            let folder = ModelFolder(url: url)
            format = .huggingFace
            configuration = try folder.configuration()
            checkpoint = try folder.checkpoint()
            gguf = nil
        } else {
            let file = try Self.gguf(url)
            format = .gguf
            configuration = file.configuration
            checkpoint = file
            gguf = file
        }
    }

    /// The file of a name in the model's folder, such as `tokenizer.json`, or nil where there is none.
    public func file(_ name: String) -> URL? {
        guard format == .huggingFace else { return nil }
        let url = location.appendingPathComponent(name)
        return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }

    /// The files of the folder that describe a tokenizer, by name.
    public var tokenizerFiles: [String: URL] {
        Dictionary(
            uniqueKeysWithValues: ModelFolder.tokenizerNames.compactMap { name in
                file(name).map { (name, $0) }
            })
    }

    private static func gguf(_ url: URL) throws(CheckpointError) -> GGUFFile {
        let file = try MappedFile(contentsOf: url)
        let kind = FileKind(file)
        guard kind == .gguf else {
            throw CheckpointError(file.path, .notAModel(found: kind.description, advice: kind.modelAdvice))
        }
        return try GGUFFile(file)
    }
}

extension FileKind {
    /// What to pass as a model instead of a file of this kind.
    fileprivate var modelAdvice: String {
        switch self {
        case .safetensors, .json, .pytorchArchive, .pickle:
            "pass the folder that holds it together with config.json and the tokenizer's files"
        case .zip, .gzip: "unpack it and pass the folder"
        case .largeFilePointer: "run `git lfs pull` beside it, or fetch it with `hf download`"
        case .oldGGML: "convert it with llama.cpp's convert_llama_ggml_to_gguf.py"
        case .onnx, .hdf5: "pass the model as safetensors or GGUF"
        default: "a model is a folder with config.json and safetensors, or one GGUF file"
        }
    }
}
