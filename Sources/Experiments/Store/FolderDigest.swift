internal import Checkpoints
internal import Foundation

/// The size and the hash of a file, or of all files in a folder with their names.
struct FolderDigest {
    let bytes: Int
    let sha256: String

    /// Nil where there is nothing that can be read.
    init?(_ url: URL) {
        let isFolder = (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
        guard isFolder else {
            guard let digest = try? FileDigest.sha256(of: url) else { return nil }
            (bytes, sha256) = (Self.size(url), digest)
            return
        }
        let names = ((try? FileManager.default.subpathsOfDirectory(atPath: url.path)) ?? []).sorted()
        var (hash, bytes) = (ContentHash(), 0)
        for name in names {
            let file = url.appendingPathComponent(name)
            guard let digest = try? FileDigest.sha256(of: file) else { continue }
            hash.update(Array("\(name) \(digest)\n".utf8))
            bytes += Self.size(file)
        }
        self.bytes = bytes
        sha256 = hash.digest()
    }

    private static func size(_ url: URL) -> Int {
        (try? url.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0
    }
}
