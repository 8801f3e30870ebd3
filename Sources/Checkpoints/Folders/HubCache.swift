public import Foundation

/// The folder in which Hugging Face's programs keep what they have fetched; read, never written, no network.
public struct HubCache: Sendable {
    /// The folder that holds `models--owner--name`.
    public let folder: URL

    /// A cache in a folder.
    public init(folder: URL) { self.folder = folder }

    /// The cache of this user, found in the order `huggingface_hub` has: `HF_HUB_CACHE` (and its older name),
    /// `HF_HOME/hub`, `XDG_CACHE_HOME/huggingface/hub`, `~/.cache/huggingface/hub`.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        func set(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : ($0 as NSString).expandingTildeInPath }
        }
        if let hub = set("HF_HUB_CACHE") ?? set("HUGGINGFACE_HUB_CACHE") {
            folder = URL(fileURLWithPath: hub, isDirectory: true)
        } else {
            let home = environment["HOME"] ?? NSHomeDirectory()
            let cache = set("XDG_CACHE_HOME") ?? home + "/.cache"
            folder = URL(
                fileURLWithPath: (set("HF_HOME") ?? cache + "/huggingface") + "/hub", isDirectory: true)
        }
    }

    /// The folder of a fetched model.
    ///
    /// - Parameters:
    ///   - repository: `owner/name`, or a bare name as the oldest models have.
    ///   - revision: a branch, a tag or a whole commit hash.
    /// - Returns: the snapshot, a folder for ``ModelSource``.
    /// - Throws: ``CheckpointError`` if the name is none, or the model was not fetched at that revision.
    public func resolve(_ repository: String, revision: String = "main") throws(CheckpointError) -> URL {
        guard Self.isRepository(repository), Self.isRevision(revision) else {
            throw CheckpointError(folder.path, .badRepositoryName("\(repository)@\(revision)"))
        }
        let name = "models--" + repository.split(separator: "/").joined(separator: "--")
        let entry = folder.appendingPathComponent(name, isDirectory: true)
        let commit = Self.commit(entry.appendingPathComponent("refs/\(revision)")) ?? revision
        let snapshot = entry.appendingPathComponent("snapshots/\(commit)", isDirectory: true)
        guard FileManager.default.fileExists(atPath: snapshot.path) else {
            throw CheckpointError(
                folder.path,
                .notInCache(repository: repository, revision: revision, present: Self.revisions(entry)))
        }
        return snapshot
    }

    /// The commit that a reference names; a reference that is no commit is treated as none.
    private static func commit(_ reference: URL) -> String? {
        guard let file = try? MappedFile(contentsOf: reference), file.byteCount <= 256 else { return nil }
        let text = file.text(0..<file.byteCount)?.trimmingCharacters(in: .whitespacesAndNewlines)
        return text.flatMap { !$0.isEmpty && $0.allSatisfy(\.isHexDigit) ? $0 : nil }
    }

    private static func revisions(_ entry: URL) -> [String] {
        let references = try? FileManager.default.contentsOfDirectory(
            atPath: entry.appendingPathComponent("refs").path)
        return (references ?? []).sorted()
    }

    /// Names become paths, so only what the hub itself allows may pass.
    private static func isRepository(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count) && parts.allSatisfy { isPlain($0) && !$0.contains("--") }
    }

    private static func isRevision(_ revision: String) -> Bool {
        revision.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isPlain)
    }

    private static func isPlain(_ part: Substring) -> Bool {
        !part.isEmpty && part != "." && part != ".."
            && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }
}
