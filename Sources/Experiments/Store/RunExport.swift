internal import Checkpoints
public import Foundation

/// A run as plain files that any tool reads.
///
/// `run.json` is the record, `metrics.jsonl` a line a step, `predictions.jsonl` a line an answer, `experiment.yaml` or
/// `settings.json` what was asked for; a comparison has its report, and a folder for each of its trials.
public struct RunExport {
    private let store: RunStore
    private let showsTexts: Bool

    /// An export out of a store.
    ///
    /// - Parameters:
    ///   - store: where the run is kept.
    ///   - showsTexts: whether a comparison's report shows the texts of its hardest rows.
    public init(_ store: RunStore, showsTexts: Bool = true) {
        (self.store, self.showsTexts) = (store, showsTexts)
    }

    /// Writes a run into a folder, which is made.
    ///
    /// - Throws: ``RunStoreError/cannotWrite(_:reason:)``, and what the store throws.
    public func write(_ run: RunRecord, to folder: URL) throws {
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            throw RunStoreError.cannotWrite(folder.path, reason: error.localizedDescription)
        }
        let steps = try store.steps(of: run.id)
        var record = run
        let found = run.kind == "compare" ? run.found(ComparisonReport.self) : nil
        let comparison = showsTexts ? found : found?.withoutTexts
        if let comparison {
            record.report = nil
            try ReportFolder(folder, replacing: true).write(comparison)
        }
        try write([record], as: "run.json", in: folder, lines: false)
        try write(steps, as: "metrics.jsonl", in: folder)
        try write(store.predictions(of: run.id), as: "predictions.jsonl", in: folder)
        let name = run.settings.hasPrefix("{") ? "settings.json" : "experiment.yaml"
        try write(Array(run.settings.utf8), as: name, in: folder)
        if let report = record.report { try write(Array(report.utf8), as: "report.json", in: folder) }
        try write(EventFile(run, steps).bytes, as: EventFile.name(run), in: folder)
        for trial in try store.trials(of: run.id) {
            try write(trial, to: folder.appendingPathComponent("trials").appendingPathComponent(trial.id))
        }
    }

    private func write(_ records: [some Encodable], as name: String, in folder: URL, lines: Bool = true)
        throws
    {
        guard !records.isEmpty else { return }
        let encoder = RunRecorder.encoder
        if !lines { encoder.outputFormatting.insert(.prettyPrinted) }
        var bytes: [UInt8] = []
        for record in records { bytes += Array(try encoder.encode(record)) + [UInt8(ascii: "\n")] }
        try write(bytes, as: name, in: folder)
    }

    private func write(_ bytes: [UInt8], as name: String, in folder: URL) throws {
        let file = try AtomicFile(replacing: folder.appendingPathComponent(name))
        try file.write(bytes)
        try file.commit()
    }
}
