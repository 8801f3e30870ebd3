internal import Checkpoints
public import Foundation
public import Tensors

/// The folder of a prompt: `adapter_config.json` and `adapter_model.safetensors` as PEFT has them, and
/// `cloze.json`.
///
/// What PEFT has no kind for (a prefix of some layers, tuned weights, a head, several of these at once) lies in
/// `cloze.safetensors` instead of PEFT's two files, so that PEFT cannot load half of it.
///
/// A save is all or nothing: a new folder is written beside the old one and takes its place in two renames.
/// What is found after a kill between them is said, with what to do.
public struct PromptFolder: Sendable {
    /// The manifest's file.
    public static let manifestName = "cloze.json"
    static let configurationName = "adapter_config.json"
    static let tensorsName = "adapter_model.safetensors"
    /// The vectors of examples of which each question gets its own, as `vectors`, `[examples, D]`.
    static let vectorsName = "examples.safetensors"
    /// The tensors of a prompt that PEFT has no kind for, under their own names.
    static let ownTensorsName = "cloze.safetensors"

    /// All files that a prompt can have.
    private static let fileNames = [
        manifestName, configurationName, tensorsName, ownTensorsName, vectorsName, CompiledFront.fileName,
    ]

    /// Where the folder lies.
    public let url: URL

    /// The folder at a place, which need not exist yet.
    public init(_ url: URL) { self.url = url.standardizedFileURL }

    /// How many bytes the folder's files take together.
    public var byteCount: Int {
        Self.fileNames.reduce(0) { sum, name in
            let size = try? url.appendingPathComponent(name).resourceValues(forKeys: [.fileSizeKey]).fileSize
            return sum + (size ?? 0)
        }
    }

    // MARK: Writing

