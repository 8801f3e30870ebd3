internal import Datasets
public import Foundation
public import Models
public import Prompts
public import Training

/// What one choice of label words, or of a template for them, is to do.
public struct WordPlan: Sendable {
    /// Where the words come from.
    public enum Source: Encodable, Sendable {
        /// A search among the model's vocabulary, by the train rows.
        case search(LabelWordSearch)
        /// Lists of words, refined by unlabelled rows.
        case refine([Verbalizer.Entry], WordRefinement.Settings)
        /// Templates that the masked model writes, the words staying the task's.
        case templates(TemplateGeneration.Settings)
    }

    /// The task; its own words are what the found ones are compared with.
    public var task: TaskSource
    /// Where the words come from.
    public var source: Source
    /// How the refined words' weights are learned from the train rows; nil for equal weights.
    public var weights: LearningSettings?
    /// How many train rows a label has.
    public var perLabel = 16
    /// How many dev rows a label has; nil for as many as train rows.
    public var devPerLabel: Int?
    /// Decides which rows are drawn.
    public var seed: UInt64 = 0
    /// How many positions a prompt may have.
    public var limit = 512
    /// How many test rows are scored; nil for all.
    public var testLimit: Int?
    /// Rows without labels; nil for the pool's rows that are not drawn.
    public var unlabelled: URL?
    /// Where the prompt is saved.
    public var output: URL
    /// Whether a prompt that is there may be replaced.
    public var isReplacing = false

    /// A plan with the defaults.
    public init(task: TaskSource, source: Source, output: URL) {
        self.task = task
        self.source = source
        self.output = output
    }
}

/// Which words were found, and how they do.
public struct WordReport: Codable, Sendable {
    /// The version of this layout.
    public var schema = 1
    /// The task's name.
    public var task: String
    /// The model's file.
    public var model: String
    /// The metric's name.
    public var metric: String
    /// The majority class, the task's own words, and those that were found.
    public var rows: [TeachingRow]
    /// The words that were found.
    public var verbalizer: Verbalizer
    /// How many rows were learned from.
    public var trainRows: Int
    /// How many rows the choice was made by.
    public var devRows: Int
    /// How many rows without labels were read.
    public var unlabelledRows: Int
    /// How many words each label had after each step of a refinement.
    public var steps: [WordRefinement.Step]
    /// The template that the words are asked with.
    public var template: String
    /// The templates that were generated, best first.
    public var templates: [TemplateGeneration.Candidate]
    /// How long it took.
    public var seconds: Double
    /// How likely chance alone would make the difference to the task's own words (exact McNemar).
    public var probabilityOfChance: Double
    /// What the user should know.
    public var warnings: [String]
    /// Where the prompt was saved.
    public var output: String
}

/// Finds label words, and measures them on test rows that nothing before has read.
public struct WordRun: Sendable {
    private let plan: WordPlan
    private let pretrained: PretrainedModel
    private let stop: StopSignal

    /// A run of a plan.
    public init(_ plan: WordPlan, _ pretrained: PretrainedModel, stop: StopSignal = StopSignal()) {
        self.plan = plan
        self.pretrained = pretrained
        self.stop = stop
    }

    /// Runs the plan.
    ///
    /// - Throws: `CancellationError` after the user stopped; typed errors of the rooms otherwise.
    public func run() throws -> WordReport {
        let draw = try SearchDraw(
            plan.task, perLabel: plan.perLabel, devPerLabel: plan.devPerLabel, seed: plan.seed,
            testLimit: plan.testLimit, output: plan.output, isReplacing: plan.isReplacing)
        let task = plan.task.promptTask(limit: plan.limit)
        let found = try found(draw.split, task)
        var own = task
        own.name += " as it is"
        let measured = try draw.measure(
            (found.prompt, found.name), besides: (try Prompt.hard(own, pretrained), "the task's own"),
            pretrained)
        return WordReport(
            task: plan.task.name, model: pretrained.name, metric: measured.metric,
            rows: measured.rows, verbalizer: found.prompt.manifest.verbalizer, trainRows: found.trainRows,
            devRows: found.devRows,
            unlabelledRows: found.unlabelledRows, steps: found.steps,
            template: found.prompt.manifest.template.printed, templates: found.templates,
            seconds: measured.seconds,
            probabilityOfChance: measured.probabilityOfChance,
            warnings: [found.devRows > 0 ? draw.split.devWarning : nil].compactMap(\.self),
            output: plan.output.path)
    }

    private struct Found {
        var name: String
        var prompt: Prompt
        var steps: [WordRefinement.Step] = []
        var templates: [TemplateGeneration.Candidate] = []
        var trainRows: Int
        var devRows: Int
        var unlabelledRows: Int
    }

    private func found(_ split: FewShotSplit, _ task: PromptTask) throws -> Found {
        switch plan.source {
        case .search(let search): try searched(search, split, task)
        case .refine(let lists, let settings): try refined(lists, settings, split, task)
        case .templates(let settings): try generated(settings, split, task)
        }
    }

    private func searched(_ search: LabelWordSearch, _ split: FewShotSplit, _ task: PromptTask) throws
        -> Found
    {
        let unlabelled = try plan.task.unlabelled(plan.unlabelled, beside: split)
        var asked = task
        asked.verbalizer = try search.words(split, unlabelled: unlabelled, task, pretrained)
        var prompt = try Prompt.hard(asked, pretrained, probing: split.train.examples)
        prompt.manifest.settings = search.described
        return Found(
            name: "words by \(search.name.rawValue)", prompt: prompt, trainRows: split.train.examples.count,
            devRows: search.choosesByDev ? split.dev.examples.count : 0,
            unlabelledRows: search.countsWords ? unlabelled.count : 0)
    }

    private func generated(
        _ settings: TemplateGeneration.Settings, _ split: FewShotSplit, _ task: PromptTask
    ) throws -> Found {
        let candidates = try TemplateGeneration(settings).candidates(
            split, task, pretrained, RunContext(stop: stop))
        guard let best = candidates.first else {
            throw ExperimentError.badTask(task.name, "no template was found")
        }
        var asked = task
        asked.template = best.template
        var prompt = try Prompt.hard(asked, pretrained, probing: split.train.examples)
        prompt.manifest.settings = [
            "templates": "generated", "beams": "\(settings.beams)", "tuned": "\(settings.tuned)",
        ]
        return Found(
            name: "the generated template", prompt: prompt, templates: candidates,
            trainRows: split.train.examples.count, devRows: split.dev.examples.count, unlabelledRows: 0)
    }

    private func refined(
        _ lists: [Verbalizer.Entry], _ settings: WordRefinement.Settings, _ split: FewShotSplit,
        _ task: PromptTask
    ) throws -> Found {
        let unlabelled = try plan.task.unlabelled(plan.unlabelled, beside: split, limit: settings.rows)
        let result = try WordRefinement(settings).refine(lists, unlabelled: unlabelled, task, pretrained)
        let words = KnowledgeableWords(result)
        let prompt =
            try plan.weights.map {
                try words.fit(split, task, to: pretrained, learning: $0, RunContext(stop: stop))
            } ?? words.prompt(task, pretrained, probing: unlabelled)
        let isTaught = plan.weights != nil
        return Found(
            name: isTaught ? "refined words, weighted" : "refined words", prompt: prompt,
            steps: result.steps, trainRows: isTaught ? split.train.examples.count : 0,
            devRows: isTaught ? split.dev.examples.count : 0, unlabelledRows: unlabelled.count)
    }
}
