internal import Checkpoints
internal import Datasets
internal import Foundation
public import Models
internal import Prompts
internal import Tensors
internal import Tokenizers
public import Training

/// Teaches a frozen model a task from a few labels, and says honestly what that brought.
///
/// Reference rows always run: the majority class and the same template without training. The test rows are
/// behind a lock and read once, after everything is chosen. The saved prompt is read back and must give the
/// same scores.
public struct Teaching: Sendable {
    private let plan: TeachingPlan
    private let pretrained: PretrainedModel
    private let stop: StopSignal
    private let report: @Sendable (TeachingEvent) -> Void

    /// A run of a plan.
    ///
    /// - Parameters:
    ///   - plan: what is to be done.
    ///   - pretrained: the model, which stays as it is.
    ///   - stop: raised to end after the step at hand; what was learned is kept in a checkpoint beside the
    ///     output.
    ///   - report: told of everything that happens.
    public init(
        _ plan: TeachingPlan, _ pretrained: PretrainedModel, stop: StopSignal = StopSignal(),
        report: @escaping @Sendable (TeachingEvent) -> Void = { _ in }
    ) {
        self.plan = plan
        self.pretrained = pretrained
        self.stop = stop
        self.report = report
    }

    /// What a run would work on: everything is read and checked, nothing is trained.
    public func prepare() throws -> Prepared {
        let folder = PromptFolder(plan.output)
        try folder.checkWritable(replacing: plan.isReplacing)
        var task = plan.task.promptTask(limit: plan.limit)
        _ = try plan.method.method.template(for: task)
        guard let testFile = plan.task.test else { throw ExperimentError.noTestRows(plan.task.name) }
        let split = try self.split()
        let test = try LockedTest(try plan.task.rows(testFile, limit: plan.testLimit))
        task.vectorizer = plan.vectorizer
        task.demonstrationSets = try plan.demonstrationSets.map {
            try DemonstrationSets(
                $0, from: split.train.examples, labels: task.verbalizer.labels,
                plan.vectorizer ?? ModelVectorizer(pretrained))
        }
        if task.choices == nil {
            report(
                .words(
                    try EncodedVerbalizer(
                        task.verbalizer, behind: task.template, pretrained.tokenizer,
                        kind: pretrained.promptKind())))
        }
        report(.data(try dataReport(split, test)))
        return Prepared(
            folder: folder, split: split, test: test, task: task,
            others: try plan.companions.map { try drawn($0) })
    }

    /// The user's own rows, or rows drawn from the pool.
    private func split() throws -> FewShotSplit {
        guard let file = plan.trainFile else {
            return try drawn(plan.task)
        }
        let train = try plan.task.rows(file)
        let dev = try plan.devFile.map { try plan.task.rows($0) }
        return try FewShotSplit(
            train: train, dev: try dev ?? Dataset(name: "no dev rows", labels: train.labels, examples: []),
            seed: plan.seed)
    }

    private func drawn(_ source: TaskSource) throws -> FewShotSplit {
        try FewShotSplit(
            try source.rows(source.pool), perLabel: plan.perLabel, devPerLabel: plan.devPerLabel,
            seed: plan.seed)
    }

    /// Rows and places that were found sound.
    public struct Prepared: Sendable {
        let folder: PromptFolder
        let split: FewShotSplit
        let test: LockedTest
        let task: PromptTask
        let others: [FewShotSplit]
    }

