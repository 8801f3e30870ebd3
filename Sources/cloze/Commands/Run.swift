import ArgumentParser
import Experiments

/// `cloze run`: an experiment file, as it says.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run an experiment file: every method on every seed and number of rows.",
        discussion: """
            With a budget in the file the methods race for it, as with cloze compare. Without
            one everything is run to its end, which is how a paper's table is made again.
            'cloze explain' says what a file may contain.

            EXAMPLES
              cloze run experiment.yaml --model MODEL --output table
              cloze run experiment.yaml --set seeds=0..4 --set methods.prompt-tuning.soft-rows=[5,20,50]
            """)

    @OptionGroup var experiment: ExperimentOptions
    @OptionGroup var runs: StoreOptions
    @OptionGroup var general: GeneralOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where the report and the prompts are left, a folder.", valueName: "folder"))
    var output: String?

    @Flag(help: "Replace a report that is there.")
    var force = false

    @Flag(inversion: .prefixedNo, help: "Go on with the same experiment, if one was not finished.")
    var resume = true

    func run() throws {
        try ComparisonSession(
            options: experiment, runs: runs, general: general, output: output, force: force, resume: resume
        ).run("run", needsBudget: false)
    }
}
