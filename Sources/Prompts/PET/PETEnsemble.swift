internal import Datasets
internal import Layers
internal import Models
internal import Tensors
internal import Training

/// The models of a PET run: one a pattern and seed, trained one after the other.
struct PETEnsemble {
    let settings: PET.Settings
    let train: Dataset
    let unlabelled: [Example]
    let test: [Example]
    let patterns: [PatternVerbalizer]
    let task: PromptTask
    let pretrained: PretrainedModel
    let stop: StopSignal
    let observe: @Sendable (PET.Event) -> Void

    /// How many models a generation has.
    var count: Int { patterns.count * settings.seeds.count }

    /// The labels in the train rows' order, which all scores follow.
    private var labels: [String] { train.labels }

    /// Trains all models of a generation, each on the train rows and on its own new ones.
    func generation(_ generation: Int, learning new: [[Example]]) throws -> [EnsembleMember] {
        var members: [EnsembleMember] = []
        for (index, pattern) in patterns.enumerated() {
            for seed in settings.seeds {
                observe(
                    .member(
                        number: members.count + 1, of: count, generation: generation, pattern: index,
                        seed: seed))
                members.append(try member(pattern, index, seed, generation, new[members.count]))
            }
        }
        return members
    }

    /// What the models of the next generation learn beside the train rows: labelled by some of the others.
    func newRows(_ generation: Int, _ sampling: GenerationSampling, _ members: [EnsembleMember])
        -> [[Example]]
    {
        let trainCounts = labels.map { label in train.examples.count { $0.label == label } }
        let counts = sampling.newRows(of: generation, trainCounts: trainCounts)
        return members.indices.map { index in
            var random = CounterRandom(seed: members[index].seed, stream: UInt64(1000 * generation + index))
            let annotators = sampling.annotators(of: index, count: members.count, &random)
            // A model that is alone has nobody else to ask.
            let asked = annotators.isEmpty ? [members[index]] : annotators.map { members[$0] }
            let scores = settings.weighting.average(asked) { $0.unlabelled }
            let (rows, missing) = sampling.sample(scores, counts, &random)
            for label in missing {
                observe(
                    .warning(
                        "generation \(generation): no unlabelled row was predicted as '\(labels[label])', so a model "
                            + "learns it from the train rows only"))
            }
            return rows.map { row, label in
                var example = unlabelled[row]
                example.label = labels[label]
                return example
            }
        }
    }

    // MARK: One model

    private func member(
        _ pattern: PatternVerbalizer, _ index: Int, _ seed: UInt64, _ generation: Int, _ new: [Example]
    ) throws -> EnsembleMember {
        var asked = task
        // The order of the labels is the train rows' for every pattern.
        asked.verbalizer = try Verbalizer(
            labels.map { Verbalizer.Entry(label: $0, words: pattern.verbalizer.words(for: $0) ?? []) })
        asked.template = pattern.template
        let setup = try PromptSetup(asked, template: pattern.template, pretrained)
        let own = try setup.prompts(train)
        let rows = own + (try setup.prompts(Dataset(name: train.name, labels: labels, examples: new)))
        let before = try accuracy(own, setup.objective, pretrained.weights)
        let texts = try unlabelled.map { try setup.encoder.encode($0) }
        let learned = try tune(setup, rows, texts, seed: seed &+ 7919 &* UInt64(generation))
        let weights = pretrained.weights.overlaid(by: learned)
        return EnsembleMember(
            pattern: index, seed: seed, accuracyBefore: before,
            unlabelled: try scores(texts, setup.objective, weights),
            test: try scores(try test.map { try setup.encoder.encode($0) }, setup.objective, weights))
    }

    private func tune(_ setup: PromptSetup, _ rows: [LabelledPrompt], _ texts: [EncodedPrompt], seed: UInt64)
        throws
        -> NamedTensors
    {
        var learning = settings.learning
        learning.seed = seed
        try learning.check()
        let size = min(learning.batch, rows.count)
        let usesTexts = settings.alpha > 0 && !pretrained.model.traits.isCausal
        let batches = PETBatches(
            labelled: ShuffledBatches(rows, size: size, seed: seed),
            unlabelled: usesTexts
                ? ShuffledBatches(
                    texts, size: min(texts.count, max(1, size * settings.unlabelledARow)), seed: seed &+ 1)
                : nil,
            masking: usesTexts ? TokenMasking(pretrained.tokenizer) : nil, seed: seed)
        let goal = PETObjective(
            setup.scorer, pretrained.model, alpha: usesTexts ? settings.alpha : 0)
        return try train(
            goal, learning.training(rate: rate(learning, ModelTuning.rate)), from: NamedTensors(), batches)
    }

