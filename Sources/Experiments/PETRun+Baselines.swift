internal import Checkpoints
internal import Datasets
internal import Models
internal import Prompts

extension PETRun {
    /// What PET is compared with: the model tuned with a head, a head alone, other label words, no pattern.
    func baselines(_ split: FewShotSplit, _ task: PromptTask, _ test: Dataset, _ work: WorkFolder) throws
        -> [PETReport.Row]
    {
        var head = ModelTuning.Settings()
        head.readout = .classifier
        head.learning = plan.method.learning
        var words = ModelTuning.Settings()
        words.learning = plan.method.learning
        var random = task
        random.template = plan.patterns[0].template
        random.verbalizer = try randomWords(task, random.template)
        var null = task
        (null.template, null.verbalizer) = (try Self.null(task.template), plan.patterns[0].verbalizer)
        let all: [(name: String, settings: ModelTuning.Settings, task: PromptTask)] = [
            ("fine-tuned head", head, task), ("linear probe", .probe, task),
            ("random label words, tuned", words, random), ("no pattern, tuned", words, null),
        ]
        return try all.enumerated().map { place, baseline in
            let kept = try finished(
                "baseline-\(place)", baseline.settings, baseline.task, split, test, work)
            return row(baseline.name, [kept], test)
        }
    }

    /// The answers of a baseline, tuned now or kept from before.
    private func finished(
        _ name: String, _ settings: ModelTuning.Settings, _ task: PromptTask, _ split: FewShotSplit,
        _ test: Dataset, _ work: WorkFolder
    ) throws -> [String] {
        let digest = try WorkFolder.digest(
            pretrained.fingerprint.digest, split.train.examples, split.dev.examples, test.examples, settings,
            task.template, task.verbalizer, task.limit)
        if let kept: [String] = try work.record(name, madeOf: digest) { return kept }
        let context = RunContext(stop: stop) { [observe] event in
            if case .step(let report, let total) = event { observe(.step(report, of: total)) }
        }
        let prompt = try ModelTuning(settings).fit(split, task, to: pretrained, context)
        let answers = try answers(prompt, test)
        try? work.keep(answers, as: name, madeOf: digest)
        return answers
    }

    /// The text and the mask behind it: a prompt without words (Logan et al. 2022).
    private static func null(_ template: Template) throws -> Template {
        let fields = template.fieldNames.map { "{field \"\($0)\"}" }
        return try Template(fields.joined(separator: " ") + " {answer}")
    }

    /// A word of the vocabulary for each label, drawn at random.
    private func randomWords(_ task: PromptTask, _ template: Template) throws -> Verbalizer {
        let candidates = try RandomWords(pretrained, template)
        return try Verbalizer(
            labels: plan.task.verbalizer.labels,
            words: candidates.draw(plan.task.verbalizer.labels.count, seed: plan.seed))
    }
}
