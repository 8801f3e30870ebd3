import ArgumentParser
import Experiments
import Foundation
import Models

/// Where a command keeps its run.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the run is kept, a file; .cloze/runs.sqlite here by default.", valueName: "file"))
    var store: String?

    @Flag(help: "Keep no run.")
    var noStore = false

    @Option(help: .hidden)
    var reproduces: String?

    func validate() throws {
        if noStore, store != nil { throw ValidationError("--store and --no-store exclude each other") }
    }

    /// The file that is named, or the usual one.
    var url: URL { URL(fileURLWithPath: store ?? RunStore.standardPath) }

    /// The store, or nil where nothing is to be kept.
    ///
    /// A place that nobody named and that cannot be written is a warning: the work matters more than its record.
    func open(_ console: Console) throws -> RunStore? {
        guard !noStore else { return nil }
        do { return try RunStore(url) } catch {
            if case .laterVersion = error { throw error }
            guard store == nil else { throw error }
            console.warning("this run is not kept: \(error)")
            return nil
        }
    }

    /// Begins to keep a run.
    ///
    /// - Parameter place: where a command that can go on leaves its state, and whether it may; a run that was broken off
    ///   and whose state is there keeps its record, with the steps that it has made.
    func begin(
        _ kind: String, _ name: String, settings: String, in store: RunStore?, _ pretrained: PretrainedModel,
        data: [URL], goingOnFrom place: (output: URL, checkpoint: URL, isWanted: Bool)? = nil
    ) throws -> RunRecorder? {
        try store.map { store in
            var description = RunDescription(
                kind: kind, name: name, command: Cloze.arguments, settings: settings,
                manifest: EnvironmentManifest(version: Cloze.version, pretrained, data: data))
            description.reproduces = reproduces
            if let place {
                description.identity = description.manifest.identity(settings: settings, output: place.output)
                let isThere = FileManager.default.fileExists(atPath: place.checkpoint.path)
                if isThere, place.isWanted, reproduces == nil {
                    return try RunRecorder(store, continuing: description)
                }
            }
            return try RunRecorder(store, description)
        }
    }
}

extension RunRecorder {
    /// Keeps what a command has found. The command has done its work by now, so a store that cannot be written is a
    /// warning.
    func finish(
        _ console: Console, metric: String? = nil, value: Double? = nil, report: some Encodable
    ) {
        do {
            try finish(metric: metric, value: value, report: report)
            console.detail("kept as run \(id)")
        } catch { console.warning("this run is not kept: \(error)") }
    }
}
