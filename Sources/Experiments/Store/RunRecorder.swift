public import Datasets
public import Foundation
internal import GRDB
public import Prompts
internal import Synchronization
public import Training

/// What a run is at its start, for the store.
public struct RunDescription: Sendable {
    /// The subcommand, or `trial`.
    public var kind: String
    /// What it is about.
    public var name: String
    /// The arguments behind `cloze`, and where it was called.
    public var command: [String]
    /// Where it was called.
    public var folder = FileManager.default.currentDirectoryPath
    /// The resolved settings.
    public var settings: String
    /// What it is made with.
    public var manifest: EnvironmentManifest
    /// The comparison that it is a part of.
    public var parent: RunRecord.ID?
    /// The run that it makes again.
    public var reproduces: RunRecord.ID?
    /// What its result depends on, see ``EnvironmentManifest/identity(settings:output:)``.
    public var identity: String?

    /// A description of its parts.
    public init(
        kind: String, name: String, command: [String], settings: String, manifest: EnvironmentManifest
    ) {
        (self.kind, self.name, self.command) = (kind, name, command)
        (self.settings, self.manifest) = (settings, manifest)
    }
}

/// Writes one run into a store while it happens.
///
/// Steps are written once a second, everything else at the end in one piece, so that a run is finished with all that
/// belongs to it or not finished. A store that cannot be written while the run goes on does not end it; the end says it.
public final class RunRecorder: Sendable {
    /// The run.
    public let id: RunRecord.ID
    private let store: RunStore
    private let state = Mutex(State())

    private struct State: Sendable {
        var steps: [StepRecord] = []
        var predictions: [PredictionRecord] = []
        var artifacts: [ArtifactRecord] = []
        var written = Date.distantPast
    }

    /// Begins a run.
    ///
    /// - Throws: ``RunStoreError``.
    public init(_ store: RunStore, _ description: RunDescription) throws(RunStoreError) {
        self.store = store
        let record = RunRecord(
            id: RunRecord.newID(), kind: description.kind, name: description.name, parent: description.parent,
            reproduces: description.reproduces, identity: description.identity, status: .running,
            process: Int(ProcessInfo.processInfo.processIdentifier), host: RunRecord.thisHost,
            started: Date().timeIntervalSince1970, command: description.command, folder: description.folder,
            settings: description.settings, manifest: description.manifest)
        id = record.id
        try store.write { try record.insert($0) }
    }

    /// Goes on with the newest run of the same identity if it was stopped or killed, and begins a new one otherwise.
    ///
    /// - Throws: ``RunStoreError``.
    public convenience init(_ store: RunStore, continuing description: RunDescription) throws(RunStoreError) {
        guard let identity = description.identity,
            let found = try store.unfinished(identity: identity, kind: description.kind), !found.isAlive
        else {
            try self.init(store, description)
            return
        }
        try self.init(goingOnWith: found, in: store)
    }

    /// Goes on with a run that a killed process has left.
    init(goingOnWith run: RunRecord, in store: RunStore) throws(RunStoreError) {
        (self.store, id) = (store, run.id)
        try store.write { database in
            var run = run
            (run.status, run.ended, run.failure) = (.running, nil, nil)
            (run.process, run.host) = (Int(ProcessInfo.processInfo.processIdentifier), RunRecord.thisHost)
            try run.update(database)
        }
    }

    /// A step was made.
    public func add(_ report: StepReport) {
        add(
            StepRecord(
                run: id, step: report.step, loss: Double(report.loss), gradientNorm: report.gradientNorm,
                rate: Double(report.rate), seconds: report.seconds))
    }

    /// The dev rows were looked at.
    public func add(_ report: EvaluationReport) {
        state.withLock { state in
            if let index = state.steps.lastIndex(where: { $0.step == report.step }) {
                state.steps[index].dev = report.score
            } else {
                state.steps.append(StepRecord(run: id, step: report.step, dev: report.score))
            }
        }
    }

    /// An iteration of a search was made.
    public func add(_ iteration: AutoPrompt.Iteration) {
        add(StepRecord(run: id, step: iteration.number, loss: nil, dev: iteration.dev))
        flush()
    }

    /// What a teaching run tells of.
    public func add(_ event: TeachingEvent) {
        switch event {
        case .method(.step(let report, _)): add(report)
        case .method(.evaluation(let report)): add(report)
        case .answers(let test, let answers): add(answers, to: test)
        case .saving: flush()
        case .method, .data, .words, .stage, .progress, .warning: break
        }
    }

    private func add(_ step: StepRecord) {
        let due = state.withLock { state -> [StepRecord] in
            state.steps.append(step)
            guard Date().timeIntervalSince(state.written) >= 1 else { return [] }
            // The last one stays: its dev score may be on its way.
            defer { (state.steps, state.written) = ([step], Date()) }
            return Array(state.steps.dropLast())
        }
        write(due)
    }

    /// Writes the steps that wait for their second.
    package func flush() { write(state.withLock { $0.steps }) }

    private func write(_ steps: [StepRecord]) {
        guard !steps.isEmpty else { return }
        try? store.write { database in for step in steps { try step.insert(database) } }
    }

    /// What was answered to rows.
    public func add(_ predictions: [Prediction], to dataset: Dataset, split: String = "test") {
        let records = predictions.enumerated().map { index, answer in
            PredictionRecord(
                run: id, split: split, row: index, name: dataset.rowName(index),
                expected: dataset.examples[index].label, label: answer.label,
                probabilities: answer.probabilities,
                tokensCut: answer.tokensCut)
        }
        state.withLock { $0.predictions += records }
    }

    /// What is known of a run that is not over, for a process that goes on with it.
    func keep(_ report: some Encodable) {
        let id = id
        try? store.write { database in
            guard var run = try Stored<RunRecord>.fetchOne(database, key: id)?.record else { return }
            run.report = String(decoding: try Self.encoder.encode(report), as: UTF8.self)
            try run.update(database)
        }
    }

    /// A folder or file that the run has left.
    public func add(artifact name: String, at url: URL) {
        guard let contents = FolderDigest(url) else { return }
        let record = ArtifactRecord(
            run: id, name: name, path: url.standardizedFileURL.path, bytes: contents.bytes,
            sha256: contents.sha256)
        state.withLock { $0.artifacts.append(record) }
    }

    /// The run is over; everything of it is kept.
    ///
    /// - Throws: ``RunStoreError``.
    public func finish(metric: String? = nil, value: Double? = nil, report: some Encodable) throws {
        let text = String(decoding: try Self.encoder.encode(report), as: UTF8.self)
        try end { run in
            (run.status, run.metric, run.value, run.report) = (.finished, metric, value, text)
        }
    }

    /// The run has ended before its time; the store's own troubles are not added to the error.
    public func fail(_ error: any Error) {
        try? end { run in
            run.status = error is CancellationError ? .stopped : .failed
            run.failure = error is CancellationError ? nil : "\(error)"
        }
    }

    private func end(_ change: (inout RunRecord) -> Void) throws(RunStoreError) {
        let kept = state.withLock { $0 }
        let id = id
        try store.write { database in
            guard var run = try Stored<RunRecord>.fetchOne(database, key: id)?.record else { return }
            run.ended = Date().timeIntervalSince1970
            change(&run)
            try run.update(database)
            for step in kept.steps { try step.insert(database) }
            for prediction in kept.predictions { try prediction.insert(database) }
            for artifact in kept.artifacts { try artifact.insert(database) }
        }
    }

    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }
}
