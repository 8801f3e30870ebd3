public import Datasets
internal import Layers
public import Models
internal import Tensors

/// LoRA (Hu et al. 2022): low-rank changes of the model's linear maps, the maps themselves frozen (and quantised, if
/// the file has them so).
///
/// Not a prompt; it is the reference that today's users compare prompts with. Read by a verbalizer here, with the loss
/// over the labels.
public struct LoRA: PromptMethod {
    /// The name on the command line.
    public static let name = "lora"

    /// What a run is told.
    public struct Settings: MethodSettings {
        /// The rank of the changes.
        public var rank = 8
        /// The changes are multiplied by alpha / rank.
        public var alpha: Float = 16
        /// The maps that are changed, by the last part of their names; nil for those of queries and values, the
        /// paper's choice, as the family calls them.
        public var targets: [String]?
        /// How labels are read.
        public var readout = Readout.verbalizer
        /// How long and how fast.
        public var learning = LearningSettings()

        /// The defaults.
        public init() {}
    }

    /// What the automatic rate is.
    ///
    /// Of 3e-4, 1e-3 and 3e-3 on SmolLM2-135M by the dev rows of sib200_en (8 a label, 30 steps of 8, one seed): 0.70,
    /// 0.79 and 0.79; the lower of the two equals.
    public static let rate: Float = 1e-3

    /// What this run was told.
    public let settings: Settings

    /// The method with its settings.
    public init(_ settings: Settings) { self.settings = settings }

    /// Learns the changes.
    public func fit(
        _ split: FewShotSplit, _ task: PromptTask, to pretrained: PretrainedModel, _ run: RunContext
    ) throws -> Prompt {
        try lesson(task, pretrained).fit(
            Self.name, task, split, settings.learning, readout: settings.readout, over: pretrained, run,
            described: described)
    }

    /// How many numbers a run would train.
    public func trainedCount(for task: PromptTask, _ pretrained: PretrainedModel) throws -> Int {
        try lesson(task, pretrained).start.parameterCount
    }

    /// What is trained: `A` starts as `torch.nn.Linear` does, `B` at zero, so that the first step is the model's own.
    package func lesson(_ task: PromptTask, _ pretrained: PretrainedModel) throws -> Lesson {
        let setup = try PromptSetup(
            task, template: try template(for: task), pretrained, readout: settings.readout)
        var random = CounterRandom(seed: settings.learning.seed, stream: 1)
        let parts = try parts(pretrained, &random)
        return Lesson(setup, parts, pretrained.model, head: setup.readoutStart(&random))
    }

    /// The changes, whatever reads the answer.
    func parts(_ pretrained: PretrainedModel, _ random: inout CounterRandom) throws -> TrainedParts {
        let backend = pretrained.backend
        var (start, constants) = (NamedTensors(), NamedTensors())
        for change in try changes(of: pretrained) {
            start[change.down.name] = .uniform(
                change.down.shape, within: 1 / Float(change.down.shape.width).squareRoot(), &random,
                on: backend)
            start[change.up.name] = Tensor(repeating: 0, shape: change.up.shape, on: backend)
            constants[change.scaling.name] = Tensor(
                repeating: settings.alpha / Float(settings.rank), shape: [1], on: backend)
        }
        var parts = TrainedParts(start: start, automaticRate: (Self.rate, "\(Self.name)'s own"))
        parts.constants = constants
        parts.headRate = ModelTuning.probeRate
        parts.mayStartFlat = { $0.hasSuffix(".lora_A.weight") }
        return parts
    }

    /// What families call the maps of queries and values; GPT-2 has one for both and the keys.
    private static let queriesAndValues = [
        ["q_proj", "v_proj"], ["query", "value"], ["q_lin", "v_lin"], ["c_attn"],
    ]

    /// The changes of the target maps.
    ///
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` for a rank or targets that the model cannot have.
    private func changes(of pretrained: PretrainedModel) throws -> [LowRankChange] {
        func module(_ name: String) -> String? { name.split(separator: ".").dropLast().last.map(String.init) }
        let maps = pretrained.model.parameters.filter { $0.shape.rank == 2 && $0.name.hasSuffix(".weight") }
        let known = Set(maps.compactMap { module($0.name) }).subtracting(["embed_tokens", "wte", "wpe"])
        let targets = settings.targets ?? Self.queriesAndValues.first(where: known.isSuperset) ?? []
        guard !targets.isEmpty, targets.allSatisfy(known.contains) else {
            throw PromptError.badSetting(
                name: "the list of maps that lora changes", value: targets.joined(separator: ","),
                allowed: "some of " + known.sorted().joined(separator: ", "))
        }
        let chosen = maps.filter { module($0.name).map(targets.contains) ?? false }
        let limit = chosen.map { min($0.shape[0], $0.shape.width) }.min() ?? 1
        guard (1...limit).contains(settings.rank) else {
            throw PromptError.badSetting(
                name: "the rank", value: "\(settings.rank)", allowed: "between 1 and \(limit)")
        }
        guard settings.alpha > 0, settings.alpha.isFinite else {
            throw PromptError.badSetting(
                name: "alpha", value: "\(settings.alpha)", allowed: "a number above 0")
        }
        return chosen.map { LowRankChange(of: $0, rank: settings.rank) }
    }

    private func described(rate: Float) -> [String: String] {
        var values = settings.learning.described(rate: rate)
        values["rank"] = "\(settings.rank)"
        values["alpha"] = "\(settings.alpha)"
        values["readout"] = settings.readout.rawValue
        values["targets"] = settings.targets?.joined(separator: ",")
        return values
    }
}
