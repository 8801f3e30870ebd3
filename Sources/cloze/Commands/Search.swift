import ArgumentParser
import Datasets
import Experiments
import Foundation
import Models
import Prompts

/// `cloze search`: the words of a hard prompt: triggers by AutoPrompt, and label words by one of several searches.
struct Search: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Search the words of a prompt: triggers (AutoPrompt), label words.",
        discussion: """
            Puts trigger tokens into a template and exchanges them, one an iteration, for
            those that make the model answer best. The result is an ordinary text template.
            Triggers stand where the template has {soft N}, or else right before the
            answer. Ctrl-C keeps what was found; the same command goes on.

            With --words-only it searches label words instead, by one of several methods;
            with --refine-words it makes them of long lists, with the help of unlabelled
            rows. The words are printed as --words takes them. With --generate-templates
            the masked model writes templates around the words.

            EXAMPLES
              cloze search --model MODEL --task Examples/Data/reviews --output found
              cloze search --model MODEL --task TASK --label-words 3 --iterations 200 \\
                --template '{text} {soft 5} {answer}.' --output found
              cloze search --model MODEL --task TASK --words-only --word-search petal \\
                --label-words 3 --output found
              cloze search --model MODEL --task TASK --refine-words lists.txt --output found
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var task: TaskOptions
    @OptionGroup(title: "SEARCH OPTIONS") var search: SearchOptions
    @OptionGroup(title: "LABEL WORD OPTIONS") var words: WordSearchOptions
    @OptionGroup var draw: DrawOptions
    @OptionGroup var runs: StoreOptions
    @OptionGroup var general: GeneralOptions

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where the prompt is saved, a folder.", valueName: "folder"))
    var output: String

    @Flag(help: "Replace a prompt that is there.")
    var force = false

    @Flag(inversion: .prefixedNo, help: "Go on from the checkpoint of the same search, if there is one.")
    var resume = true

    func validate() throws {
        if task.train != nil || task.dev != nil {
            throw ValidationError("cloze search draws its rows; leave --train and --dev away")
        }
        try task.refuseChoices(for: "cloze search")
        try draw.requireTrainRows()
    }

    func run() throws {
        let console = general.begin()
        if words.isAlone { return try runWords(console) }
        let plan = try plan()
        try PromptFolder(plan.output).checkWritable(replacing: force)
        let store = try runs.open(console)
        let pretrained = try model.load(console)
        let recorder = try runs.begin(
            "search", plan.task.name, settings: plan.settings, in: store, pretrained,
            data: [plan.task.pool, plan.task.test].compactMap(\.self),
            goingOnFrom: (plan.output, plan.checkpointPlace, resume))
        if !resume { try? FileManager.default.removeItem(at: plan.checkpointPlace) }
        let interrupt = Interrupt(console)
        interrupt.allowsStopping(true)
        interrupt.listen()
        console.begin("searching", total: plan.search.iterations)
        let run = TriggerRun(plan, pretrained, stop: interrupt.stop) { iteration in
            console.advance(to: iteration.number)
            recorder?.add(iteration)
            if iteration.isTaken { console.note(iteration.sentence) }
        }
        let report = try console.record(
            in: recorder,
            ifStopped:
                "\(plan.checkpointPlace.path) keeps what was found, and the same command goes on from it"
        ) { try run.run() }
        recorder?.add(artifact: "prompt", at: plan.output)
        recorder?.finish(console, metric: report.metric, value: report.rows.last?.value, report: report)
        if general.json { return try Stream.output.print(json: report, of: "search") }
        try Stream.output.print(report.text)
    }

    private func plan() throws -> TriggerPlan {
        var plan = TriggerPlan(task: try task.source(), output: URL(fileURLWithPath: output))
        (plan.perLabel, plan.devPerLabel) = (draw.perLabel, draw.devPerLabel)
        plan.seed = draw.seed
        plan.limit = task.question.limit
        plan.testLimit = draw.testRows
        plan.isReplacing = force
        plan.search = search.settings(seed: draw.seed)
        plan.labelWords = words.search(search.filter, seed: draw.seed)
        plan.unlabelled = words.unlabelled.map { URL(fileURLWithPath: $0) }
        // What the method refuses is said before the model is loaded.
        _ = try AutoPrompt(plan.search).template(for: plan.task.promptTask(limit: plan.limit))
        return plan
    }
}

/// How triggers and label words are searched.
struct SearchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("How many triggers, where the template has no {soft N}.", valueName: "count"))
    var triggers: Int = AutoPrompt.Settings().triggers

    @Option(help: ArgumentHelp("How many iterations the search makes.", valueName: "count"))
    var iterations: Int = AutoPrompt.Settings().iterations

    @Option(help: ArgumentHelp("How many tokens are tried an iteration.", valueName: "count"))
    var candidates: Int = AutoPrompt.Settings().candidates

    @Option(help: ArgumentHelp("How many examples are walked together.", valueName: "count"))
    var batch: Int = AutoPrompt.Settings().batch

    @Option(
        help: ArgumentHelp(
            "How many batches give the gradient, and as many others the scores.", valueName: "count"))
    var accumulate: Int = AutoPrompt.Settings().batchesAnIteration

    @Option(help: ArgumentHelp("What decides between candidates.", valueName: "measure"))
    var measure: AutoPrompt.Measure = AutoPrompt.Settings().measure

    @Flag(help: "Leave out tokens with a capital letter, mostly names.")
    var noCapitals = false

    @Flag(help: "Leave out tokens that are pieces of words, and signs.")
    var wholeWords = false

    /// Which tokens may be triggers or label words.
    var filter: TriggerFilter { TriggerFilter(refusesCapitals: noCapitals, needsWholeWords: wholeWords) }

    func settings(seed: UInt64) -> AutoPrompt.Settings {
        var settings = AutoPrompt.Settings()
        settings.triggers = triggers
        settings.iterations = iterations
        settings.candidates = candidates
        settings.batch = batch
        settings.batchesAnIteration = accumulate
        settings.measure = measure
        settings.filter = filter
        settings.seed = seed
        return settings
    }
}

extension AutoPrompt.Iteration {
    /// What was taken, and what the best template is now.
    fileprivate var sentence: String {
        let dev = dev.map { ", dev \(Figures.decimal($0, 3))" } ?? ""
        return
            "iteration \(number): \(Figures.decimal(current, 3)) to \(Figures.decimal(best, 3))\(dev)\n  \(template)"
    }
}

extension TriggerReport {
    /// The table, the template, and how to use it.
    var text: String {
        var table = Table(["on \(rows.first?.rows ?? 0) test rows", metric, "95 % interval", "a row"])
        for row in rows {
            table.add([
                row.name, Figures.decimal(row.value, 3),
                "\(Figures.decimal(row.interval.low, 3)) to \(Figures.decimal(row.interval.high, 3))",
                row.millisecondsARow == 0 ? "–" : Figures.decimal(row.millisecondsARow, 1) + " ms",
            ])
        }
        let words = words.keys.sorted().map { "\($0)=\((self.words[$0] ?? []).joined(separator: "|"))" }
        return """
            \(table.lines(Terminal(STDOUT_FILENO)))

            Searched \(iterations.last?.number ?? 0) iterations in \(Figures.seconds(seconds)), with \(trainRows) \
            labelled rows to learn from and \(devRows) to choose by \
            (\(Figures.probability(probabilityOfChance)) if nothing but chance were at work).

            template  \(template.quoted)
            words     \(words.joined(separator: ",").quoted)
            saved in  \(output)\(warnings.map { "\nwarning: " + $0 }.joined())
            """
    }
}
