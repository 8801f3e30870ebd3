import ArgumentParser
import Experiments
import Foundation

/// `cloze runs show`: everything of one run.
struct RunsShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what a run was told, made with, and found.")

    @OptionGroup var place: StorePlace

    @Argument(help: ArgumentHelp("The run's name or its beginning, or 'last'.", valueName: "run"))
    var name: String

    private struct Document: Encodable {
        let run: RunRecord
        let standing: String
        let steps, predictions: Int
        let artifacts: [ArtifactRecord]
        let trials: [RunSummary]
    }

    func run() throws {
        let store = try place.open()
        let found = try store.run(named: name)
        let document = Document(
            run: found, standing: found.standing, steps: try store.steps(of: found.id).count,
            predictions: try store.predictions(of: found.id).count,
            artifacts: try store.artifacts(of: found.id),
            trials: try store.trials(of: found.id).map(RunSummary.init))
        if place.json { return try Stream.output.print(json: document, of: "runs show") }
        try Stream.output.print(text(document))
    }

    private func text(_ document: Document) -> String {
        let run = document.run
        let manifest = run.manifest
        var lines = [
            "run \(run.id): \(run.kind) '\(run.name)', \(document.standing)",
            "command  cloze \(run.command.map(\.shellQuoted).joined(separator: " "))",
            "in       \(run.folder)",
            "result   " + (run.value.map { "\(run.metric ?? "value") \(Figures.decimal($0, 4))" } ?? "none")
                + (run.seconds.map { ", " + TimeText.written($0) } ?? ""),
            "kept     \(document.steps) steps, \(document.predictions) answers",
            "model    \(manifest.model), \(manifest.modelFingerprint.prefix(12))",
            "program  cloze \(manifest.version), \((manifest.program ?? "unknown").prefix(12)); \(manifest.system), "
                + "\(manifest.instructionSet), \(manifest.threads) threads",
        ]
        lines += manifest.data.map { "data     \($0.path), \($0.sha256.prefix(12))" }
        lines += document.artifacts.map {
            "left     \($0.name) in \($0.path), \(Figures.bytes($0.bytes)), \($0.sha256.prefix(12))"
        }
        if let parent = run.parent { lines.append("part of  \(parent)") }
        if let first = run.reproduces { lines.append("repeats  \(first)") }
        if let failure = run.failure { lines.append("failed   \(failure)") }
        lines += document.trials.map { trial in
            let value = trial.value.map { Figures.decimal($0, 3) } ?? trial.standing
            return "trial    \(trial.id)  \(trial.name): \(value)"
        }
        return (lines + ["", run.settings]).joined(separator: "\n")
    }
}
