internal import Checkpoints
public import Foundation
public import Models
internal import Tensors

/// What a run was made with: everything outside its settings that its numbers could depend on.
public struct EnvironmentManifest: Codable, Hashable, Sendable {
    /// A file that was read.
    public struct File: Codable, Hashable, Sendable {
        /// Where it lies.
        public var path: String
        /// How large it is.
        public var bytes: Int
        /// Its contents.
        public var sha256: String
    }

    /// The version of the program.
    public var version: String
    /// The SHA-256 of the program's file: the code, as it ran.
    public var program: String?
    /// The operating system.
    public var system: String
    /// The instructions that the kernels use, and the library of matrix products.
    public var instructionSet: String
    /// The library of matrix products.
    public var blas: String
    /// How many threads computed.
    public var threads: Int
    /// The model's file or folder, and the hash of its weights.
    public var model: String
    /// The hash of the model's weights.
    public var modelFingerprint: String
    /// The files of rows.
    public var data: [File]

    /// What this process is, for a model and files of rows.
    public init(version: String, _ pretrained: PretrainedModel, data: [URL]) {
        self.version = version
        program = Bundle.main.executableURL.flatMap { try? FileDigest.sha256(of: $0) }
        system = ProcessInfo.processInfo.operatingSystemVersionString
        instructionSet = CPUBackend.instructionSet
        blas = CPUBackend.blas
        threads = CPUBackend.threads
        model = pretrained.name
        modelFingerprint = pretrained.fingerprint.digest
        self.data = data.compactMap { url in
            guard let digest = try? FileDigest.sha256(of: url) else { return nil }
            let size = (try? url.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0
            return File(path: url.standardizedFileURL.path, bytes: size, sha256: digest)
        }
    }

    /// What a result depends on, as one hash: the settings, the model, the rows and the place where it is left. Two runs
    /// that share it are one run, broken off and gone on with.
    public func identity(settings: String, output: URL?) -> String {
        var hash = ContentHash()
        let parts = [settings, modelFingerprint, output?.path ?? ""] + data.map(\.sha256)
        hash.update(Array(parts.joined(separator: "\n").utf8))
        return hash.digest()
    }
}
