internal import Checkpoints
internal import Datasets
internal import Layers
internal import Models
internal import Tensors
internal import Training

extension PETEnsemble {
    /// What the models of the next generation learn beside the train rows: labelled by some of the others.
    func newRows(_ generation: Int, _ sampling: GenerationSampling, _ members: [EnsembleMember])
        -> [[Example]]
    {
        let trainCounts = labels.map { label in train.examples.count { $0.label == label } }
        let counts = sampling.newRows(of: generation, trainCounts: trainCounts)
        // Models that have learned nothing yet are asked what they are surest of.
        let isGuess = train.examples.isEmpty && generation == 1
        return members.indices.map { index in
            var random = CounterRandom(seed: members[index].seed, stream: UInt64(1000 * generation + index))
            let annotators = sampling.annotators(of: index, count: members.count, &random)
            // A model that is alone has nobody else to ask.
            let asked = annotators.isEmpty ? [members[index]] : annotators.map { members[$0] }
            let scores = settings.weighting.average(asked) { $0.unlabelled }
            let (rows, missing) = sampling.sample(
                scores, counts, mostProbable: isGuess ? max(1, sampling.mostProbable) : nil, &random)
            for label in missing { observe(.warning(warning(generation, labels[label]))) }
            return rows.map { row, label in
                var example = unlabelled[row]
                example.label = labels[label]
                return example
            }
        }
    }

    private func warning(_ generation: Int, _ label: String) -> String {
        "generation \(generation): no unlabelled row was predicted as '\(label)', so a model learns it from the train "
            + "rows only" + (train.examples.isEmpty ? ", of which there are none" : "")
    }

    /// A classifier that is taught the averaged scores of the unlabelled rows.
    func classifier(_ scores: [[Float]]) throws -> Prompt {
        var asked = task
        asked.verbalizer = try Verbalizer(
            labels.map { Verbalizer.Entry(label: $0, words: task.verbalizer.words(for: $0) ?? [$0]) })
        let setup = try PromptSetup(asked, template: task.template, pretrained, readout: .classifier)
        return try Prompt(
            method: ModelTuning.name, asked, template: task.template, tensors: learned(setup, scores),
            pretrained, readout: .classifier,
            settings: ["distilled by": PET.name, "temperature": "\(settings.temperature)"],
            probing: train.examples.isEmpty ? Array(unlabelled.prefix(8)) : train.examples)
    }

    /// The classifier's weights, taught now or kept from before.
    private func learned(_ setup: PromptSetup, _ scores: [[Float]]) throws -> NamedTensors {
        let digest = try WorkFolder.digest(
            pretrained.fingerprint.digest, rowsDigest, labels, scores, settings.distillation,
            settings.temperature, settings.headRate, task.template, task.limit, task.shortening)
        if let kept = try work.tensors("classifier", madeOf: digest, on: pretrained.backend) { return kept }
        observe(.distilling)
        let learned = try taught(setup, scores)
        keeping { try work.keep(learned, as: "classifier", madeOf: digest) }
        return learned
    }

    private func taught(_ setup: PromptSetup, _ scores: [[Float]]) throws -> NamedTensors {
        let rows = try zip(unlabelled, scores).map { example, own in
            SoftLabel(prompt: try setup.encoder.encode(example), scores: own)
        }
        let learning = settings.distillation
        try learning.check()
        var random = CounterRandom(seed: learning.seed, stream: 1)
        let head = setup.readoutStart(&random)
        let rate = rate(learning, ModelTuning.rate)
        let group = ParameterGroup(
            names: Set(head.names), rateShare: settings.headRate / rate,
            optimizer: .adamW(AdamW.Settings(decay: 0)))
        return try train(
            DistillationObjective(setup.objective, temperature: settings.temperature),
            learning.training(rate: rate, groups: [group]), from: head,
            ShuffledBatches(rows, size: min(learning.batch, rows.count), seed: learning.seed))
    }
}
