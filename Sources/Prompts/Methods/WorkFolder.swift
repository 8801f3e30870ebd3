internal import Checkpoints
public import Foundation
package import Tensors

/// The finished pieces of a long run, a file each, so that a run which was stopped or killed makes no piece twice.
///
/// Each file says what its piece was made of; a piece made of anything else is not taken. So a changed setting makes
/// anew what depends on it and nothing more. Files appear whole or not at all.
public struct WorkFolder: Sendable {
    /// Where the files lie; nil to keep nothing.
    public let url: URL?
    private static let ending = ".work.safetensors"

    /// A place for the pieces of a run; it is made with the first of them.
    public init(_ url: URL?) { self.url = url }

    /// A digest of everything that a piece is made of.
    package static func digest(_ parts: any Encodable...) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var hash = ContentHash()
        for part in parts {
            let bytes = [UInt8](try encoder.encode(part))
            // With its length in front, no two lists of parts are the same bytes.
            hash.update(Array("\(bytes.count) ".utf8) + bytes)
        }
        return hash.digest()
    }

    private func file(_ name: String) -> URL? { url?.appendingPathComponent(name + Self.ending) }

    private func checkpoint(_ name: String, _ digest: String) -> TrainingCheckpoint? {
        file(name).map { TrainingCheckpoint($0, identity: digest) }
    }

    /// A piece that was kept, or nil where there is none made of the same.
    ///
    /// - Throws: ``PromptError/badCheckpoint(_:reason:)`` where its file is damaged.
    package func record<Piece: Decodable>(_ name: String, madeOf digest: String) throws -> Piece? {
        try checkpoint(name, digest)?.loadRecord()
    }

    /// Keeps a piece.
    package func keep(_ piece: some Encodable, as name: String, madeOf digest: String) throws {
        try checkpoint(name, digest)?.saveRecord(piece)
    }

    /// Tensors that were kept, or nil where there are none made of the same.
    package func tensors(_ name: String, madeOf digest: String, on backend: any Backend) throws
        -> NamedTensors?
    {
        guard let file = file(name), FileManager.default.fileExists(atPath: file.path) else { return nil }
        let kept = try SafetensorsFile(contentsOf: file)
        return kept.metadata["identity"] == digest ? try kept.tensors(on: backend) : nil
    }

    /// Keeps tensors.
    package func keep(_ tensors: NamedTensors, as name: String, madeOf digest: String) throws {
        guard let url, let file = file(name) else { return }
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try SafetensorsFile.write(tensors, metadata: ["identity": digest], to: file)
    }

    /// Removes the pieces of a run that has ended, what a kill left of their saves, and the folder where nothing else is
    /// in it.
    public func remove() {
        let manager = FileManager.default
        guard let url, let names = try? manager.contentsOfDirectory(atPath: url.path) else { return }
        let own = names.filter { $0.hasSuffix(Self.ending) || $0.contains(Self.ending + ".") }
        for name in own { try? manager.removeItem(at: url.appendingPathComponent(name)) }
        if own.count == names.count { try? manager.removeItem(at: url) }
    }
}
