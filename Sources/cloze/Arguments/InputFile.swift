import Datasets
import Foundation

/// A file that a user names.
struct InputFile {
    let path: String

    init(_ path: String) { self.path = path }

    /// Throws `DatasetError/unreadable` where there is no such file, before any work is done.
    func check() throws { try open().close() }

    /// The file, open for reading.
    func open() throws -> FileHandle {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw DatasetError.unreadable(file: path, reason: "there is no such file")
        }
        guard !isFolder.boolValue else { throw DatasetError.unreadable(file: path, reason: "it is a folder") }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw DatasetError.unreadable(file: path, reason: "it may not be read")
        }
        return handle
    }
}
