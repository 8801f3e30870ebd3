import ArgumentParser
import Experiments

/// `cloze compare`: which way of prompting to ship.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare all ways of prompting under one budget, and say which to ship.",
        discussion: """
            Every method is rehearsed with a few steps and its own learning rates and scored
            on dev rows; the best go on (successive halving), and as many as the budget pays
            for are run in full on all seeds. Only they answer the locked test rows, once.
            Where a difference is within the noise, the simpler method is recommended.
            A comparison that is killed goes on where it was: call it again.

            EXAMPLES
              cloze compare --model MODEL --task Examples/Data/reviews --budget 20m \\
                --output comparison
              cloze compare experiment.yaml --budget 1h --set method.steps=100
              cloze compare --model MODEL --task TASK --budget 10m \\
                --methods zero-shot,few-shot,prompt-tuning,lora
            """)

    @OptionGroup var experiment: ExperimentOptions
    @OptionGroup var runs: StoreOptions
    @OptionGroup var general: GeneralOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where the report and the finalists' prompts are left, a folder.", valueName: "folder"))
    var output: String?

    @Flag(help: "Replace a report that is there.")
    var force = false

    @Flag(inversion: .prefixedNo, help: "Go on with the same comparison, if one was not finished.")
    var resume = true

    func run() throws {
        try ComparisonSession(
            options: experiment, runs: runs, general: general, output: output, force: force, resume: resume
        ).run("compare", needsBudget: true)
    }
}
