import Experiments
import Foundation
import Models
import Prompts
import Tensors
import Training

/// Runs an experiment for `cloze compare` and `cloze run`, and tells of it.
struct ComparisonSession {
    let options: ExperimentOptions
    let runs: StoreOptions
    let general: GeneralOptions
    let output: String?
    let force: Bool
    let resume: Bool

    /// - Parameter needsBudget: whether there must be a race.
    func run(_ command: String, needsBudget: Bool) throws {
        let console = general.begin()
        let experiment = try options.experiment()
        if needsBudget, experiment.budget == nil {
            throw ExperimentError.missingKey(
                "budget", reason: "give --budget 20m; 'cloze run' runs everything without one")
        }
        let folder = try output.map { try ReportFolder(URL(fileURLWithPath: $0), replacing: force) }
        let kept = try runs.open(console)
        let store = try kept ?? RunStore.temporary()
        let pretrained = try ModelPlace(experiment.model).load(console)
        var plan = ComparisonPlan(
            experiment,
            work: kept == nil
                ? temporaryFolder
                : runs.url.deletingLastPathComponent()
                    .appendingPathComponent("work"),
            command: Cloze.arguments, version: Cloze.version)
        (plan.output, plan.goesOn, plan.reproduces) = (folder?.url, resume, runs.reproduces)
        let interrupt = Interrupt(console)
        let narrator = ComparisonNarrator(console, interrupt, budget: experiment.budget)
        interrupt.listen()
        let comparison = Comparison(plan, pretrained, store, stop: interrupt.stop) { narrator.tell($0) }
        do {
            let report = try comparison.run()
            console.end()
            try folder?.write(report)
            if general.json { return try Stream.output.print(json: report, of: command) }
            try Stream.output.print(report.text(output: folder?.url, isKept: kept != nil))
        } catch let error as CancellationError {
            console.end()
            if kept != nil {
                console.note("stopped; \(store.path) keeps what is done, and the same command goes on")
            }
            throw error
        }
    }

    private var temporaryFolder: URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("cloze-\(UUID().uuidString)")
    }
}

/// Tells on standard error what a comparison does.
private final class ComparisonNarrator: Sendable {
    private let console: Console
    private let interrupt: Interrupt
    private let budget: Double?

    init(_ console: Console, _ interrupt: Interrupt, budget: Double?) {
        (self.console, self.interrupt, self.budget) = (console, interrupt, budget)
    }

    func tell(_ event: ComparisonEvent) {
        switch event {
        case .began(let run, let candidates, let words):
            console.note("run \(run): \(candidates) candidates; the label words, as this model reads them:")
            console.note(words.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n"))
        case .wentOn(let pieces): console.note("going on; \(pieces) pieces are done already")
        case .piece(let title, let steps, let spent):
            interrupt.allowsStopping(steps != nil)
            let time = budget.map { "\(TimeText.written(spent)) of \(TimeText.written($0)) spent; " } ?? ""
            console.begin(time + title, total: steps)
        case .progress(let done): console.advance(to: done)
        case .method(let event):
            if case .step(let report, _) = event {
                console.advance(to: report.step, figure: "loss \(Figures.decimal(Double(report.loss), 3))")
            }
        case .result(let text):
            console.end()
            console.note("  " + text)
        case .finalists(let names, let seeds):
            console.end()
            console.note(
                "the test rows are opened for \(names.joined(separator: ", ")), with "
                    + (seeds == 1 ? "one seed" : "\(seeds) seeds"))
        case .warning(let text): console.warning(text)
        }
    }
}
