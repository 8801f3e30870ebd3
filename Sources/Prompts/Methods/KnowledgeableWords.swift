public import Datasets
internal import Layers
public import Models
internal import Tensors

/// Prompts of refined words (KPT, Hu et al. 2022): calibrated without training, or with a learned weight a word.
///
/// The calibration stays as it is while weights are learned; the paper's few-shot runs have none, which a refinement
/// without calibration gives.
public struct KnowledgeableWords: Sendable {
    /// The name in manifests.
    public static let name = "knowledgeable"

    private let refined: WordRefinement.Result

    /// Words that were refined.
    public init(_ refined: WordRefinement.Result) { self.refined = refined }

    private func calibration(on backend: any Backend) -> NamedTensors {
        guard let values = refined.calibration else { return NamedTensors() }
        return NamedTensors([
            WeightedWords.calibrationName: Tensor(values, shape: [values.count], on: backend)
        ])
    }

    private func asked(_ task: PromptTask) throws -> PromptTask {
        try task.requireNoSoftRows(for: Self.name)
        var asked = task
        asked.verbalizer = refined.verbalizer
        return asked
    }

    /// The prompt without training: equal weights.
    public func prompt(_ task: PromptTask, _ pretrained: PretrainedModel, probing: [Example] = []) throws
        -> Prompt
    {
        let count = refined.verbalizer.entries.reduce(0) { $0 + $1.words.count }
        let weights = Tensor(repeating: 0, shape: [count], on: pretrained.backend)
        return try Prompt(
            method: Self.name, asked(task), template: task.template,
            tensors: calibration(on: pretrained.backend).overlaid(
                by: NamedTensors([WeightedWords.parameterName: weights])),
            pretrained, readout: .weightedWords, settings: described, probing: probing)
    }

    /// Learns a weight a word from the train rows, choosing by the dev rows.
    public func fit(
        _ split: FewShotSplit, _ task: PromptTask, to pretrained: PretrainedModel,
        learning: LearningSettings = LearningSettings(), _ run: RunContext = RunContext()
    ) throws -> Prompt {
        try learning.check()
        let (asked, constants) = (try asked(task), calibration(on: pretrained.backend))
        let setup = try PromptSetup(
            asked, template: task.template, pretrained, readout: .weightedWords,
            isCalibrated: !constants.isEmpty)
        var random = CounterRandom(seed: learning.seed, stream: 1)
        var lesson = Lesson(
            setup, setup.objective, start: setup.readoutStart(&random),
            automaticRate: (WeightedWords.rate, "the paper's for weights of words"))
        lesson.mayStartFlat = { $0 == WeightedWords.parameterName }
        lesson.constants = constants
        lesson.firstTrainedLayer = pretrained.model.traits.layers
        let (learned, rate) = try lesson.learn(split, learning, over: pretrained, run)
        return try Prompt(
            method: Self.name, asked, template: task.template, tensors: learned.overlaid(by: constants),
            pretrained, readout: .weightedWords,
            settings: described.merging(learning.described(rate: rate)) { $1 }, probing: split.train.examples)
    }

    private var described: [String: String] {
        Dictionary(
            refined.steps.map { ("words \($0.name)", "\($0.counts)") }, uniquingKeysWith: { $1 }
        ).merging(["calibrated": "\(refined.calibration != nil)"]) { $1 }
    }
}
