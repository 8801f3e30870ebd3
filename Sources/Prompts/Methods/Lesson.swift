internal import Datasets
internal import Layers
internal import Models
package import Tensors
internal import Training

/// What a method trains, ready for the loop that all methods share.
package struct Lesson: Sendable {
    /// Words, encoder and scorer.
    package var setup: PromptSetup
    /// The loss of a batch.
    package var objective: AnswerObjective
    /// What is trained, as it starts.
    package var start: NamedTensors
    /// What the pass reads beside the model and what is trained, such as LoRA's scalings.
    package var constants = NamedTensors()
    /// The rate that ``LearningRate/automatic`` is here, and how it came about.
    package var automaticRate: (rate: Float, reason: String)
    /// Weights that move at a rate of their own, by AdamW.
    var apart: Apart?
    /// Whether nothing that is trained changes what the model makes of the rows in front of the first trained one, so
    /// that they can be read once for all epochs.
    package var readsInputsOnce = false
    /// The first layer that is trained or reads anything trained, the number of layers where only a head does: those below
    /// are walked once for all epochs.
    package var firstTrainedLayer = 0
    /// What is stored of what was trained.
    var folded: @Sendable (NamedTensors) -> NamedTensors = { $0 }
    /// Which weights may have no gradient at the first step.
    package var mayStartFlat: @Sendable (String) -> Bool = { _ in false }

    /// Weights with a rate and a decay of their own.
    struct Apart: Sendable {
        var names: Set<String>
        var rate: Float
        var decay: Float
    }

    package init(
        _ setup: PromptSetup, _ objective: AnswerObjective, start: NamedTensors,
        automaticRate: (rate: Float, reason: String)
    ) {
        self.setup = setup
        self.objective = objective
        self.start = start
        self.automaticRate = automaticRate
    }

    /// Trains, and makes a prompt of what is stored of what was learned.
    ///
    /// - Parameters:
    ///   - method: its name in the manifest.
    ///   - readout: how the prompt's answers are read.
    ///   - described: what the manifest says of a run at a rate.
    func fit(
        _ method: String, _ task: PromptTask, _ split: FewShotSplit, _ learning: LearningSettings,
        readout: Readout, over pretrained: PretrainedModel, _ run: RunContext,
        described: (_ rate: Float) -> [String: String]
    ) throws -> Prompt {
        let (learned, rate) = try learn(split, learning, over: pretrained, run)
        return try Prompt(
            method: method, task, template: setup.encoder.template,
            tensors: folded(learned).overlaid(by: constants), pretrained, readout: readout,
            settings: described(rate), probing: split.train.examples)
    }

    /// Trains on the train rows; what was best on the dev rows is kept, the first of equals.
    ///
    /// ``RunContext/checkpoint`` lets a stopped run go on to the very same bytes.
    /// - Returns: what was learned, and the rate.
    func learn(
        _ split: FewShotSplit, _ learning: LearningSettings, over pretrained: PretrainedModel,
        _ run: RunContext
    ) throws -> (learned: NamedTensors, rate: Float) {
        try checkShared(with: run.companions)
        let others = run.companions.map { ($0.lesson.teaching(learning), $0.split) }
        return try teaching(learning).walk(split, others, learning, over: pretrained, run)
    }

    /// With the loss that a run asks for.
    private func teaching(_ learning: LearningSettings) -> Lesson {
        var lesson = self
        lesson.objective.answerLoss = learning.loss ?? objective.answerLoss
        // Where every margin is kept from the start there is nothing to learn, and no gradient.
        if lesson.objective.answerLoss == .margin { lesson.mayStartFlat = { _ in true } }
        return lesson
    }

    /// - Parameter others: tasks that share what is trained, each with its rows.
    private func walk(
        _ split: FewShotSplit, _ others: [(lesson: Lesson, split: FewShotSplit)],
        _ learning: LearningSettings, over pretrained: PretrainedModel, _ run: RunContext
    ) throws -> (learned: NamedTensors, rate: Float) {
        let frozen = pretrained.weights.overlaid(by: constants)
        let tasks = [(lesson: self, split: split)] + others
        let objective = SharedObjective(tasks: tasks.map(\.lesson.objective))
        let batches = TurnBatches(
            tasks: try tasks.map { try $0.lesson.batches($0.split.train, learning, over: frozen) })
        let dev = try tasks.map { try $0.lesson.devRows($0.split.dev, learning, over: frozen) }
        let learner = Learner(
            objective: objective, learning: learning, pretrained: pretrained, constants: constants,
            automaticRate: automaticRate, apart: apart, mayStartFlat: mayStartFlat,
            labels: setup.words.labels)
        var watch = CollapseWatch(labels: setup.words.labels)
        func score(_ weights: NamedTensors) throws -> Double {
            let answers = try zip(dev, objective.tasks).map { try $0.score($1, weights) }
            if let warning = watch.warning(answers[0].predicted) { run.report(.warning(warning)) }
            return answers.map(\.score).reduce(0, +) / Double(answers.count)
        }
        // Without dev rows there is nothing to choose by.
        return try learner.learn(
            start, batches: batches, run, evaluate: split.dev.examples.isEmpty ? nil : score)
    }

    private func batches(
        _ train: Dataset, _ learning: LearningSettings, over frozen: NamedTensors
    ) throws -> LessonBatches {
        try LessonBatches(setup, train, learning) { try reading($0, learning, over: frozen) }
    }

    private func devRows(
        _ dev: Dataset, _ learning: LearningSettings, over frozen: NamedTensors
    ) throws -> DevRows {
        try DevRows(setup, dev) { try reading($0, learning, over: frozen) }
    }

    private func reading(
        _ prompts: [LabelledPrompt], _ learning: LearningSettings, over frozen: NamedTensors
    ) throws -> [LabelledPrompt] {
        learning.readsInputsOnce ? try readOnce(prompts, over: frozen) : prompts
    }

    /// The prompts with what nothing trained reaches read once: lower layers, or the rows in front of the first trained one.
    private func readOnce(_ prompts: [LabelledPrompt], over frozen: NamedTensors) throws -> [LabelledPrompt] {
        if firstTrainedLayer > 0 {
            return try LowerLayers(below: firstTrainedLayer, objective, frozen.overlaid(by: start))
                .reading(prompts)
        }
        return readsInputsOnce ? try InputCache(objective.model, frozen).reading(prompts) : prompts
    }
}
