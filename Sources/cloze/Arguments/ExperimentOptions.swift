import ArgumentParser
import Experiments
import Foundation

/// An experiment: a file, options for what is asked most, and any other key by `--set`.
struct ExperimentOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("An experiment file, YAML or JSON.", valueName: "file"))
    var file: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The model: a Hugging Face folder, a GGUF file, or owner/name from the hub's cache.",
            valueName: "model"))
    var model: String?

    @Option(help: ArgumentHelp("A folder with task.json, pool.jsonl and test.jsonl.", valueName: "folder"))
    var task: String?

    @Option(
        help: ArgumentHelp("How long the methods may race: 90s, 20m, 1h30m.", valueName: "time"))
    var budget: String?

    @Option(
        help: ArgumentHelp(
            "How many train rows a label has, 16 by default; 4,16,64 for a learning curve.",
            valueName: "counts"))
    var perLabel: String?

    @Option(help: ArgumentHelp("The seeds, 0..2 by default.", valueName: "seeds"))
    var seeds: String?

    @Option(
        help: ArgumentHelp(
            "The methods, with commas; all by default: "
                + WayOfPrompting.allCases.map(\.rawValue).joined(separator: ", ") + ".", valueName: "names"))
    var methods: String?

    @Option(help: ArgumentHelp("Score the first so many test rows only.", valueName: "count"))
    var testRows: Int?

    @Option(
        help: ArgumentHelp(
            "Any key of an experiment file: method.steps=50, methods.lora.rank=[4,8]; 'cloze explain' lists them.",
            valueName: "key=value"))
    var set: [String] = []

    /// The experiment that all of these describe.
    func experiment() throws -> Experiment {
        let overrides = [
            model.map { ExperimentSettings.override("model", $0) },
            task.map { ExperimentSettings.override("data.task", $0) },
            budget.map { ExperimentSettings.override("budget", $0) },
            perLabel.map { "shots=[\($0)]" }, seeds.map { ExperimentSettings.override("seeds", $0) },
            methods.map { ExperimentSettings.override("methods", $0) },
            testRows.map { "data.test-rows=\($0)" },
        ]
        let settings = try ExperimentSettings(
            contentsOf: file.map { URL(fileURLWithPath: $0) }, overrides: overrides.compactMap(\.self) + set)
        return try Experiment(settings)
    }
}
