package import Checkpoints
package import Layers
import Tensors

/// Rotary positions of a `config.json`: `rope_parameters` as transformers 5 writes them, or the older
/// `rope_theta` with `rope_scaling`.
extension Configuration {
    /// An absent kind is `default`, an absent original length the context length: as transformers has them.
    ///
    /// - Parameters:
    ///   - place: where the settings are, for models with several; nil for the usual places.
    ///   - baseKey: where the base is if it is not among them, `base` what an absent one is.
    package func rotaryPositions(
        headWidth: Int, contextLength: Int, place: String? = nil, baseKey: String = "rope_theta",
        base: Double = 10_000
    ) throws -> RotaryPositions {
        guard headWidth % 2 == 0 else {
            throw inconsistent("heads of odd width \(headWidth) have no rotary positions")
        }
        let place = place ?? (self["rope_parameters"] != nil ? "rope_parameters" : "rope_scaling")
        for path in ["partial_rotary_factor", place + ".partial_rotary_factor"] {
            try refuse(path, unless: [.integer(1), .number(1)], supported: "1")
        }
        let key = self[place + ".rope_theta"] != nil ? place + ".rope_theta" : baseKey
        return RotaryPositions(
            headWidth: headWidth, base: try positive(key, default: base),
            scaling: try rotaryScaling(place, contextLength: contextLength))
    }

    private func rotaryScaling(_ place: String, contextLength: Int) throws -> RotaryPositions.Scaling {
        guard let members = self[place]?.members else {
            try refuse(place, supported: "an object with rope_type")
            return .none
        }
        let key = place + (members["rope_type"] != nil ? ".rope_type" : ".type")
        let kind = try optionalString(key) ?? "default"
        switch kind {
        case "default":
            return .none
        case "linear":
            return .linear(factor: try positive(place + ".factor"))
        case "llama3":
            return try llama3(place, contextLength)
        case "yarn":
            return .yarn(try yarn(place, contextLength))
        default:
            throw unsupported(key, kind, supported: "default, linear, llama3, yarn")
        }
    }

    private func llama3(_ place: String, _ contextLength: Int) throws -> RotaryPositions.Scaling {
        let low = try positive(place + ".low_freq_factor")
        let high = try positive(place + ".high_freq_factor")
        guard low < high else { throw inconsistent("\(place).low_freq_factor \(low) is not below \(high)") }
        return .llama3(
            factor: try positive(place + ".factor"), lowFrequency: low, highFrequency: high,
            originalLength: try originalLength(place, contextLength))
    }

    private func yarn(_ place: String, _ contextLength: Int) throws -> RotaryPositions.YarnScaling {
        for key in ["mscale", "mscale_all_dim"] {
            try refuse(
                place + "." + key, unless: [.integer(0), .number(0)], supported: "yarn without \(key)")
        }
        let original = try originalLength(place, contextLength)
        let factor = place + ".attention_factor"
        return RotaryPositions.YarnScaling(
            factor: try positive(place + ".factor", default: Double(contextLength) / original),
            fastTurns: try positive(place + ".beta_fast", default: 32),
            slowTurns: try positive(place + ".beta_slow", default: 1), originalLength: original,
            attentionFactor: self[factor] == nil ? nil : try positive(factor),
            roundsRamp: try flag(place + ".truncate", default: true))
    }

    /// The length the model was first trained on; a key beside the rotary settings wins over one among them.
    private func originalLength(_ place: String, _ contextLength: Int) throws -> Double {
        let key = "original_max_position_embeddings"
        return try positive(self[key] != nil ? key : place + "." + key, default: Double(contextLength))
    }
}

// MARK: GGUF

extension Configuration {
    /// Rotary positions of a GGUF file; without a base they have llama.cpp's, 10 000.
    package func rotaryPositions(
        gguf prefix: String, headWidth: Int, _ checkpoint: any Checkpoint
    ) throws -> RotaryPositions {
        guard headWidth % 2 == 0 else {
            throw inconsistent("heads of odd width \(headWidth) have no rotary positions")
        }
        try refuse(
            prefix + "rope.dimension_count", unless: [.integer(headWidth)],
            supported: "\(headWidth), all of a head")
        return RotaryPositions(
            headWidth: headWidth, base: try positive(prefix + "rope.freq_base", default: 10_000),
            scaling: try rotaryScaling(gguf: prefix + "rope.scaling.", headWidth, checkpoint))
    }

    private func rotaryScaling(
        gguf prefix: String, _ headWidth: Int, _ checkpoint: any Checkpoint
    ) throws -> RotaryPositions.Scaling {
        if checkpoint.entry("rope_freqs.weight") != nil {
            let factors = try checkpoint.tensor("rope_freqs.weight", on: CPUBackend.shared).floats
            guard factors.count == headWidth / 2, factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
                throw inconsistent("rope_freqs.weight has no \(headWidth / 2) factors above 0")
            }
            return .divided(by: factors)
        }
        let kind = try optionalString(prefix + "type") ?? "none"
        switch kind {
        case "none":
            return .none
        case "linear":
            return .linear(factor: try positive(prefix + "factor"))
        case "yarn":
            let factor = try positive(prefix + "factor")
            var yarn = RotaryPositions.YarnScaling(
                factor: factor, originalLength: try positive(prefix + "original_context_length"))
            yarn.attentionFactor = yarn.magnitude * (try positive(prefix + "attn_factor", default: 1))
            return .yarn(yarn)
        default:
            throw unsupported(prefix + "type", kind, supported: "none, linear, yarn")
        }
    }
}