    /// Trains all of the model's weights, and those of a head where there is one.
    private func train<Goal: Objective, Batches: BatchSource>(
        _ goal: Goal, _ plan: TrainingSettings, from head: NamedTensors, _ batches: Batches
    ) throws -> NamedTensors where Batches.Batch == Goal.Batch {
        let start = try WeightSelection.all
            .weights(of: pretrained, readout: head.isEmpty ? .verbalizer : .classifier).overlaid(by: head)
        var state = try TrainingState(training: start)
        let end = try Trainer(goal, plan, mayStartFlat: { _ in true }).run(
            &state, over: pretrained.weights, batches: batches, stop: stop,
            observe: { if case .step(let report) = $0 { observe(.step(report, of: plan.steps)) } })
        if end == .stopped { throw CancellationError() }
        return state.weights
    }

    private func rate(_ learning: LearningSettings, _ automatic: Float) -> Float {
        if case .fixed(let rate) = learning.rate { rate } else { automatic }
    }

    /// The scores of the labels for each prompt; a constant a row is left out, which averages do not miss.
    private func scores(_ prompts: [EncodedPrompt], _ objective: AnswerObjective, _ weights: NamedTensors)
        throws
        -> [[Float]]
    {
        let order = prompts.indices.sorted { prompts[$0].rows.count < prompts[$1].rows.count }
        var scores = [[Float]](repeating: [], count: prompts.count)
        for start in stride(from: 0, to: order.count, by: 48) {
            if stop.isRaised { throw CancellationError() }
            let part = Array(order[start..<min(start + 48, order.count)])
            let table = try objective.logProbabilities(part.map { prompts[$0] }, .inference(weights))
            let (values, width) = (table.floats, table.shape.width)
            for (row, index) in part.enumerated() {
                scores[index] = Array(values[row * width..<(row + 1) * width])
            }
        }
        return scores
    }

    private func accuracy(_ rows: [LabelledPrompt], _ objective: AnswerObjective, _ weights: NamedTensors)
        throws
        -> Double
    {
        let scores = try scores(rows.map(\.prompt), objective, weights)
        let right = zip(rows, scores).count { row, own in
            own.indices.reduce(0) { own[$1] > own[$0] ? $1 : $0 } == Int(row.label)
        }
        return Double(right) / Double(max(1, rows.count))
    }

    // MARK: The classifier

    /// A classifier that is taught the averaged scores of the unlabelled rows.
    func classifier(_ scores: [[Float]]) throws -> Prompt {
        var asked = task
        asked.verbalizer = try Verbalizer(
            labels.map { Verbalizer.Entry(label: $0, words: task.verbalizer.words(for: $0) ?? [$0]) })
        let setup = try PromptSetup(asked, template: task.template, pretrained, readout: .classifier)
        let rows = try zip(unlabelled, scores).map { example, own in
            SoftLabel(prompt: try setup.encoder.encode(example), scores: own)
        }
        let learning = settings.distillation
        try learning.check()
        var random = CounterRandom(seed: learning.seed, stream: 1)
        let head =
            (setup.scorer as? ClassificationHead)?.start(&random, on: pretrained.backend) ?? NamedTensors()
        let rate = rate(learning, ModelTuning.rate)
        let group = ParameterGroup(
            names: Set(head.names), rateShare: settings.headRate / rate,
            optimizer: .adamW(AdamW.Settings(decay: 0)))
        let learned = try train(
            DistillationObjective(setup.objective, temperature: settings.temperature),
            learning.training(rate: rate, groups: [group]), from: head,
            ShuffledBatches(rows, size: min(learning.batch, rows.count), seed: learning.seed))
        return try Prompt(
            method: ModelTuning.name, asked, template: task.template, tensors: learned, pretrained,
            readout: .classifier,
            settings: ["distilled by": PET.name, "temperature": "\(settings.temperature)"],
            probing: train.examples)
    }
}
