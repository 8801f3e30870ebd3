public import Prompts

extension MethodChoice {
    /// A method with settings as files and command lines write them: the names are those of `cloze train`'s options.
    ///
    /// A setting that is not given keeps the method's default.
    /// - Throws: `PromptError.badSetting(name:value:allowed:)` for an unknown method or setting, and a value that the
    ///   setting cannot have.
    public init(named name: String, _ settings: [String: String]) throws(PromptError) {
        var read = SettingReader(settings)
        switch name {
        case PromptTuning.name: self = .promptTuning(try read.promptTuning())
        case PTuning.name: self = .pTuning(try read.pTuning())
        case PrefixTuning.name: self = .prefixTuning(try read.prefix())
        case DeepPrompt.name: self = .deepPrompt(try read.prefix())
        case LoRA.name: self = .lora(try read.lora())
        case ModelTuning.name: self = .modelTuning(try read.modelTuning())
        case ModelTuning.probeName: self = .modelTuning(try read.probe())
        case ProtoVerb.name: self = .protoVerb(try read.protoVerb())
        default:
            let ways = WayOfPrompting.allCases.filter(\.isTrained).map(\.rawValue) + [ProtoVerb.name]
            throw .badSetting(
                name: "the method", value: name, allowed: "one of " + ways.joined(separator: ", "))
        }
        learning = try read.learning(learning)
        try read.finish(for: name)
    }
}

/// Takes settings out of a table of texts; what is left at the end is unknown.
private struct SettingReader {
    private var rest: [String: String]

    init(_ settings: [String: String]) { rest = settings }

    /// A setting by its name, turned into what it stands for.
    mutating func take<Value>(
        _ name: String, _ allowed: String, _ read: (String) -> Value?
    ) throws(PromptError) -> Value? {
        guard let text = rest.removeValue(forKey: name) else { return nil }
        guard let value = read(text) else {
            throw .badSetting(name: name, value: "'\(text)'", allowed: allowed)
        }
        return value
    }

    /// A whole number; the bounds are far from what is useful and from what would not fit into memory.
    mutating func count(
        _ name: String, from lowest: Int = 1, to highest: Int = 1_000_000_000
    ) throws(PromptError) -> Int? {
        try take(name, "a whole number from \(lowest) to \(highest)") {
            Int($0).flatMap { lowest <= $0 && $0 <= highest ? $0 : nil }
        }
    }

    /// How wide a network or a change may be.
    private static var widest: Int { 16_384 }
    /// How many rows a prompt may have before it is held against the model's context.
    private static var longest: Int { 1_000_000 }

    mutating func number(_ name: String) throws(PromptError) -> Float? {
        try take(name, "a number of at least 0") { Float($0).flatMap { $0 >= 0 && $0.isFinite ? $0 : nil } }
    }

    mutating func choice<Value: CaseIterable & RawRepresentable<String>>(
        _ name: String, _ type: Value.Type, among values: [Value]? = nil
    ) throws(PromptError) -> Value? {
        let known = values ?? Array(Value.allCases)
        return try take(name, "one of " + known.map(\.rawValue).joined(separator: ", ")) { text in
            known.first { $0.rawValue == text }
        }
    }

    /// Throws for a setting that would be ignored.
    private func refuse(_ value: Any?, _ name: String, beside other: String) throws(PromptError) {
        guard let value else { return }
        throw .badSetting(name: name, value: "\(value)", allowed: "left away without \(other)")
    }

    /// Throws for a setting that nobody asked for.
    func finish(for method: String) throws(PromptError) {
        guard let name = rest.keys.sorted().first else { return }
        throw .badSetting(name: "a setting of \(method)", value: "'\(name)'", allowed: "one that it has")
    }

    // MARK: Methods

    mutating func learning(_ start: LearningSettings) throws(PromptError) -> LearningSettings {
        var settings = start
        settings.steps = try count("steps") ?? settings.steps
        settings.batch = try count("batch") ?? settings.batch
        settings.rate =
            try take("rate", SettingKind.rate.description) { RateText($0)?.rate } ?? settings.rate
        settings.patience = try count("patience") ?? settings.patience
        settings.loss = try choice("loss", AnswerLoss.self) ?? settings.loss
        settings.warmup = try count("warmup", from: 0) ?? settings.warmup
        settings.evaluationInterval = try count("evaluation-interval") ?? settings.evaluationInterval
        return settings
    }

    mutating func promptTuning() throws(PromptError) -> PromptTuning.Settings {
        var settings = PromptTuning.Settings()
        settings.rows = try count("soft-rows", to: Self.longest) ?? settings.rows
        settings.placement = try choice("placement", PromptTuning.Placement.self) ?? settings.placement
        let text = try take("init-text", "a text") { $0 }
        let start = try take("init", "one of text, vocabulary, labels, random") { SoftStart(rawValue: $0) }
        settings.initialisation =
            switch start {
            case nil, .text: .text(text ?? SoftInitialisation.defaultText)
            case .vocabulary: .vocabulary
            case .labels: .labels
            case .random: .random
            }
        settings.readout = try readout() ?? settings.readout
        return settings
    }

