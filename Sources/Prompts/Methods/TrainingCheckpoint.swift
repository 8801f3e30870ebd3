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
    public func save(_ state: TrainingState) throws { try write(state.record, state.tensors) }

    /// The state that was kept, or nil where there is none of this run.
    ///
    /// - Throws: ``PromptError/badCheckpoint(_:reason:)`` where the file is damaged.
    public func load(on backend: any Backend) throws -> TrainingState? {
        try read { record, file in try TrainingState(record, tensors: file.tensors(on: backend)) }
    }

    /// Writes a state that has no tensors, such as a search's.
    func saveRecord(_ record: some Encodable) throws { try write(record, NamedTensors()) }

    /// The state that ``saveRecord(_:)`` kept, or nil where there is none of this run.
    ///
    /// - Throws: ``PromptError/badCheckpoint(_:reason:)`` where the file is damaged.
    func loadRecord<Record: Decodable>() throws -> Record? { try read { record, _ in record } }

    /// Whether a file is there, of this run or another.
    var exists: Bool { FileManager.default.fileExists(atPath: url.path) }

    /// Removes the file of a run that has ended.
    public func remove() { try? FileManager.default.removeItem(at: url) }

    private func write(_ record: some Encodable, _ tensors: NamedTensors) throws {
        beforeSaving()
        let text = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try SafetensorsFile.write(tensors, metadata: ["record": text, "identity": identity], to: url)
    }

    private func read<Record: Decodable, State>(
        _ state: (Record, SafetensorsFile) throws -> State
    ) throws -> State? {
        guard exists else { return nil }
        do {
            let file = try SafetensorsFile(contentsOf: url)
            guard file.metadata["identity"] == identity, let record = file.metadata["record"] else {
                return nil
            }
            return try state(JSONDecoder().decode(Record.self, from: Data(record.utf8)), file)
        } catch TrainingError.badState(let reason) {
            throw PromptError.badCheckpoint(url.path, reason: reason)
        } catch let error as DecodingError {
            throw PromptError.badCheckpoint(url.path, reason: error.sentence)
        } catch let error as CheckpointError {
            throw PromptError.badCheckpoint(url.path, reason: error.description)
        }
    }
}
