public import Datasets
internal import Layers
public import Models
internal import Tensors
internal import Training

/// ProtoVerb (Cui et al. 2022): a prototype for each label, learned from the states at the answer of a few rows, the model
/// frozen; alone or together with the label words.
///
/// The states are computed once; a step learns from all of them, and there are as few steps as OpenPrompt has epochs. The
/// dev rows are not looked at.
public struct ProtoVerb: PromptMethod {
    /// The name on the command line.
    public static let name = "protoverb"

    /// What a run is told.
    public struct Settings: MethodSettings {
        /// By the prototypes, or by them together with the label words.
        public var readout = Readout.prototypes
        /// How long and how fast; the batch is all rows.
        public var learning = LearningSettings()

        /// OpenPrompt's: five epochs of Adam.
        public init() {
            learning.steps = 5
            learning.optimizer = .adamW(AdamW.Settings(decay: 0))
        }
    }

    /// What the automatic rate is: OpenPrompt's.
    public static let rate: Float = 1e-3

    /// What this run was told.
    public let settings: Settings

    /// The method with its settings.
    public init(_ settings: Settings) { self.settings = settings }

    /// Learns the map and the prototypes.
    public func fit(
        _ split: FewShotSplit, _ task: PromptTask, to pretrained: PretrainedModel, _ run: RunContext
    ) throws -> Prompt {
        let setup = try setup(task, pretrained)
        let rows = try setup.prompts(split.train)
        guard let readout = setup.scorer as? PrototypeReadout, !rows.isEmpty else {
            throw PromptError.badSetting(name: "the number of train rows", value: "0", allowed: "at least 1")
        }
        var random = CounterRandom(seed: settings.learning.seed, stream: 1)
        let start = setup.readoutStart(&random)
        run.report(.trainable(start.parameterCount))
        let rate = try rate(run)
        var plan = settings.learning.training(rate: rate)
        (plan.schedule, plan.evaluationInterval) = (.constant(), nil)
        let goal = PrototypeObjective(
            readout, states: try states(rows, readout, pretrained), labels: rows.map(\.label))
        let fitting = Fitting(
            trainer: Trainer(goal, plan), frozen: NamedTensors(), backend: pretrained.backend, run: run)
        let learned = try fitting.learn(start, batches: WholeBatch()) { _ in 0 }
        return try Prompt(
            method: Self.name, task, template: task.template, tensors: learned, pretrained,
            readout: settings.readout, settings: described(rate: rate), probing: split.train.examples)
    }

    /// How many numbers a run would train.
    public func trainedCount(for task: PromptTask, _ pretrained: PretrainedModel) throws -> Int {
        var random = CounterRandom(seed: settings.learning.seed, stream: 1)
        return try setup(task, pretrained).readoutStart(&random).parameterCount
    }

    private func setup(_ task: PromptTask, _ pretrained: PretrainedModel) throws -> PromptSetup {
        guard settings.readout == .prototypes || settings.readout == .prototypesAndWords else {
            throw PromptError.badSetting(
                name: "the readout of protoverb", value: settings.readout.rawValue,
                allowed: "prototypes or prototypes-and-words")
        }
        return try PromptSetup(
            task, template: template(for: task), pretrained, readout: settings.readout)
    }

    private func rate(_ run: RunContext) throws -> Float {
        switch settings.learning.rate {
        case .fixed(let rate):
            run.report(.rate(rate, reason: "given"))
            return rate
        case .automatic:
            run.report(.rate(Self.rate, reason: "\(Self.name)'s own"))
            return Self.rate
        case .automaticTimes(let factor):
            run.report(.rate(Self.rate * factor, reason: "\(factor) times \(Self.name)'s own"))
            return Self.rate * factor
        case .rangeTest:
            throw PromptError.badSetting(
                name: "the learning rate of protoverb", value: "range-test", allowed: "automatic or a number")
        }
    }

    /// The final hidden states at the answer, `[rows, D]`.
    private func states(
        _ rows: [LabelledPrompt], _ readout: PrototypeReadout, _ pretrained: PretrainedModel
    ) throws -> Tensor {
        let (pass, model) = (Pass.inference(pretrained.weights), pretrained.model)
        return Tensor.joinRows(
            try stride(from: 0, to: rows.count, by: 32).map { start in
                try Task.checkCancellation()
                let packed = PackedPrompts(
                    rows[start..<min(start + 32, rows.count)].map { readout.request($0.prompt, owner: 0) },
                    sharesPrefix: model.traits.isCausal)
                return model.hidden(packed.input(model, soft: nil, pass), pass)
            })
    }

    private func described(rate: Float) -> [String: String] {
        var values = settings.learning.described(rate: rate)
        values["readout"] = settings.readout.rawValue
        values["batch"] = "all rows"
        return values
    }
}