    mutating func pTuning() throws(PromptError) -> PTuning.Settings {
        var settings = PTuning.Settings()
        settings.rows = try count("soft-rows", to: Self.longest) ?? settings.rows
        settings.placement = try choice("placement", PromptTuning.Placement.self) ?? settings.placement
        let width = try count("encoder-width", to: Self.widest)
        let allowed =
            "one of lama, fewglue, fewglue-mlp, peft-lstm, peft-mlp; rows without a network are prompt-tuning"
        settings.encoder =
            try take("encoder", allowed) { name in
                switch name {
                case "lama": .lama
                case "fewglue": .fewGLUE
                case "fewglue-mlp": .fewGLUEPerceptron
                case "peft-lstm": .peftLSTM(hidden: width ?? 128, layers: 2)
                case "peft-mlp": .peftPerceptron(hidden: width ?? 128)
                default: nil
                }
            } ?? settings.encoder
        switch settings.encoder {
        case .peftLSTM, .peftPerceptron: break
        default:
            try refuse(
                width, "encoder-width",
                beside: "'--encoder peft-lstm' or 'peft-mlp'; the others have a width of their own")
        }
        settings.tuned = try weights() ?? settings.tuned
        let modelRate = try number("model-rate")
        if settings.tuned == nil || settings.tuned == WeightSelection.none {
            try refuse(modelRate, "model-rate", beside: "'--tuned'; a frozen model has no rate")
        }
        settings.modelRate = modelRate ?? settings.modelRate
        settings.readout = try readout() ?? settings.readout
        return settings
    }

    mutating func prefix<Settings: PrefixSettings>() throws(PromptError) -> Settings {
        var settings = Settings()
        settings.rows = try count("soft-rows", to: Self.longest) ?? settings.rows
        settings.initialisation = try prefixStart() ?? settings.initialisation
        settings.reparametrisation = try network()
        settings.layers = try layers()
        settings.dropout = try number("dropout") ?? settings.dropout
        settings.readout = try readout() ?? settings.readout
        return settings
    }

    mutating func lora() throws(PromptError) -> LoRA.Settings {
        var settings = LoRA.Settings()
        settings.rank = try count("rank", to: Self.widest) ?? settings.rank
        settings.alpha = try number("alpha") ?? settings.alpha
        settings.targets =
            try take("targets", "names of maps, such as q_proj,v_proj") {
                $0.split(separator: ",").map(String.init)
            } ?? settings.targets
        settings.readout = try readout() ?? settings.readout
        return settings
    }

    mutating func modelTuning() throws(PromptError) -> ModelTuning.Settings {
        var settings = ModelTuning.Settings()
        settings.tuned = try weights() ?? settings.tuned
        settings.readout = try readout() ?? settings.readout
        return settings
    }

    mutating func probe() throws(PromptError) -> ModelTuning.Settings {
        var settings = ModelTuning.Settings.probe
        settings.readout = try readout() ?? settings.readout
        return settings
    }

    mutating func protoVerb() throws(PromptError) -> ProtoVerb.Settings {
        var settings = ProtoVerb.Settings()
        settings.readout = try readout() ?? settings.readout
        return settings
    }

    // MARK: Parts of methods

    private mutating func readout() throws(PromptError) -> Readout? {
        try choice("readout", Readout.self, among: Readout.ofLabels)
    }

    private enum SoftStart: String { case text, vocabulary, labels, random }
    private enum PrefixStartName: String { case text, written, random }

    private mutating func prefixStart() throws(PromptError) -> PrefixInitialisation? {
        let text = try take("init-text", "a text") { $0 }
        let start = try take("init", "one of text, written, random") { PrefixStartName(rawValue: $0) }
        return switch start {
        case nil: text.map { .words($0) }
        case .text: .words(text ?? SoftInitialisation.defaultText)
        case .written: .written(text ?? SoftInitialisation.defaultText)
        case .random: .random
        }
    }

    private mutating func network() throws(PromptError) -> PrefixEncoder.Settings? {
        let width = try count("encoder-width", to: Self.widest)
        let isAsked = try take("encoder", "none or mlp") { ["none": false, "mlp": true][$0] }
        if isAsked != true { try refuse(width, "encoder-width", beside: "'--encoder mlp'") }
        return isAsked == true ? PrefixEncoder.Settings(hidden: width ?? 512) : nil
    }

    /// `0-3,7` as numbers.
    private mutating func layers() throws(PromptError) -> [Int]? {
        try take("layers", "numbers and ranges, such as 0-3,7") { text -> [Int]? in
            var layers: [Int] = []
            for part in text.split(separator: ",") {
                let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
                guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil,
                    first <= last, last < 10_000
                else { return nil }
                layers += Array(first...last)
            }
            return layers.isEmpty ? nil : layers
        }
    }

    private mutating func weights() throws(PromptError) -> WeightSelection? {
        try take("tuned", "all, none or top:K, such as top:2") { text -> WeightSelection? in
            switch text {
            case "all": return .all
            case "none": return WeightSelection.none
            default:
                guard text.hasPrefix("top:"), let count = Int(text.dropFirst(4)), count > 0 else {
                    return nil
                }
                return .topLayers(count)
            }
        }
    }
}
