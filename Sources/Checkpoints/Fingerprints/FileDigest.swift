package import Foundation
import Synchronization

/// The SHA-256 of whole files, remembered while a file stays as it is.
package enum FileDigest {
    /// What tells that a file has not changed, short of reading it.
    private struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64
        var byteCount: Int64
        var modified: [Int]
    }

    private static let known = Mutex<[Identity: String]>([:])

    /// The hash of a file's bytes as 64 hexadecimal digits.
    ///
    /// A hash is computed once a process for each (device, inode, size, time of change).
    ///
    /// - Throws: ``CheckpointError`` if the file cannot be opened.
    package static func sha256(of url: URL) throws(CheckpointError) -> String {
        let before = identity(url)
        if let before, let digest = known.withLock({ $0[before] }) { return digest }
        let file = try MappedFile(contentsOf: url)
        var hash = ContentHash()
        unsafe file.withBytes(0..<file.byteCount) { unsafe hash.update($0) }
        let digest = hash.digest()
        // A file that changed meanwhile is not remembered.
        if let before, before == identity(url) { known.withLock { $0[before] = digest } }
        return digest
    }

    private static func identity(_ url: URL) -> Identity? {
        var status = stat()
        guard unsafe stat(url.path, &status) == 0 else { return nil }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        return Identity(
            device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino),
            byteCount: Int64(status.st_size), modified: [Int(time.tv_sec), Int(time.tv_nsec)])
    }
}
