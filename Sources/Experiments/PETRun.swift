internal import Checkpoints
internal import Datasets
public import Foundation
public import Models
public import Prompts
public import Training

/// What one run of PET or iPET is to do.
public struct PETPlan: Sendable {
    /// The task; its template is the first pattern where no others are given, and the classifier reads its fields.
    public var task: TaskSource
    /// The patterns with their words.
    public var patterns: [PatternVerbalizer]
    /// Rows without labels, or whose labels are not looked at; nil for the rest of the pool.
    public var unlabelled: URL?
    /// How many of them are used at most.
    public var unlabelledLimit = 500
    /// How many train rows a label has; 0 for iPET without any.
    public var perLabel = 16
    /// How many dev rows a label has, by which tuned baselines choose; nil for as many as train rows.
    public var devPerLabel: Int?
    /// Decides which rows are drawn.
    public var seed: UInt64 = 0
    /// How many positions a prompt may have.
    public var limit = 256
    /// How many test rows are scored; nil for all.
    public var testLimit: Int?
    /// How the models learn.
    public var method = PET.Settings()
    /// Whether the baselines run as well: a head on the tuned model, a linear probe, random label words, a text
    /// without a pattern.
    public var runsBaselines = false
    /// Where the classifier is saved; nil to save nothing.
    public var output: URL?
    /// Where finished models are kept until the run ends; nil for a hidden folder beside the output.
    public var work: URL?
    /// Whether a prompt that is there may be replaced.
    public var isReplacing = false

    /// A plan with the defaults.
    public init(task: TaskSource, patterns: [PatternVerbalizer]) {
        self.task = task
        self.patterns = patterns
    }

    /// Where finished models are kept until the run ends; nil where there is no place for them.
    public var workPlace: URL? {
        work
            ?? output.map {
                $0.deletingLastPathComponent().appendingPathComponent(".\($0.lastPathComponent).pet")
            }
    }
}

/// What a run found, as a table's rows.
public struct PETReport: Codable, Sendable {
    /// One result on the test rows.
    public struct Row: Codable, Sendable {
        /// What was measured.
        public var name: String
        /// The metric; of several models, their mean.
        public var value: Double
        /// Where it probably lies, 95 %.
        public var low: Double
        /// The upper end.
        public var high: Double
        /// Each model's own value, where there are several.
        public var each: [Double]?
    }

    /// The version of this layout.
    public var schema = 1
    /// The task's name.
    public var task: String
    /// The model's file.
    public var model: String
    /// The metric's name.
    public var metric: String
    /// How many labelled rows there were to learn from.
    public var trainRows: Int
    /// By how many labelled rows the tuned baselines chose their best step; PET itself chooses nothing by any.
    public var devRows: Int
    /// How many unlabelled rows there were.
    public var unlabelledRows: Int
    /// How many test rows there were.
    public var testRows: Int
    /// The results.
    public var rows: [Row]
    /// How long all of it took.
    public var seconds: Double
    /// What the user should know.
    public var warnings: [String]
    /// Where the classifier was saved.
    public var output: String?
}

/// Runs PET or iPET on a task, with its baselines, and measures all on test rows that nothing was chosen by.
public struct PETRun: Sendable {
    let plan: PETPlan
    let pretrained: PretrainedModel
    let stop: StopSignal
    let observe: @Sendable (PET.Event) -> Void

    /// A run of a plan.
    public init(
        _ plan: PETPlan, _ pretrained: PretrainedModel, stop: StopSignal = StopSignal(),
        observe: @escaping @Sendable (PET.Event) -> Void = { _ in }
    ) {
        self.plan = plan
        self.pretrained = pretrained
        self.stop = stop
        self.observe = observe
    }

    /// Runs the plan. What was finished stays in ``PETPlan/workPlace`` until all is.
    ///
    /// - Throws: `CancellationError` after the user stopped; typed errors of the rooms otherwise.
    public func run() throws -> PETReport {
        let folder = plan.output.map { PromptFolder($0) }
        try folder?.checkWritable(replacing: plan.isReplacing)
        guard let testFile = plan.task.test else { throw ExperimentError.noTestRows(plan.task.name) }
        let start = Date()
        let (split, unlabelled) = try rows()
        let test = try LockedTest(try plan.task.rows(testFile, limit: plan.testLimit))
            .open(for: "pet \(start.timeIntervalSince1970)")
        let (warnings, work) = (WarningLog(), WorkFolder(plan.workPlace))
        var pet = PET(plan.method)
        pet.observe = { [observe] event in
            if case .warning(let text) = event { warnings.add(text) }
            observe(event)
        }
        for warning in unusual(split) { pet.observe(.warning(warning)) }
        var task = plan.task.promptTask(limit: plan.limit)
        task.template = try Self.plain(plan.task.template)
        var outcome = try pet.run(
            train: split.train, unlabelled: unlabelled, test: test.examples, plan.patterns, task,
            to: pretrained, work: work, stop: stop)
        var rows = [row("majority class", [test.examples.map { _ in test.mostFrequentLabel }], test)]
        rows.append(try row("zero-shot, mean of patterns", zeroShot(test), test))
        rows += ensembles(outcome, test)
        let distilled = try answers(outcome.classifier, test)
        rows.append(
            row(plan.method.sampling == nil ? "PET, distilled" : "iPET, distilled", [distilled], test))
        if plan.runsBaselines { rows += try baselines(split, task, test, work) }
        outcome.classifier.manifest.measurements["test \(test.metric.name)"] =
            try Evaluation(distilled, to: test).value
        try folder?.write(outcome.classifier, replacing: plan.isReplacing)
        work.remove()
        return PETReport(
            task: plan.task.name, model: pretrained.name, metric: test.metric.name,
            trainRows: split.train.examples.count,
            devRows: plan.runsBaselines ? split.dev.examples.count : 0, unlabelledRows: unlabelled.count,
            testRows: test.examples.count, rows: rows, seconds: Date().timeIntervalSince(start),
            warnings: warnings.all, output: plan.output?.path)
    }

