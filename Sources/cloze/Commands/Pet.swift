import ArgumentParser
import Experiments
import Foundation
import Models
import Prompts
import Training

/// `cloze pet`: Pattern-Exploiting Training.
struct Pet: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tune a model on several patterns and distil them into a classifier (PET, iPET).",
        discussion: """
            Tunes the model once a pattern and seed, lets these models label unlabelled rows
            together, and teaches a classifier their labels. With --ipet the models label for
            each other first, generation after generation; --ipet --per-label 0 starts from
            what the untuned model is surest of. Baselines run beside it with --baselines:
            majority, untuned, a head, a linear probe, random words, no pattern. Finished
            models are kept beside the output until the run ends: after Ctrl-C or a kill the
            same command goes on behind them.

            EXAMPLES
              cloze pet --model MODEL --task TASK \\
                --pattern '{text} It was {answer}.' --pattern 'All in all, it was {answer}. {text}' \\
                --words 'negative=terrible,positive=great' --output classifier
              cloze pet --model MODEL --task TASK --ipet --generations 2 --baselines
              cloze pet --model MODEL --task TASK --ipet --per-label 0 --work models
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var task: TaskOptions
    @OptionGroup(title: "PET OPTIONS") var pet: PETOptions
    @OptionGroup var draw: DrawOptions
    @OptionGroup var runs: StoreOptions
    @OptionGroup var general: GeneralOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where the classifier is saved, a folder; nothing is saved without.", valueName: "folder"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Where finished models are kept until the run ends; a hidden folder beside --output without.",
            valueName: "folder"))
    var work: String?

    @Flag(help: "Replace a prompt that is there.")
    var force = false

    @Flag(inversion: .prefixedNo, help: "Go on behind the finished models of the same run, if there are any.")
    var resume = true

    func validate() throws {
        if task.train != nil || task.dev != nil {
            throw ValidationError("cloze pet draws its rows; leave --train and --dev away")
        }
        try task.refuseChoices(for: "cloze pet")
        guard draw.perLabel == 0 else { return }
        guard pet.ipet else {
            throw ValidationError("--per-label 0 goes with --ipet; PET itself learns from labelled rows")
        }
        if pet.baselines {
            throw ValidationError("--baselines learn from labelled rows; leave it away with --per-label 0")
        }
    }

    func run() throws {
        let console = general.begin()
        let plan = try plan()
        let store = try runs.open(console)
        let pretrained = try model.load(console)
        if !resume { WorkFolder(plan.workPlace).remove() }
        let recorder = try runs.begin(
            "pet", plan.task.name, settings: plan.settings, in: store, pretrained,
            data: [plan.task.pool, plan.task.test, plan.unlabelled].compactMap(\.self))
        let interrupt = Interrupt(console)
        interrupt.allowsStopping(true)
        interrupt.listen()
        let run = PETRun(plan, pretrained, stop: interrupt.stop) { event in
            switch event {
            case .member(let number, let total, let generation, let pattern, let seed):
                console.end()
                console.begin(
                    "generation \(generation), model \(number) of \(total) (pattern \(pattern + 1), seed \(seed))",
                    total: plan.method.learning.steps)
            case .kept(let number, let total, let generation):
                console.note("generation \(generation), model \(number) of \(total): kept from before")
            case .step(let report, _): console.advance(to: report.step)
            case .distilling:
                console.end()
                console.begin("teaching the classifier", total: plan.method.distillation.steps)
            case .warning(let text): console.warning(text)
            }
        }
        let kept = plan.workPlace.map {
            "\($0.path) keeps the finished models, and the same command goes on behind them"
        }
        let report = try console.record(
            in: recorder, ifStopped: kept ?? "nothing was kept, which --output or --work would change"
        ) { try run.run() }
        if let output = plan.output { recorder?.add(artifact: "classifier", at: output) }
        recorder?.finish(console, metric: report.metric, value: report.distilled?.value, report: report)
        if general.json { return try Stream.output.print(json: report, of: "pet") }
        try Stream.output.print(report.text)
    }

    private func plan() throws -> PETPlan {
        let source = try task.source()
        var plan = PETPlan(task: source, patterns: try pet.patterns(source))
        plan.unlabelled = pet.unlabelled.map { URL(fileURLWithPath: $0) }
        plan.unlabelledLimit = pet.unlabelledRows
        (plan.perLabel, plan.seed, plan.testLimit) = (draw.perLabel, draw.seed, draw.testRows)
        plan.devPerLabel = draw.devPerLabel
        plan.work = work.map { URL(fileURLWithPath: $0) }
        plan.limit = task.question.limit
        plan.method = pet.settings
        plan.runsBaselines = pet.baselines
        (plan.output, plan.isReplacing) = (output.map { URL(fileURLWithPath: $0) }, force)
        return plan
    }
}

/// How PET's models learn.
struct PETOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A pattern; give the option again for each. The task's template without.", valueName: "template"))
    var pattern: [String] = []

    @Option(
        help: ArgumentHelp(
            "The words of the pattern of the same place; those of the task without.", valueName: "words"))
    var patternWords: [String] = []

    @Option(
        help: ArgumentHelp(
            "Unlabelled rows; the rest of the pool without. Labels are not read.", valueName: "file"))
    var unlabelled: String?

    @Option(help: ArgumentHelp("Use so many unlabelled rows at most.", valueName: "count"))
    var unlabelledRows: Int = 500

    @Option(
        help: ArgumentHelp("How many models a pattern has, each with a seed of its own.", valueName: "count"))
    var seeds: Int = 3

    @Option(help: ArgumentHelp("How many steps a model learns.", valueName: "count"))
    var steps: Int = PET.Settings().learning.steps

    @Option(help: ArgumentHelp("How many steps the classifier learns.", valueName: "count"))
    var distillationSteps: Int = PET.Settings().distillation.steps

    @Option(help: ArgumentHelp("How many labelled rows a step learns from.", valueName: "count"))
    var batch: Int = PET.Settings().learning.batch

    @Option(help: ArgumentHelp("The learning rate of models and classifier.", valueName: "rate"))
    var rate: Float = ModelTuning.rate

    @Option(
        help: ArgumentHelp(
            "The share of the language-model loss on unlabelled rows; 0 leaves it away.", valueName: "share"))
    var alpha: Float = PET.Settings().alpha

    @Option(
        help: ArgumentHelp(
            "What is made smaller: the margin for words of several tokens, else the cross-entropy.",
            valueName: "loss"))
    var loss: AnswerLoss?

    @Option(
        help: ArgumentHelp(
            "So many unlabelled texts, with open masks, stand in front of every text.", valueName: "count"))
    var priming: Int = 0

    @Option(help: ArgumentHelp("How much each model counts.", valueName: "weighting"))
    var weighting: EnsembleWeighting = PET.Settings().weighting

    @Option(help: ArgumentHelp("The temperature of distillation.", valueName: "number"))
    var temperature: Float = PET.Settings().temperature

    @Flag(help: "Let the models label for each other, generation after generation.")
    var ipet = false

    @Option(
        help: ArgumentHelp(
            "How many generations follow the first; as many as it needs without.", valueName: "count"))
    var generations: Int?

    @Flag(help: "Run the baselines as well.")
    var baselines = false

    func validate() throws {
        func require(_ holds: Bool, _ name: String, _ value: some CustomStringConvertible) throws {
            guard holds else { throw ValidationError("--\(name) is \(value), which is out of its range") }
        }
        try require(unlabelledRows > 0, "unlabelled-rows", unlabelledRows)
        try require((1...100).contains(seeds), "seeds", seeds)
        try require(alpha >= 0 && alpha <= 1, "alpha", alpha)
        try require(temperature > 0, "temperature", temperature)
        try require(priming >= 0, "priming", priming)
        try require(rate > 0, "rate", rate)
        try require(generations ?? 1 > 0, "generations", generations ?? 1)
        try require(steps > 0 && distillationSteps > 0 && batch > 0, "steps or --batch", min(steps, batch))
        if patternWords.count > pattern.count {
            throw ValidationError("there are more --pattern-words than --pattern")
        }
    }

    /// The patterns with their words.
    func patterns(_ source: TaskSource) throws -> [PatternVerbalizer] {
        guard !pattern.isEmpty else { return [PatternVerbalizer(source.template, source.verbalizer)] }
        return try pattern.enumerated().map { index, text in
            let words =
                index < patternWords.count ? try WordList.verbalizer(patternWords[index]) : source.verbalizer
            let template = try Template(unescaping: text)
            try template.check(fields: source.template.fieldNames)
            return PatternVerbalizer(template, words)
        }
    }

    var settings: PET.Settings {
        var settings = PET.Settings()
        settings.seeds = (0..<UInt64(seeds)).map { $0 }
        (settings.alpha, settings.weighting, settings.temperature) = (alpha, weighting, temperature)
        (settings.learning.steps, settings.learning.batch) = (steps, batch)
        (settings.distillation.steps, settings.distillation.batch) = (distillationSteps, batch)
        (settings.learning.rate, settings.distillation.rate) = (.fixed(rate), .fixed(rate))
        (settings.learning.loss, settings.priming) = (loss, priming)
        if ipet { settings.sampling = GenerationSampling() }
        settings.generations = generations
        return settings
    }
}

extension PETReport {
    /// The classifier's row.
    fileprivate var distilled: Row? { rows.first { $0.name.hasSuffix("distilled") } }

    /// The table of all results.
    var text: String {
        var table = Table(["on \(testRows) test rows", metric, "95 % interval", "each"])
        for row in rows {
            table.add([
                row.name, Figures.decimal(row.value, 3),
                "\(Figures.decimal(row.low, 3)) to \(Figures.decimal(row.high, 3))",
                (row.each ?? []).map { Figures.decimal($0, 3) }.joined(separator: " "),
            ])
        }
        let saved = output.map { "\nThe classifier is in \($0)." } ?? ""
        let chosen =
            devRows == 0
            ? "nothing was chosen by dev rows"
            : "PET chose nothing by dev rows, the tuned baselines their best step by \(devRows)"
        return """
            \(table.lines(Terminal(STDOUT_FILENO)))

            \(trainRows) labelled and \(unlabelledRows) unlabelled rows of '\(task)', \(Figures.seconds(seconds)); \
            \(chosen).\(saved)\(warnings.map { "\nwarning: " + $0 }.joined())
            """
    }
}
