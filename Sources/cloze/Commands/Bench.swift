import ArgumentParser
import Experiments
import Foundation

/// `cloze bench`: how fast this machine does the work, beside the floor.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure a training step or zero-shot scoring on a task's rows, beside the floor.",
        discussion: """
            EXAMPLES
              cloze bench step --model MODEL --task Examples/Data/reviews
              cloze bench score --model MODEL --task Examples/Data/reviews --json
            """)

    /// What is measured.
    enum Work: String, ExpressibleByArgument, CaseIterable { case step, score }

    @Argument(help: "step: one step of prompt tuning; score: the template as it is, without training.")
    var work: Work

    @OptionGroup var model: ModelOptions
    @OptionGroup var task: TaskOptions
    @OptionGroup var general: GeneralOptions

    @Option(help: ArgumentHelp("How many soft rows stand in front of a step's examples.", valueName: "count"))
    var softRows = 20

    @Option(help: ArgumentHelp("How many examples a step learns from.", valueName: "count"))
    var batch = 16

    @Option(help: ArgumentHelp("How many steps are timed, after one that warms up.", valueName: "count"))
    var steps = 8

    @Option(help: ArgumentHelp("How many rows are scored.", valueName: "count"))
    var count = 400

    func validate() throws {
        for (name, value) in [
            ("--soft-rows", softRows), ("--batch", batch), ("--steps", steps), ("--count", count),
        ]
        where value < 1 {
            throw ValidationError("\(name) is \(value); write 1 or more")
        }
    }

    func run() throws {
        let console = general.begin()
        let test = SpeedTest(try model.load(console), try task.source())
        let result =
            switch work {
            case .step:
                try test.promptTuningStep(
                    softRows: softRows, batch: batch, steps: steps, limit: task.question.limit)
            case .score: try test.zeroShotScoring(rows: count, limit: task.question.limit)
            }
        if general.json { return try Stream.output.print(json: result, of: "bench") }
        try Stream.output.print(
            """
            \(result.work): \(Figures.seconds(result.seconds)), \
            \(String(format: "%.1f", result.examplesASecond)) examples/s, \(result.realTokens) tokens of text
            floor: \(Figures.seconds(result.floorSeconds)) for \(result.computedRows) computed rows \
            at \(String(format: "%.0f", result.matrixRate / 1e9)) GFLOP/s \
            (\(String(format: "%.0f", result.shareOfFloor * 100)) % of the time)
            peak memory: \(Figures.bytes(result.peakBytes))
            """)
    }
}