    /// Throws what ``write(_:replacing:)`` would throw before work is spent on a prompt: checks that the
    /// folder's place can be written and is free.
    public func checkWritable(replacing: Bool) throws {
        try checkFree(replacing: replacing)
        let parent = url.deletingLastPathComponent()
        if (try? parent.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == false {
            throw PromptError.cannotWrite(url.path, reason: "\(parent.path) is a file, not a folder")
        }
        do {
            try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
            let probe = parent.appendingPathComponent(".\(url.lastPathComponent).\(UUID().uuidString).probe")
            try Data("probe".utf8).write(to: probe)
            try FileManager.default.removeItem(at: probe)
        } catch { throw PromptError.cannotWrite(url.path, reason: Self.reason(error)) }
    }

    /// Writes a prompt.
    ///
    /// - Parameters:
    ///   - prompt: what is saved.
    ///   - replacing: whether a prompt that is there may be replaced.
    /// - Throws: ``PromptError/exists(_:)``, ``PromptError/cannotWrite(_:reason:)``; the old folder is whole
    ///   then. A prompt that an interrupted save left as `.NAME.old` counts as one that is there.
    public func write(_ prompt: Prompt, replacing: Bool = false) throws {
        try checkFree(replacing: replacing)
        let fresh = sibling("new")
        // What a killed save left there is no part of this prompt.
        try? FileManager.default.removeItem(at: fresh)
        do {
            try FileManager.default.createDirectory(at: fresh, withIntermediateDirectories: true)
            try fill(fresh, with: prompt)
            try exchange(with: fresh)
        } catch {
            try? FileManager.default.removeItem(at: fresh)
            if let error = error as? PromptError { throw error }
            throw PromptError.cannotWrite(url.path, reason: Self.reason(error))
        }
    }

    private func checkFree(replacing: Bool) throws {
        let isThere = FileManager.default.fileExists(atPath: url.path)
        if isThere { try checkOwn() }
        guard !replacing else { return }
        if isThere { throw PromptError.exists(url.path) }
        if let error = interruption { throw error }
    }

    /// Throws where something else than a prompt is there: replacing takes the whole folder away.
    private func checkOwn() throws {
        let manager = FileManager.default
        let here = URL(fileURLWithPath: manager.currentDirectoryPath).standardizedFileURL.path
        guard here != url.path, !here.hasPrefix(url.path == "/" ? "/" : url.path + "/") else {
            throw PromptError.notReplaced(url.path, reason: "it is the working folder, or holds it")
        }
        let names: [String]
        do { names = try manager.contentsOfDirectory(atPath: url.path) } catch {
            throw PromptError.notReplaced(url.path, reason: "it is no folder that can be read")
        }
        if let other = names.sorted().first(where: { !Self.fileNames.contains($0) && $0 != ".DS_Store" }) {
            throw PromptError.notReplaced(
                url.path, reason: "it holds '\(other)', which is no part of a prompt")
        }
    }

    private func fill(_ folder: URL, with prompt: Prompt) throws {
        var manifest = prompt.manifest
        if let adapter = PEFTAdapter(prompt) {
            try adapter.write(to: folder)
            manifest.tensorHash = try Self.hash(of: folder.appendingPathComponent(Self.tensorsName))
        } else if !prompt.tensors.isEmpty {
            let file = folder.appendingPathComponent(Self.ownTensorsName)
            try SafetensorsFile.write(prompt.tensors, to: file)
            manifest.tensorHash = try Self.hash(of: file)
        }
        if let vectors = prompt.exampleVectors {
            try SafetensorsFile.write(
                NamedTensors(["vectors": vectors]), to: folder.appendingPathComponent(Self.vectorsName))
        }
        if let front = prompt.front {
            let own = CompiledFront(
                front.codes.map(PromptRow.init(code:)), front.keyValues, fingerprint: front.fingerprint,
                tensorHash: manifest.tensorHash)
            try own.write(to: folder.appendingPathComponent(CompiledFront.fileName))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(manifest).write(
            to: folder.appendingPathComponent(Self.manifestName), options: .atomic)
    }

    /// Puts the new folder in the old one's place; between the two renames the old one is called `.NAME.old`.
    private func exchange(with fresh: URL) throws {
        let manager = FileManager.default
        let old = sibling("old")
        if manager.fileExists(atPath: url.path) {
            try? manager.removeItem(at: old)
            try manager.moveItem(at: url, to: old)
        }
        do { try manager.moveItem(at: fresh, to: url) } catch {
            if manager.fileExists(atPath: old.path) { try? manager.moveItem(at: old, to: url) }
            throw error
        }
        try? manager.removeItem(at: old)
    }

    private func sibling(_ role: String) -> URL {
        url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).\(role)")
    }

    // MARK: Reading

    /// Reads the prompt.
    ///
    /// - Throws: ``PromptError``, or `CheckpointError` for the tensor file.
    public func read(on backend: any Backend) throws -> Prompt {
        let place = url.appendingPathComponent(Self.manifestName)
        guard FileManager.default.fileExists(atPath: place.path) else {
            let adapter = url.appendingPathComponent(Self.configurationName)
            let isPEFT = FileManager.default.fileExists(atPath: adapter.path)
            throw interruption ?? (isPEFT ? .noTemplate(url.path) : .missingFile(place.path))
        }
        let manifest = try Self.manifest(place)
        var prompt = try Prompt(manifest: manifest, tensors: tensors(manifest, on: backend))
        let vectors = url.appendingPathComponent(Self.vectorsName)
        if FileManager.default.fileExists(atPath: vectors.path) {
            prompt.exampleVectors = try SafetensorsFile(contentsOf: vectors).tensor("vectors", on: backend)
            let examples = manifest.demonstrations?.examples.count ?? 0
            guard prompt.exampleVectors?.shape.rows == examples else {
                throw PromptError.tensorsChanged(vectors.path)
            }
        }
        let front = url.appendingPathComponent(CompiledFront.fileName)
        if FileManager.default.fileExists(atPath: front.path) {
            prompt.front = try CompiledFront(contentsOf: front, on: backend)
        }
        return prompt
    }

    /// How the prompt's answers are read, without reading its tensors; nil where there is no manifest.
    ///
    /// - Throws: ``PromptError`` for a manifest that cannot be read.
    public var readout: Readout? {
        get throws {
            let place = url.appendingPathComponent(Self.manifestName)
            guard FileManager.default.fileExists(atPath: place.path) else { return nil }
            return try Self.manifest(place).readout ?? .verbalizer
        }
    }

    private func tensors(_ manifest: PromptManifest, on backend: any Backend) throws -> NamedTensors {
        guard let hash = manifest.tensorHash else { return NamedTensors() }
        let own = url.appendingPathComponent(Self.ownTensorsName)
        let isOwn = FileManager.default.fileExists(atPath: own.path)
        let file = isOwn ? own : url.appendingPathComponent(Self.tensorsName)
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw PromptError.missingFile(file.path)
        }
        guard try Self.hash(of: file) == hash else { throw PromptError.tensorsChanged(file.path) }
        guard isOwn else {
            return try PEFTAdapter(contentsOf: url, on: backend)
                .promptTensors(for: PEFTAdapter.Target(manifest.model))
        }
        let tensors = try SafetensorsFile(contentsOf: own).tensors(on: backend).mapValues { $0.float32() }
        try tensors.requireFinite(file.path)
        return tensors
    }

