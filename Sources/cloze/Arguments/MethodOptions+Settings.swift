import ArgumentParser
import Prompts

// The options of each method as its settings; an option that is not given leaves the method's default.

extension MethodOptions {
    func promptTuning() throws -> PromptTuning.Settings {
        var settings = PromptTuning.Settings()
        settings.rows = softRows ?? settings.rows
        settings.placement = placement ?? settings.placement
        settings.readout = labelReadout ?? settings.readout
        settings.initialisation =
            switch start {
            case nil, .text: .text(initText ?? SoftInitialisation.defaultText)
            case .vocabulary: .vocabulary
            case .labels: .labels
            case .random: .random
            case .written: throw ValidationError("--init written is for keys and values; write --init text")
            }
        return settings
    }

    func prefixTuning() throws -> PrefixTuning.Settings {
        var settings = PrefixTuning.Settings()
        settings.rows = softRows ?? settings.rows
        settings.readout = labelReadout ?? settings.readout
        settings.initialisation = try prefixStart() ?? settings.initialisation
        settings.reparametrisation = try network()
        settings.layers = try parsedLayers()
        settings.dropout = dropout ?? settings.dropout
        return settings
    }

    func deepPrompt() throws -> DeepPrompt.Settings {
        var settings = DeepPrompt.Settings()
        settings.rows = softRows ?? settings.rows
        settings.initialisation = try prefixStart() ?? settings.initialisation
        settings.reparametrisation = try network()
        settings.layers = try parsedLayers()
        settings.dropout = dropout ?? settings.dropout
        settings.readout = labelReadout ?? settings.readout
        return settings
    }

    func pTuning() throws -> PTuning.Settings {
        var settings = PTuning.Settings()
        settings.rows = softRows ?? settings.rows
        settings.placement = placement ?? settings.placement
        settings.readout = labelReadout ?? settings.readout
        let width = encoderWidth ?? 128
        settings.encoder =
            switch encoder {
            case nil: settings.encoder
            case .lama: .lama
            case .fewglue: .fewGLUE
            case .fewglueMLP: .fewGLUEPerceptron
            case .peftLSTM: .peftLSTM(hidden: width, layers: 2)
            case .peftMLP: .peftPerceptron(hidden: width)
            case .none?, .mlp:
                throw ValidationError(
                    "--encoder is one of lama, fewglue, fewglue-mlp, peft-lstm and peft-mlp with p-tuning; "
                        + "rows without a network are prompt-tuning")
            }
        settings.tuned = try parsedTuned()
        settings.modelRate = modelRate ?? settings.modelRate
        return settings
    }

    func loraSettings() -> LoRA.Settings {
        var settings = LoRA.Settings()
        settings.rank = rank ?? settings.rank
        settings.alpha = alpha ?? settings.alpha
        settings.readout = labelReadout ?? settings.readout
        settings.targets = targets?.split(separator: ",").map(String.init) ?? settings.targets
        return settings
    }

    func modelTuning() throws -> ModelTuning.Settings {
        var settings = ModelTuning.Settings()
        settings.tuned = try parsedTuned() ?? settings.tuned
        settings.readout = labelReadout ?? settings.readout
        return settings
    }

    /// What is trained alone, the model frozen: a head, or another readout.
    func probe() -> ModelTuning.Settings {
        var settings = ModelTuning.Settings.probe
        settings.readout = labelReadout ?? settings.readout
        return settings
    }

    func protoVerb() -> ProtoVerb.Settings {
        var settings = ProtoVerb.Settings()
        settings.readout = labelReadout ?? settings.readout
        return settings
    }

    private func prefixStart() throws -> PrefixInitialisation? {
        switch start {
        case nil: initText.map { .words($0) }
        case .text: .words(initText ?? SoftInitialisation.defaultText)
        case .written: .written(initText ?? SoftInitialisation.defaultText)
        case .random: .random
        case .vocabulary, .labels:
            throw ValidationError("--init is text, written or random with --method \(method.rawValue)")
        }
    }

    private func network() throws -> PrefixEncoder.Settings? {
        switch encoder {
        case nil, .none?: nil
        case .mlp: PrefixEncoder.Settings(hidden: encoderWidth ?? 512)
        default: throw ValidationError("--encoder is none or mlp with --method \(method.rawValue)")
        }
    }

    /// `0-3,7` as numbers.
    private func parsedLayers() throws -> [Int]? {
        try layers?.split(separator: ",").flatMap { part in
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
                last < 10_000
            else {
                throw ValidationError(
                    "--layers is '\(layers ?? "")'; write numbers and ranges, such as 0-3,7")
            }
            return Array(first...last)
        }
    }

    private func parsedTuned() throws -> WeightSelection? {
        guard let tuned else { return nil }
        if tuned == "all" { return .all }
        if tuned == "none" { return WeightSelection.none }
        guard tuned.hasPrefix("top:"), let count = Int(tuned.dropFirst(4)), count > 0 else {
            throw ValidationError("--tuned is '\(tuned)'; write all, none or top:K, such as top:2")
        }
        return .topLayers(count)
    }
}