    /// Runs the plan.
    ///
    /// - Throws: `CancellationError` after the user stopped; typed errors of the rooms otherwise.
    public func run() throws -> TeachingReport {
        let prepared = try prepare()
        let log = TeachingLog(forwarding: report)
        let start = Date()
        let checkpoint = self.checkpoint(prepared)
        var prompt = try fit(prepared, log, checkpoint)
        let peakTrainingBytes = CPUBackend.shared.memory.peak
        let seconds = log.earlierSeconds + Date().timeIntervalSince(start)
        let hard = try untaught(prepared.task)
        let test = try prepared.test.open(for: "\(plan.output.path) \(start.timeIntervalSince1970)")
        let zeroShot = try answer(test, hard, "scoring the test rows without training")
        let trained = try answer(test, prompt, "scoring the test rows with the prompt")
        report(.answers(test, trained.predictions))
        let evaluation = try Evaluation(trained.predictions.map(\.label), to: test)
        prompt.manifest.measurements = [
            "test \(test.metric.name)": evaluation.value, "training seconds": seconds,
        ]
        prompt.manifest.measurements["dev score"] = log.devScore
        try prepared.folder.write(prompt, replacing: plan.isReplacing)
        let difference = try reload(prepared.folder, trained.predictions, test)
        checkpoint.remove()
        let rows = [
            try majority(test),
            try row(
                "zero-shot", zeroShot, test, parameters: 0, bytes: hard.manifest.template.source.utf8.count),
            try row(
                plan.method.name, trained, test, parameters: log.trainable,
                bytes: prepared.folder.byteCount,
                training: seconds),
        ]
        let chance = try McNemar(first: right(trained, test), second: right(zeroShot, test)).probability
        return TeachingReport(
            task: plan.task.name, model: pretrained.name, metric: test.metric.name, rows: rows,
            modelParameters: pretrained.weights.parameterCount,
            trainRows: prepared.split.train.examples.count,
            perLabel: prepared.split.perLabel, devRows: prepared.split.dev.examples.count, seed: plan.seed,
            rate: log.rate, devScore: log.devScore,
            losses: log.losses, stepSeconds: log.stepSeconds, peakTrainingBytes: peakTrainingBytes,
            tasksAGigabyte: 1_000_000_000 / max(1, prepared.folder.byteCount),
            peakTensorBytes: CPUBackend.shared.memory.peak, peakProcessBytes: ProcessMemory.peakBytes,
            reloadDifference: difference, shortenedRows: trained.predictions.count { $0.tokensCut > 0 },
            tokensCut: trained.predictions.reduce(0) { $0 + $1.tokensCut }, probabilityOfChance: chance,
            warnings: log.warnings + [prepared.split.devWarning].compactMap(\.self)
                + verdict(rows, chance, trained.predictions), output: plan.output.path)
    }

    private func fit(_ prepared: Prepared, _ log: TeachingLog, _ checkpoint: TrainingCheckpoint) throws
        -> Prompt
    {
        report(.stage("learning", total: plan.method.learning.steps))
        let source = try plan.startingFrom.map { try PromptFolder($0).read(on: pretrained.backend) }
        var context = RunContext(stop: stop, checkpoint: checkpoint, startingFrom: source) { log.add($0) }
        context.companions = try zip(plan.companions, prepared.others).map {
            try Companion($0.promptTask(limit: plan.limit), $1, plan.method, pretrained)
        }
        var prompt = try plan.method.method.fit(prepared.split, prepared.task, to: pretrained, context)
        if !plan.companions.isEmpty {
            prompt.manifest.settings["together with"] = plan.companions.map(\.name).joined(separator: ", ")
        }
        return prompt
    }

    /// The task's template as it stands, without soft rows and demonstrations: the zero-shot reference.
    private func untaught(_ task: PromptTask) throws -> Prompt {
        var plain = try task.withoutSoftSlots()
        plain.demonstrationSets = nil
        return try Prompt.hard(plain, pretrained)
    }

