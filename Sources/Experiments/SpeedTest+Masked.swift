internal import Datasets
internal import Foundation
internal import Layers
internal import Models
internal import Prompts
internal import Synchronization
internal import Tensors
internal import Training

extension SpeedTest {
    /// Steps of PET on the pool's rows in file order: of each step's rows the first are labelled, and three times as many
    /// behind them are not. All weights are tuned; the first step warms up.
    ///
    /// - Parameters:
    ///   - batch: labelled examples a step.
    ///   - steps: how many are timed.
    ///   - limit: how many positions a prompt may have.
    public func petStep(batch: Int, steps: Int, limit: Int) throws -> Result {
        let question = task.promptTask(limit: limit)
        let setup = try PromptSetup(question, template: question.template, pretrained)
        let settings = PET.Settings()
        let size = batch * (1 + settings.unlabelledARow)
        let prompts = try setup.prompts(task.rows(task.pool, limit: size * (steps + 1)))
        guard let masking = TokenMasking(pretrained.tokenizer) else {
            throw PromptError.unsupportedModel(
                method: "PET's step with unlabelled rows", reason: "\(pretrained.name) has no mask")
        }
        let batches = PETSteps(prompts: prompts, size: size, labelled: batch, masking: masking)
        let goal = PETObjective(setup.scorer, pretrained.model, alpha: settings.alpha)
        let plan = TrainingSettings(
            steps: steps + 1, optimizer: settings.learning.optimizer, rate: ModelTuning.rate,
            gradientNormLimit: settings.learning.gradientNormLimit)
        var state = try TrainingState(training: WeightSelection.all.weights(of: pretrained))
        var seconds: [Double] = []
        _ = try Trainer(goal, plan, mayStartFlat: { _ in true }).run(
            &state, over: pretrained.weights, batches: batches,
            observe: { if case .step(let report) = $0 { seconds.append(report.seconds) } })
        let timed = (1...max(1, steps)).map(batches.batch)
        let rows = timed.reduce(0) { $0 + $1.rowCount } / timed.count
        let guessed = timed.reduce(0) { $0 + $1.hidden.reduce(0) { $0 + $1.places.count } } / timed.count
        return result(
            "PET step", Self.median(Array(seconds.dropFirst())), examples: size, real: rows, computed: rows,
            passes: 3, vocabularyRows: 3 * guessed)
    }

    /// Iterations of AutoPrompt on the pool's first rows: a gradient over one batch, candidates scored on another, with the
    /// search for candidates that are texts. The first iteration warms up.
    ///
    /// - Parameters:
    ///   - triggers: how many tokens are searched.
    ///   - candidates: how many are tried an iteration.
    ///   - batch: examples in a batch.
    ///   - iterations: how many are timed.
    ///   - limit: how many positions a prompt may have.
    public func autoPromptIteration(
        triggers: Int, candidates: Int, batch: Int, iterations: Int, limit: Int
    ) throws -> Result {
        var settings = AutoPrompt.Settings()
        (settings.triggers, settings.candidates, settings.batch) = (triggers, candidates, batch)
        settings.iterations = iterations + 1
        let rows = try task.rows(task.pool, limit: 2 * batch * (iterations + 1))
        let none = try Dataset(name: rows.name, labels: rows.labels, examples: [])
        let stamps = Mutex<[(date: Date, readings: Int)]>([])
        var method = AutoPrompt(settings)
        method.observe = { iteration in stamps.withLock { $0.append((Date(), iteration.readings)) } }
        let question = task.promptTask(limit: limit)
        _ = try method.fit(FewShotSplit(train: rows, dev: none), question, to: pretrained, RunContext())
        let times = stamps.withLock { $0 }
        let seconds = zip(times, times.dropFirst()).map { $1.date.timeIntervalSince($0.date) }
        let setup = try PromptSetup(question, template: try method.template(for: question), pretrained)
        let aPrompt = try setup.prompts(rows).reduce(0) { $0 + $1.prompt.rows.count } / rows.examples.count
        let read = times.dropFirst().reduce(0) { $0 + $1.readings } / max(1, iterations)
        // The gradient's batch goes forward and back; what was read on the other goes forward.
        return result(
            "AutoPrompt iteration", Self.median(seconds), examples: batch + read, real: aPrompt * batch,
            computed: aPrompt * (2 * batch + read), passes: 1, vocabularyRows: 2 * batch)
    }
}

/// Rows in file order, each step's first ones labelled.
private struct PETSteps: BatchSource {
    let prompts: [LabelledPrompt]
    let size: Int
    let labelled: Int
    let masking: TokenMasking

    func batch(_ index: Int) -> PETBatch {
        let rows = (0..<size).map { prompts[(index * size + $0) % prompts.count] }
        var random = CounterRandom(seed: 0, stream: UInt64(index))
        return PETBatch(
            labelled: Array(rows[..<labelled]),
            hidden: rows[labelled...].map { masking.hide($0.prompt, &random) })
    }
}

extension PETBatch {
    /// How many rows go through the layers.
    fileprivate var rowCount: Int {
        labelled.reduce(0) { $0 + $1.prompt.rows.count }
            + hidden.reduce(0) { $0 + ($1.places.isEmpty ? 0 : $1.rows.count) }
    }
}
