package import Foundation

/// A file that appears whole or not at all.
///
/// The bytes go to a temporary file in the same folder, reach the disk, and take the target's name in one
/// step. Whatever fails before that step leaves the old file as it was and removes the temporary one.
package struct AtomicFile: ~Copyable {
    private let target: String
    private let temporary: String
    private let descriptor: Int32
    private var isDone = false

    /// Opens a temporary file beside `url`; a link is followed, so that it stays a link.
    package init(replacing url: URL) throws(CheckpointError) {
        let place = url.resolvingSymlinksInPath()
        target = place.path
        let name = ".\(place.lastPathComponent).\(UInt64.random(in: .min ... .max)).tmp"
        temporary = place.deletingLastPathComponent().appendingPathComponent(name).path
        descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw CheckpointError(target, .cannotWrite(reason: lastSystemError())) }
    }

    deinit {
        guard descriptor >= 0, !isDone else { return }
        _ = close(descriptor)
        _ = unsafe unlink(temporary)
    }

    /// Appends bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var written = 0
        while written < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
            #if canImport(Glibc)
                let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            #else
                let count = unsafe Darwin.write(descriptor, rest.baseAddress, rest.count)
            #endif
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CheckpointError(target, .cannotWrite(reason: lastSystemError())) }
            written += count
        }
    }

    /// Appends bytes.
    package func write(_ bytes: [UInt8]) throws(CheckpointError) {
        let result = unsafe bytes.withUnsafeBytes { pointer in
            Result { () throws(CheckpointError) in unsafe try write(pointer) }
        }
        try result.get()
    }

    /// Brings the bytes to the disk and gives them the target's name.
    package consuming func commit() throws(CheckpointError) {
        guard fsync(descriptor) == 0, unsafe rename(temporary, target) == 0 else {
            throw CheckpointError(target, .cannotWrite(reason: lastSystemError()))
        }
        _ = close(descriptor)
        isDone = true
        // The new name is only safe from a power cut once the folder is on the disk too.
        let folder = unsafe open((target as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        _ = fsync(folder)
        _ = close(folder)
    }
}
