internal import GRDB

/// A record with the table that it lies in.
protocol TableRow: Codable, Sendable {
    static var table: String { get }
}

extension RunRecord: TableRow { static var table: String { "runs" } }
extension StepRecord: TableRow { static var table: String { "steps" } }
extension PredictionRecord: TableRow { static var table: String { "predictions" } }
extension ArtifactRecord: TableRow { static var table: String { "artifacts" } }

/// A record as the database takes it: a column a property, what is no number and no text as JSON.
///
/// The records themselves know nothing of SQLite, so that who reads them need not see its library.
struct Stored<Record: TableRow>: Codable, FetchableRecord, PersistableRecord {
    let record: Record

    static var databaseTableName: String { Record.table }
    /// A step or an answer that is written again takes the place of the one before.
    static var persistenceConflictPolicy: PersistenceConflictPolicy {
        Record.table == RunRecord.table ? .init() : .init(insert: .replace, update: .replace)
    }

    init(_ record: Record) { self.record = record }
    init(from decoder: any Decoder) throws { record = try Record(from: decoder) }
    func encode(to encoder: any Encoder) throws { try record.encode(to: encoder) }
}

extension QueryInterfaceRequest {
    /// All records of a request.
    func records<Record: TableRow>(_ database: Database) throws -> [Record]
    where RowDecoder == Stored<Record> {
        try fetchAll(database).map(\.record)
    }
}

extension TableRow {
    /// The rows of this kind.
    static var all: QueryInterfaceRequest<Stored<Self>> { Stored<Self>.all() }

    func insert(_ database: Database) throws { try Stored(self).insert(database) }
    func update(_ database: Database) throws { try Stored(self).update(database) }
}
