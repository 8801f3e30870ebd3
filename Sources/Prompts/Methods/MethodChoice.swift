package import Models

/// One of the methods, with its settings: what a run or an experiment file names.
public enum MethodChoice: Codable, Hashable, Sendable {
    case promptTuning(PromptTuning.Settings)
    case prefixTuning(PrefixTuning.Settings)
    case pTuning(PTuning.Settings)
    case deepPrompt(DeepPrompt.Settings)
    case lora(LoRA.Settings)
    case modelTuning(ModelTuning.Settings)
    case protoVerb(ProtoVerb.Settings)

    /// The method.
    public var method: any PromptMethod {
        switch self {
        case .promptTuning(let settings): PromptTuning(settings)
        case .prefixTuning(let settings): PrefixTuning(settings)
        case .pTuning(let settings): PTuning(settings)
        case .deepPrompt(let settings): DeepPrompt(settings)
        case .lora(let settings): LoRA(settings)
        case .modelTuning(let settings): ModelTuning(settings)
        case .protoVerb(let settings): ProtoVerb(settings)
        }
    }

    /// What a run of it trains.
    package func lesson(_ task: PromptTask, _ pretrained: PretrainedModel) throws -> Lesson {
        switch self {
        case .promptTuning(let settings): try PromptTuning(settings).lesson(task, pretrained)
        case .prefixTuning(let settings): try PrefixTuning(settings).lesson(task, pretrained).0
        case .pTuning(let settings): try PTuning(settings).lesson(task, pretrained).0
        case .deepPrompt(let settings): try DeepPrompt(settings).lesson(task, pretrained).0
        case .lora(let settings): try LoRA(settings).lesson(task, pretrained)
        case .modelTuning(let settings): try ModelTuning(settings).lesson(task, pretrained)
        case .protoVerb:
            throw PromptError.unsupportedModel(
                method: ProtoVerb.name, reason: "it learns from states that were computed before")
        }
    }

    /// The method's name on the command line and in manifests.
    public var name: String {
        if case .modelTuning(let settings) = self, settings.tuned == .none { return ModelTuning.probeName }
        return type(of: method).name
    }

    /// How long and how fast.
    public var learning: LearningSettings {
        get {
            switch self {
            case .promptTuning(let settings): settings.learning
            case .prefixTuning(let settings): settings.learning
            case .pTuning(let settings): settings.learning
            case .deepPrompt(let settings): settings.learning
            case .lora(let settings): settings.learning
            case .modelTuning(let settings): settings.learning
            case .protoVerb(let settings): settings.learning
            }
        }
        set {
            switch self {
            case .promptTuning(let settings): self = .promptTuning(settings.with(newValue))
            case .prefixTuning(let settings): self = .prefixTuning(settings.with(newValue))
            case .pTuning(let settings): self = .pTuning(settings.with(newValue))
            case .deepPrompt(let settings): self = .deepPrompt(settings.with(newValue))
            case .lora(let settings): self = .lora(settings.with(newValue))
            case .modelTuning(let settings): self = .modelTuning(settings.with(newValue))
            case .protoVerb(let settings): self = .protoVerb(settings.with(newValue))
            }
        }
    }
}

extension MethodSettings {
    /// The settings with other learning settings.
    fileprivate func with(_ learning: LearningSettings) -> Self {
        var copy = self
        copy.learning = learning
        return copy
    }
}