    /// What a user should know before hours are spent.
    private func unusual(_ split: FewShotSplit) -> [String] {
        var warnings = plan.runsBaselines ? [split.devWarning].compactMap(\.self) : []
        if pretrained.model.traits.isCausal {
            warnings.append(
                "\(pretrained.name) is a causal model: there is no loss on unlabelled rows, and each of "
                    + "\(plan.method.seeds.count * plan.patterns.count) models a generation tunes all its weights"
            )
        }
        return warnings
    }

    /// The labelled rows that are drawn, and the unlabelled ones.
    private func rows() throws -> (FewShotSplit, [Example]) {
        let pool = try plan.task.rows(plan.task.pool)
        guard plan.perLabel > 0 else {
            guard plan.method.sampling != nil else { throw ExperimentError.noTrainRows(plan.task.name) }
            let none = try Dataset(
                name: pool.name, labels: pool.labels, examples: [], metric: pool.metric)
            let split = try FewShotSplit(train: none, dev: none, seed: plan.seed)
            return (split, try unlabelled(beside: split))
        }
        let split = try FewShotSplit(
            pool, perLabel: plan.perLabel, devPerLabel: plan.devPerLabel, seed: plan.seed)
        return (split, try unlabelled(beside: split))
    }

    private func unlabelled(beside split: FewShotSplit) throws -> [Example] {
        try plan.task.unlabelled(plan.unlabelled, beside: split, limit: plan.unlabelledLimit)
    }

    /// The task's fields and an answer slot, nothing else: what a classifier reads.
    static func plain(_ template: Template) throws -> Template {
        let fields = template.fieldNames.map { "{field \"\($0)\"}" }
        return try Template(fields.joined(separator: "{special separator}") + "{answer}")
    }

    // MARK: Rows of the table

    func row(_ name: String, _ answers: [[String]], _ test: Dataset) -> PETReport.Row {
        let all = answers.compactMap { try? Evaluation($0, to: test) }
        let mean = all.map(\.value).reduce(0, +) / Double(max(1, all.count))
        let intervals = all.map(\.interval95)
        func average(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
        return PETReport.Row(
            name: name, value: mean, low: average(intervals.map(\.low)), high: average(intervals.map(\.high)),
            each: all.count > 1 ? all.map(\.value) : nil)
    }

    private func zeroShot(_ test: Dataset) throws -> [[String]] {
        try plan.patterns.enumerated().map { index, pattern in
            try answers(
                Prompt.hard(
                    PromptTask(
                        name: "pattern \(index)", template: pattern.template, verbalizer: pattern.verbalizer,
                        limit: plan.limit), pretrained), test)
        }
    }

    private func ensembles(_ outcome: PET.Outcome, _ test: Dataset) -> [PETReport.Row] {
        // Without train rows the first generation is the untuned model, and PET's rows are zero-shot.
        let (isZeroShot, tuned) = (plan.perLabel == 0, plan.perLabel == 0 ? outcome.members : outcome.first)
        var rows = [row("one pattern, tuned", tuned.map { labels($0.test) }, test)]
        func ensemble(_ name: String, _ members: [EnsembleMember]) {
            // Weights are accuracies on the train rows.
            for weighting in EnsembleWeighting.allCases where !isZeroShot || weighting == .uniform {
                let scores = weighting.average(members) { $0.test }
                rows.append(row("\(name), ensemble, \(weighting.rawValue)", [labels(scores)], test))
            }
        }
        ensemble(isZeroShot ? "zero-shot" : "PET", outcome.first)
        if plan.method.sampling != nil { ensemble("iPET", outcome.members) }
        return rows
    }

    private func labels(_ scores: [[Float]]) -> [String] {
        let names = plan.task.verbalizer.labels
        return scores.map { row in names[row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }] }
    }

    func answers(_ prompt: Prompt, _ test: Dataset) throws -> [String] {
        try Predictor([prompt], pretrained).predict(test.examples, with: prompt.id).map(\.label)
    }
}
