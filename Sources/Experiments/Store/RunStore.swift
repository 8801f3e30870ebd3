public import Foundation
internal import GRDB

/// The runs of a project in one SQLite file, beside it nothing that matters.
///
/// Several processes may write at once: SQLite's write-ahead log lets readers go on and makes writers wait their turn,
/// up to half a minute. A process that is killed leaves what it had committed. The file's layout has named migrations; a
/// file with one that this version does not know is refused.
public final class RunStore: Sendable {
    /// The file, or a word for a store that is forgotten with the process.
    public let path: String
    let database: any DatabaseWriter

    /// Where runs are kept if nobody says where: a hidden folder where the user stands.
    public static let standardPath = ".cloze/runs.sqlite"
    /// How many seconds a process waits for another's writing.
    static let patience = 30

    /// Opens a store for writing, and makes it where there is none.
    ///
    /// - Throws: ``RunStoreError``.
    public convenience init(_ url: URL) throws(RunStoreError) {
        let path = url.path
        do {
            try Self.makeFolder(url.deletingLastPathComponent())
            // Turning the log on and migrating are for one process at a time.
            let database = try FileLock.holding(path + ".lock") {
                var configuration = Self.configuration
                configuration.journalMode = .wal
                let database = try DatabaseQueue(path: path, configuration: configuration)
                try Self.checkVersion(database, path)
                try Self.migrator.migrate(database)
                return database
            }
            self.init(database, path)
        } catch { throw Self.translated(error, path) }
    }

    private static func makeFolder(_ folder: URL) throws {
        let isNew = !FileManager.default.fileExists(atPath: folder.path)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // A folder of ours is none of a repository's.
        if isNew, folder.lastPathComponent == ".cloze" {
            try? Data("*\n".utf8).write(to: folder.appendingPathComponent(".gitignore"))
        }
    }

    /// A store that is forgotten with the process.
    public static func temporary() throws(RunStoreError) -> RunStore {
        do {
            let database = try DatabaseQueue(configuration: configuration)
            try migrator.migrate(database)
            return RunStore(database, "no store")
        } catch { throw translated(error, "no store") }
    }

    /// Opens a store that is there for looking at, on a disk that may not be written too.
    ///
    /// - Throws: ``RunStoreError``.
    public static func reading(_ url: URL) throws(RunStoreError) -> RunStore {
        let path = url.path
        guard FileManager.default.fileExists(atPath: path) else { throw .missing(path) }
        var configuration = configuration
        configuration.readonly = true
        do {
            // A log beside the file cannot be opened on a disk that may not be written; without one, the file is whole.
            let hasLog = FileManager.default.fileExists(atPath: path + "-wal")
            let canWrite = FileManager.default.isWritableFile(atPath: url.deletingLastPathComponent().path)
            let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
            let place = hasLog || canWrite ? path : "file:\(escaped)?immutable=1"
            let database = try DatabaseQueue(path: place, configuration: configuration)
            try checkVersion(database, path)
            return RunStore(database, path)
        } catch { throw translated(error, path) }
    }

    private init(_ database: any DatabaseWriter, _ path: String) {
        (self.database, self.path) = (database, path)
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(TimeInterval(patience))
        configuration.label = "runs"
        return configuration
    }

    // MARK: Versions

    private static func checkVersion(_ database: DatabaseQueue, _ path: String) throws {
        let applied = try database.read { try migrator.appliedIdentifiers($0) }
        let unknown = applied.subtracting(migrator.migrations).sorted()
        guard unknown.isEmpty else { throw RunStoreError.laterVersion(path, unknown: unknown) }
    }

    // MARK: Errors

    /// Runs a block that reads.
    func read<Value>(_ block: (Database) throws -> Value) throws(RunStoreError) -> Value {
        do { return try database.read(block) } catch { throw Self.translated(error, path) }
    }

    /// Runs a block whose changes are kept all or not at all.
    func write<Value>(_ block: (Database) throws -> Value) throws(RunStoreError) -> Value {
        do { return try database.write(block) } catch {
            let error = Self.translated(error, path)
            guard case .cannotOpen(let path, let reason) = error else { throw error }
            throw .cannotWrite(path, reason: reason)
        }
    }

    private static func translated(_ error: any Error, _ path: String) -> RunStoreError {
        switch error {
        case let error as RunStoreError: error
        case let error as DatabaseError where error.resultCode == .SQLITE_BUSY: .busy(path, seconds: patience)
        case let error as DatabaseError where error.resultCode == .SQLITE_NOTADB:
            .cannotOpen(path, reason: "it is another kind of file")
        case let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN && !isWritable(path):
            .cannotOpen(path, reason: "its folder may not be written")
        case let error as DatabaseError: .cannotOpen(path, reason: error.message ?? "\(error.resultCode)")
        default: .cannotOpen(path, reason: reason(error))
        }
    }

    private static func isWritable(_ path: String) -> Bool {
        FileManager.default.isWritableFile(atPath: (path as NSString).deletingLastPathComponent)
    }

    private static func reason(_ error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return underlying?.localizedDescription ?? (error as NSError).localizedDescription
    }
}
