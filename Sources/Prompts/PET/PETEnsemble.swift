internal import Checkpoints
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
    /// Keeps what is finished.
    let work: WorkFolder
    /// Of all rows, which every piece of work is made of.
    let rowsDigest: String
    let stop: StopSignal
    let observe: @Sendable (PET.Event) -> Void

    /// How many models a generation has.
    var count: Int { patterns.count * settings.seeds.count }

    /// The labels in the train rows' order, which all scores follow.
    var labels: [String] { train.labels }

    /// Trains all models of a generation, each on the train rows and on its own new ones.
    func generation(_ generation: Int, learning new: [[Example]]) throws -> [EnsembleMember] {
        var members: [EnsembleMember] = []
        for (index, pattern) in patterns.enumerated() {
            for seed in settings.seeds {
                let place = PETPlace(generation: generation, pattern: index, seed: seed)
                members.append(
                    try members.last.flatMap { twin($0, place, new[members.count]) }
                        ?? finished(pattern, place, new[members.count], number: members.count + 1))
            }
        }
        return members
    }

    /// Models that learn nothing differ by their patterns only.
    private func twin(_ last: EnsembleMember, _ place: PETPlace, _ new: [Example]) -> EnsembleMember? {
        guard train.examples.isEmpty, new.isEmpty, settings.priming == 0, last.pattern == place.pattern else {
            return nil
        }
        var twin = last
        twin.seed = place.seed
        return twin
    }

    /// What a model of a pattern said, trained now or kept from before.
    private func finished(_ pattern: PatternVerbalizer, _ place: PETPlace, _ new: [Example], number: Int)
        throws -> EnsembleMember
    {
        let digest = try WorkFolder.digest(
            pretrained.fingerprint.digest, rowsDigest, pattern, labels, place, new, settings.learning,
            settings.alpha, settings.unlabelledARow, settings.priming, task.limit, task.shortening)
        let name = "model-\(place.generation)-\(place.pattern)-\(place.seed)"
        if let kept: EnsembleMember = try work.record(name, madeOf: digest) {
            observe(.kept(number: number, of: count, generation: place.generation))
            return kept
        }
        observe(
            .member(
                number: number, of: count, generation: place.generation, pattern: place.pattern,
                seed: place.seed))
        let member = try member(pattern, place, new)
        keeping { try work.keep(member, as: name, madeOf: digest) }
        return member
    }

    /// A piece that cannot be kept is no reason to lose the run.
    func keeping(_ save: () throws -> Void) {
        do { try save() } catch {
            observe(
                .warning("what is finished could not be kept, so a stopped run would do it again: \(error)"))
        }
    }

    // MARK: One model

    private func member(_ pattern: PatternVerbalizer, _ place: PETPlace, _ new: [Example]) throws
        -> EnsembleMember
    {
        var asked = task
        // The order of the labels is the train rows' for every pattern.
        asked.verbalizer = try Verbalizer(
            labels.map { Verbalizer.Entry(label: $0, words: pattern.verbalizer.words(for: $0) ?? []) })
        asked.template = try template(pattern, seed: place.seed)
        let setup = try PromptSetup(asked, template: asked.template, pretrained)
        let own = try setup.prompts(train)
        let rows = own + (try setup.prompts(Dataset(name: train.name, labels: labels, examples: new)))
        let before = try accuracy(own, setup.objective, pretrained.weights)
        let texts = try unlabelled.map { try setup.encoder.encode($0) }
        let learned =
            rows.isEmpty
            ? NamedTensors()
            : try tune(setup, rows, texts, seed: place.seed &+ 7919 &* UInt64(place.generation))
        let weights = pretrained.weights.overlaid(by: learned)
        return EnsembleMember(
            pattern: place.pattern, seed: place.seed, accuracyBefore: before,
            unlabelled: try scores(texts, setup.objective, weights),
            test: try scores(try test.map { try setup.encoder.encode($0) }, setup.objective, weights))
    }

    private func template(_ pattern: PatternVerbalizer, seed: UInt64) throws -> Template {
        guard settings.priming > 0 else { return pattern.template }
        let limit = min(task.limit, pretrained.model.traits.contextLength)
        let (template, count) = try Priming(pattern.template, pretrained, limit: limit)
            .primed(with: unlabelled, count: settings.priming, seed: seed)
        if count < min(settings.priming, unlabelled.count) {
            observe(
                .warning(
                    "'\(pattern.template.source)' is primed with \(count) texts and not \(settings.priming): more would "
                        + "take over half of the \(limit) positions"))
        }
        return template
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
            setup.scorer, pretrained.model, alpha: usesTexts ? settings.alpha : 0, answerLoss: learning.loss)
        return try train(
            goal, learning.training(rate: rate(learning, ModelTuning.rate)), from: NamedTensors(), batches)
    }

    /// Trains all of the model's weights, and those of a head where there is one.
    func train<Goal: Objective, Batches: BatchSource>(
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

    func rate(_ learning: LearningSettings, _ automatic: Float) -> Float {
        if case .fixed(let rate) = learning.rate { rate } else { automatic }
    }

    // MARK: Asking

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
            let table = try objective.answers(
                part.map { LabelledPrompt(prompt: prompts[$0], label: 0) }, weights)
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
}

/// Which model of a run.
struct PETPlace: Hashable, Encodable {
    var generation: Int
    var pattern: Int
    var seed: UInt64
}
