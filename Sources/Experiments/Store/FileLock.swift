internal import Foundation

/// A lock that one process at a time has, and that a killed process gives back.
enum FileLock {
    /// Runs a block while no other process runs one with the same lock file; where the file cannot be made, just runs it.
    static func holding<Value>(_ path: String, _ block: () throws -> Value) rethrows -> Value {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return try block() }
        defer { _ = close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        return try block()
    }
}
