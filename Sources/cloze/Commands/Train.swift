import ArgumentParser
import Experiments
import Foundation
import Models
import Prompts

/// `cloze train`: a prompt from a few labelled rows.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Learn a prompt from a few labelled rows.",
        discussion: """
            Prints, for the locked test rows, what always answering the most frequent
            label gives, what the template gives without training, and what the trained
            prompt gives. Ctrl-C keeps what was learned; the same command goes on.

            EXAMPLES
              cloze train --model MODEL --task Examples/Data/sib200_en --output topics
              cloze train --model MODEL --data pool.csv --test test.csv \\
                --columns text=review,label=stars --labels '1=negative,5=positive' \\
                --template 'Review: {text}\\nSentiment: {answer}' \\
                --words 'negative=bad,positive=good' --output reviews
              cloze train --model MODEL --task TASK --output PROMPT --dry-run
              cloze train --model MODEL --data names.jsonl --test test.jsonl \\
                --readout tagger --method deep-prompt --output names
              cloze train --model MODEL --data tables.jsonl --test test.jsonl \\
                --readout text --template 'Data: {source}\\nText:{answer}' \\
                --method prefix-tuning --output writer
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var task: TaskOptions
    @OptionGroup var chat: ChatOption
    @OptionGroup(title: "METHOD OPTIONS") var method: MethodOptions
    @OptionGroup(title: "DEMONSTRATION OPTIONS") var sets: DemonstrationSetOptions
    @OptionGroup var draw: DrawOptions
    @OptionGroup(title: "TAGS, SPANS AND TEXTS") var readouts: ReadoutOptions
    @OptionGroup(title: "WRITING") var writing: WritingOptions
    @OptionGroup var runs: StoreOptions
    @OptionGroup var general: GeneralOptions

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where the prompt is saved, a folder.", valueName: "folder"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "Learn the prompt for this task as well, in turns; --start-from then teaches it each task alone.",
            valueName: "folder"))
    var withTask: [String] = []

    @Flag(help: "Replace a prompt that is there.")
    var force = false

    @Flag(help: "Check the data, the labels' tokens, the memory and the output's place; train nothing.")
    var dryRun = false

    @Flag(inversion: .prefixedNo, help: "Go on from the checkpoint of the same run, if there is one.")
    var resume = true

    func validate() throws {
        try draw.requireTrainRows()
        if task.train != nil, draw.devPerLabel != nil {
            throw ValidationError("--dev-per-label draws rows; with --train give your own --dev")
        }
    }

    func run() throws {
        if let readout = task.ownReadout(method.readout) {
            return try TrainReadout(command: self, readout: readout).run()
        }
        if let name = (readouts.given + writing.given).first {
            throw UsageError("\(name) goes with --readout tagger, span or text; labels have no use for it")
        }
        let console = general.begin()
        var plan = try plan()
        try PromptFolder(plan.output).checkWritable(replacing: force)
        let store = try dryRun ? nil : runs.open(console)
        let pretrained = try model.load(console)
        plan.task.template = try chat.asked(plan.task.template, pretrained)
        for index in plan.companions.indices {
            plan.companions[index].template = try chat.asked(plan.companions[index].template, pretrained)
        }
        plan.vectorizer = try sets.vectorizer(console)
        let interrupt = Interrupt(console)
        let narrator = TrainNarrator(console, interrupt)
        let recorder = try runs.begin(
            "train", plan.task.name, settings: plan.settings, in: store, pretrained,
            data: [plan.task.pool, plan.task.test, plan.trainFile, plan.devFile].compactMap(\.self)
                + plan.companions.map(\.pool),
            goingOnFrom: (plan.output, plan.checkpointPlace, resume))
        let teaching = Teaching(plan, pretrained, stop: interrupt.stop) { event in
            narrator.tell(event)
            recorder?.add(event)
        }
        if dryRun { return try rehearse(teaching, plan, pretrained, narrator) }
        interrupt.listen()
        let report = try keep(in: recorder, console, checkpoint: plan.checkpointPlace) { try teaching.run() }
        recorder?.finish(console, metric: report.metric, value: report.rows.last?.value, report: report)
        try show(report, plan)
    }

    /// Teaches, from the start or from what a stopped run has left, and adds the prompt to the record.
    func keep<Report>(
        in recorder: RunRecorder?, _ console: Console, checkpoint: URL, teach: () throws -> Report
    ) throws -> Report {
        if !resume { try? FileManager.default.removeItem(at: checkpoint) }
        let report = try console.record(
            in: recorder,
            ifStopped: "\(checkpoint.path) keeps what was learned, and the same command goes on from it",
            teach)
        recorder?.add(artifact: "prompt", at: URL(fileURLWithPath: output))
        return report
    }

    private func plan() throws -> TeachingPlan {
        var plan = TeachingPlan(task: try task.source(), output: URL(fileURLWithPath: output))
        (plan.perLabel, plan.devPerLabel) = (draw.perLabel, draw.devPerLabel)
        plan.seed = draw.seed
        plan.limit = task.question.limit
        plan.testLimit = draw.testRows
        plan.trainFile = task.train.map { URL(fileURLWithPath: $0) }
        plan.devFile = task.dev.map { URL(fileURLWithPath: $0) }
        plan.isReplacing = force
        plan.demonstrationSets = sets.settings(seed: draw.seed)
        plan.method = try method.choice(seed: draw.seed)
        plan.startingFrom = method.startFrom.map { URL(fileURLWithPath: $0) }
        plan.companions = try withTask.map { try TaskSource(folder: URL(fileURLWithPath: $0)) }
        try method.check(plan.task.template)
        // What the method refuses is said before the model is loaded.
        _ = try plan.method.method.template(for: plan.task.promptTask(limit: plan.limit))
        return plan
    }

    private func rehearse(
        _ teaching: Teaching, _ plan: TeachingPlan, _ pretrained: PretrainedModel, _ narrator: TrainNarrator
    ) throws {
        _ = try teaching.prepare()
        let report = try DryRunReport(plan, narrator.heard, pretrained)
        if general.json { return try Stream.output.print(json: report, of: "train") }
        try Stream.output.print(report.text)
    }

    private func show(_ report: TeachingReport, _ plan: TeachingPlan) throws {
        let command = predictCommand(report, plan)
        if general.json {
            return try Stream.output.print(json: TrainDocument(report: report, predict: command), of: "train")
        }
        try Stream.output.print(report.text(predict: command))
    }

    /// The command that uses the prompt, ready to be pasted; a prompt with several fields takes rows from a file.
    private func predictCommand(_ report: TeachingReport, _ plan: TeachingPlan) -> String {
        let fields = plan.task.template.fieldNames.count
        return "cloze predict --model \(model.model.shellQuoted) --prompt \(output.shellQuoted) "
            + (fields == 1 ? "'your text'" : "--file rows.jsonl")
    }
}