    /// The state of an interrupted run lies beside the output; its identity is everything the result depends
    /// on.
    private func checkpoint(_ prepared: Prepared) -> TrainingCheckpoint {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let settings = (try? encoder.encode(plan.method)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let rows = prepared.split.trainRows + prepared.split.devRows
        let words = prepared.task.verbalizer.entries.map { "\($0.label)=\($0.words)" }
        let identity = [
            pretrained.fingerprint.digest, prepared.task.template.source, "\(words)", settings, "\(rows)",
            "\(plan.limit)", plan.startingFrom?.path ?? "", prepared.task.choices ?? "",
            plan.demonstrationSets.map { "\($0) \(plan.vectorizer?.identity ?? "")" } ?? "",
            fingerprint(prepared.split.train), fingerprint(prepared.split.dev),
        ]
        let others = zip(plan.companions, prepared.others).map { source, split in
            "\(source.template.source) \(source.verbalizer.entries) \(fingerprint(split.train)) "
                + fingerprint(split.dev)
        }
        return TrainingCheckpoint(plan.checkpointPlace, madeOf: identity + others, telling: report)
    }

    private func fingerprint(_ rows: Dataset) -> String { (try? LockedTest(rows))?.record.fingerprint ?? "" }

    private func dataReport(_ split: FewShotSplit, _ test: LockedTest) throws -> DataReport {
        let (tokenizer, template) = (pretrained.tokenizer, plan.task.template)
        let words = Dictionary(
            plan.task.verbalizer.entries.map { ($0.label, $0.words) }, uniquingKeysWith: { first, _ in first }
        )
        return DataReport(
            [(name: "train", dataset: split.train), (name: "dev", dataset: split.dev)], test: test,
            options: DataReport.Options(
                fields: template.fieldNames, template: template.source, words: words,
                tokenCount: { example in
                    template.fieldNames.reduce(0) { $0 + tokenizer.encode(example.fields[$1] ?? "").count }
                }, tokenLimit: plan.limit))
    }

    // MARK: Scoring

    private struct Answers {
        var predictions: [Prediction]
        var milliseconds: Double
    }

    private func answer(_ test: Dataset, _ prompt: Prompt, _ stage: String) throws -> Answers {
        report(.stage(stage, total: test.examples.count))
        let start = Date()
        let predictor = try Predictor([prompt], pretrained, vectorizer: plan.vectorizer)
        let predictions = try predictor.predict(test.examples, with: prompt.id) { done in
            report(.progress(done))
        }
        let milliseconds = Date().timeIntervalSince(start) * 1000 / Double(max(1, test.examples.count))
        return Answers(predictions: predictions, milliseconds: milliseconds)
    }

    private func right(_ answers: Answers, _ test: Dataset) -> [Bool] {
        zip(answers.predictions, test.examples).map { $0.label == $1.label }
    }

    private func row(
        _ name: String, _ answers: Answers, _ test: Dataset, parameters: Int, bytes: Int, training: Double = 0
    ) throws -> TeachingRow {
        let evaluation = try Evaluation(answers.predictions.map(\.label), to: test)
        return TeachingRow(
            name: name, value: evaluation.value, interval: evaluation.interval95, rows: test.examples.count,
            trainedParameters: parameters, bytes: bytes, trainingSeconds: training,
            millisecondsARow: answers.milliseconds)
    }

    /// The test rows' most frequent label for every row: the best that an answer without reading can do.
    private func majority(_ test: Dataset) throws -> TeachingRow {
        let counts = Dictionary(grouping: test.examples.compactMap(\.label), by: { $0 }).mapValues(\.count)
        let best = test.labels.max { (counts[$0] ?? 0) < (counts[$1] ?? 0) } ?? ""
        let evaluation = try Evaluation(test.examples.map { _ in best }, to: test)
        return TeachingRow(
            name: "majority class", value: evaluation.value, interval: evaluation.interval95,
            rows: test.examples.count, trainedParameters: 0, bytes: 0, trainingSeconds: 0, millisecondsARow: 0
        )
    }

    /// How many test rows are scored again with the prompt that was read back.
    private static let rereadRows = 50

    /// Reads the prompt back, scores the test rows with it, and says how far a label's probability moved at
    /// most.
    ///
    /// Other rows stand beside them in a batch than before, which may change the last digits and nothing more.
    private func reload(_ folder: PromptFolder, _ predictions: [Prediction], _ test: Dataset) throws -> Float
    {
        report(.stage("reading the prompt back", total: nil))
        let prompt = try folder.read(on: pretrained.backend)
        try prompt.verify(pretrained, vectorizer: plan.vectorizer)
        let some = Array(test.examples.prefix(Self.rereadRows))
        let again = try Predictor([prompt], pretrained, vectorizer: plan.vectorizer)
            .predict(some, with: prompt.id)
        let worst =
            zip(predictions, again).flatMap { before, after in
                zip(before.probabilities, after.probabilities).map { abs($0 - $1) }
            }.max() ?? 0
        guard worst <= 1e-4 else { throw PromptError.probeFailed(prompt: prompt.id, worst: worst) }
        return worst
    }

    /// What a user must be told of a run that looks finished and has failed.
    private func verdict(_ rows: [TeachingRow], _ chance: Double, _ predictions: [Prediction]) -> [String] {
        var warnings: [String] = []
        if let only = predictions.first?.label, predictions.allSatisfy({ $0.label == only }),
            predictions.count > 1
        {
            warnings.append("every test row is answered '\(only)': the prompt has collapsed to one label")
        }
        if rows[2].value <= rows[1].value {
            warnings.append(
                "training has not beaten zero-shot: use the template as it is, or try more rows, --steps or another --rate"
            )
        } else if chance > 0.05 {
            warnings.append(
                "the gain over zero-shot may be chance (p = \((chance * 1000).rounded() / 1000)); more test rows would tell"
            )
        }
        if rows[2].value <= rows[0].value {
            warnings.append("training has not beaten always answering the most frequent label")
        }
        return warnings
    }
}

extension Evaluation {
    /// The 95 % interval: Wilson's for accuracy, the bootstrap for other metrics.
    var interval95: Interval {
        metric == .accuracy ? .wilson(right: Int((value * Double(units)).rounded()), of: units) : interval()
    }
}
