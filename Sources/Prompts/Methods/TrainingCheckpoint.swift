internal import Checkpoints
public import Foundation
public import Tensors
public import Training

/// The state of a run on disk: what Ctrl-C or a kill leaves, and what the next start goes on from.
///
/// One safetensors file; what is no tensor is JSON in its metadata, so that the two cannot be of different
/// steps.
public struct TrainingCheckpoint: Sendable {
    /// Where the file lies.
    public let url: URL
    /// Says which run it is of; a state of another run is refused.
    public let identity: String
    /// How many steps lie between two saves.
    public let interval: Int
    /// Called before a state is written: who keeps a record of the steps makes sure that it has all that a run which
    /// goes on from this state will not make again.
    public var beforeSaving: @Sendable () -> Void = {}

    /// A place for the state of one run.
    public init(_ url: URL, identity: String, interval: Int = 10) {
        self.url = url
        self.identity = identity
        self.interval = max(1, interval)
    }

    /// Writes a state; the one before it stays whole until this one is.
    public func save(_ state: TrainingState) throws {
        beforeSaving()
        let record = String(decoding: try JSONEncoder().encode(state.record), as: UTF8.self)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try SafetensorsFile.write(state.tensors, metadata: ["record": record, "identity": identity], to: url)
    }

    /// The state that was kept, or nil where there is none of this run.
    ///
    /// - Throws: `CheckpointError` or `TrainingError.badState(reason:)` where the file is damaged.
    public func load(on backend: any Backend) throws -> TrainingState? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        let file = try SafetensorsFile(contentsOf: url)
        guard file.metadata["identity"] == identity, let record = file.metadata["record"] else { return nil }
        do {
            let decoded = try JSONDecoder().decode(TrainingState.Record.self, from: Data(record.utf8))
            return try TrainingState(decoded, tensors: try file.tensors(on: backend))
        } catch let error as DecodingError { throw TrainingError.badState(reason: error.sentence) }
    }

    /// Writes a state that has no tensors, such as a search's.
    func saveRecord(_ record: some Encodable) throws {
        beforeSaving()
        let text = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try SafetensorsFile.write(
            NamedTensors(), metadata: ["record": text, "identity": identity], to: url)
    }

    /// The state that ``saveRecord(_:)`` kept, or nil where there is none of this run.
    func loadRecord<Record: Decodable>() throws -> Record? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        let file = try SafetensorsFile(contentsOf: url)
        guard file.metadata["identity"] == identity, let record = file.metadata["record"] else { return nil }
        do { return try JSONDecoder().decode(Record.self, from: Data(record.utf8)) } catch let error
            as DecodingError
        {
            throw TrainingError.badState(reason: error.sentence)
        }
    }

    /// Removes the file of a run that has ended.
    public func remove() { try? FileManager.default.removeItem(at: url) }
}