    /// The adapter of a folder that PEFT wrote; it has no template, so the caller supplies one.
    ///
    /// - Throws: ``PromptError/missingFile(_:)``, ``PromptError/badAdapter(_:_:)``, or `CheckpointError` for
    ///   the tensor file.
    public func readPEFT(on backend: any Backend) throws -> PEFTAdapter {
        try PEFTAdapter(contentsOf: url, on: backend)
    }

    /// What to say where a save was killed between its two renames.
    private var interruption: PromptError? {
        let old = sibling("old")
        let isWhole = FileManager.default.fileExists(
            atPath: old.appendingPathComponent(Self.manifestName).path)
        return isWhole ? .interrupted(url.path, kept: old.path) : nil
    }

    private static func manifest(_ file: URL) throws -> PromptManifest {
        let data: Data
        do { data = try Data(contentsOf: file) } catch {
            throw PromptError.badManifest(file.path, reason: reason(error))
        }
        struct Version: Decodable { var format: Int }
        guard let version = try? JSONDecoder().decode(Version.self, from: data) else {
            throw PromptError.badManifest(file.path, reason: "it is no JSON object with a number 'format'")
        }
        guard version.format <= PromptManifest.currentFormat else {
            throw PromptError.laterFormat(
                file.path, found: version.format, known: PromptManifest.currentFormat)
        }
        do { return try JSONDecoder().decode(PromptManifest.self, from: data) } catch let error
            as DecodingError
        {
            throw PromptError.badManifest(file.path, reason: error.sentence)
        }
    }

    private static func hash(of file: URL) throws -> String {
        var hash = ContentHash()
        hash.update([UInt8](try Data(contentsOf: file)))
        return hash.digest()
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? CheckpointError { return error.description }
        let error = error as NSError
        if let below = error.userInfo[NSUnderlyingErrorKey] as? NSError { return below.localizedDescription }
        return error.localizedDescription
    }
}

extension DecodingError {
    /// Where in a JSON document what is wrong.
    package var sentence: String {
        let (context, problem): (Context, String) =
            switch self {
            case .keyNotFound(let key, let context): (context, "the key '\(key.stringValue)' is missing")
            case .typeMismatch(let type, let context): (context, "a value of the kind \(type) is expected")
            case .valueNotFound(_, let context): (context, "a value is missing")
            case .dataCorrupted(let context): (context, context.debugDescription)
            @unknown default: (Context(codingPath: [], debugDescription: ""), "it cannot be read")
            }
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? problem : "\(problem) at \(path)"
    }
}

extension NamedTensors {
    /// Throws ``PromptError/notFinite(_:name:)`` for the first tensor that holds something else than numbers.
    func requireFinite(_ path: String) throws {
        for name in names where self[name].map({ $0.backend.sumOfSquares($0).isFinite }) == false {
            throw PromptError.notFinite(path, name: name)
        }
    }
}
