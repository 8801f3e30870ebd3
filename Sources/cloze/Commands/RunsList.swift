import ArgumentParser
import Experiments
import Foundation

/// `cloze runs list`: the runs of a store.
struct RunsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the runs, the newest first.")

    @OptionGroup var place: StorePlace

    @Flag(help: "Also list the trials of comparisons.")
    var all = false

    @Option(help: ArgumentHelp("Only runs of one subcommand, such as train.", valueName: "name"))
    var kind: String?

    @Option(help: ArgumentHelp("How many at most.", valueName: "count"))
    var limit: Int = 50

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is \(limit); write 1 or more") }
    }

    func run() throws {
        let runs = try place.open().runs(kind: kind, includesTrials: all, limit: limit)
        if place.json {
            return try Stream.output.print(json: ["runs": runs.map(RunSummary.init)], of: "runs list")
        }
        var table = Table(
            ["run", "kind", "about", "stands", "result", "took"], [.left, .left, .left, .left])
        for run in runs {
            let value = run.value.map { Figures.decimal($0, 3) + (run.metric.map { " \($0)" } ?? "") }
            table.add([
                run.id, run.kind, run.name, run.standing, value ?? "–",
                run.seconds.map(TimeText.written) ?? "–",
            ])
        }
        try Stream.output.print(runs.isEmpty ? "no runs" : table.lines(Terminal(STDOUT_FILENO)))
    }
}

/// A run without its long parts.
struct RunSummary: Encodable {
    let id, kind, name, standing: String
    let metric: String?
    let value: Double?
    let started: Double
    let seconds: Double?
    let parent: String?
    let reproduces: String?

    init(_ run: RunRecord) {
        (id, kind, name, standing) = (run.id, run.kind, run.name, run.standing)
        (metric, value, started, seconds) = (run.metric, run.value, run.started, run.seconds)
        (parent, reproduces) = (run.parent, run.reproduces)
    }
}

extension StorePlace {
    /// The file that is named, or the usual one.
    var url: URL { URL(fileURLWithPath: store ?? RunStore.standardPath) }

    /// The store, for looking at.
    func open() throws -> RunStore { try RunStore.reading(url) }
}
