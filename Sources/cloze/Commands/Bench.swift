import ArgumentParser
import Experiments
import Foundation
import Prompts

/// `cloze bench`: how fast this machine does the work, beside the floor.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure a training step, scoring, mixed tasks or a search on a task's rows.",
        discussion: """
            EXAMPLES
              cloze bench step --model MODEL --task Examples/Data/reviews
              cloze bench step --model MODEL --task TASK --method prefix-tuning --steps 8
              cloze bench score --model MODEL --task Examples/Data/reviews --json
              cloze bench mixed --model MODEL --task Examples/Data/reviews --tasks 100
              cloze bench pet --model MASKED --data pool.jsonl \
                --template '{text} It was {answer}.' --words 'negative=terrible,positive=great'
              cloze bench autoprompt --batch 24 --candidates 10 --model MASKED --task TASK
            """)

    /// What is measured.
    enum Work: String, ExpressibleByArgument, CaseIterable { case step, score, mixed, pet, autoprompt }

    @Argument(
        help: """
            step: one step of a method; score: the template as it is, without training; mixed: rows of many \
            prompts in one batch beside rows of one; pet: one step of PET; autoprompt: one iteration of the search.
            """)
    var work: Work

    @OptionGroup var model: ModelOptions
    @OptionGroup var task: TaskOptions
    @OptionGroup var general: GeneralOptions

    @OptionGroup(title: "METHOD OPTIONS") var method: MethodOptions

    @Option(help: ArgumentHelp("How many rows are scored.", valueName: "count"))
    var count = 400

    @Option(help: ArgumentHelp("How many prompts are mixed.", valueName: "count"))
    var tasks = 100

    @Option(help: ArgumentHelp("How many triggers a search has.", valueName: "count"))
    var triggers = 3

    @Option(help: ArgumentHelp("How many tokens a search tries an iteration.", valueName: "count"))
    var candidates = 10

    func validate() throws {
        for (name, value) in [
            ("--steps", method.steps ?? 1), ("--batch", method.batch), ("--count", count), ("--tasks", tasks),
            ("--triggers", triggers), ("--candidates", candidates),
        ]
        where value < 1 {
            throw ValidationError("\(name) is \(value); write 1 or more")
        }
        if let readout = method.readout, method.labelReadout == nil {
            throw ValidationError(
                "--readout \(readout.rawValue) is not timed; its steps are in cloze train's report")
        }
    }

    func run() throws {
        let console = general.begin()
        let test = SpeedTest(try model.load(console), try task.source())
        let limit = task.question.limit
        let steps = method.steps ?? 8
        switch work {
        case .step:
            var choice = try method.choice(seed: 0)
            choice.learning.steps = steps
            try print(test.step(of: choice, limit: limit))
        case .score: try print(test.zeroShotScoring(rows: count, limit: limit))
        case .mixed: try printMixture(test, limit)
        case .pet: try print(test.petStep(batch: method.batch, steps: steps, limit: limit))
        case .autoprompt:
            try print(
                test.autoPromptIteration(
                    triggers: triggers, candidates: candidates, batch: method.batch, iterations: steps,
                    limit: limit))
        }
    }

    private func printMixture(_ test: SpeedTest, _ limit: Int) throws {
        let result = try test.mixedTasks(
            rows: count, tasks: tasks, softRows: method.softRows ?? 20, limit: limit)
        if general.json { return try Stream.output.print(json: result, of: "bench") }
        try Stream.output.print(
            """
            \(result.rows) rows with one prompt of \(result.softRows) rows: \(Figures.seconds(result.secondsAlone))
            the same rows over \(result.tasks) prompts, mixed: \(Figures.seconds(result.secondsMixed)), \
            \(String(format: "%.2f", result.secondsMixed / result.secondsAlone)) times as long
            """)
    }

    private func print(_ result: SpeedTest.Result) throws {
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
