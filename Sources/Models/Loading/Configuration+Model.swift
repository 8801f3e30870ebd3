package import Checkpoints
package import Tensors

/// What every family asks of a configuration. An absent key has a default only where the model's own
/// documentation states one; what would change the model's numbers and is not computed here is refused by its
/// path.
extension Configuration {
    /// Whether the key is there and null, which some configuration classes tell from absent.
    package func isNull(_ path: String) -> Bool { root.members?[path] == .null }

    /// A whole number above zero.
    package func count(_ path: String, default fallback: Int? = nil) throws -> Int {
        let number = try fallback == nil ? integer(path) : optionalInteger(path) ?? fallback ?? 0
        guard number > 0, number <= 1 << 31 else { throw outOfRange(path, "between 1 and 2^31", "\(number)") }
        return number
    }

    /// A whole number from zero.
    package func natural(_ path: String, default fallback: Int) throws -> Int {
        let number = try optionalInteger(path) ?? fallback
        guard number >= 0 else { throw outOfRange(path, "0 or more", "\(number)") }
        return number
    }

    /// A finite number above zero.
    package func positive(_ path: String, default fallback: Double? = nil) throws -> Double {
        let value = try fallback == nil ? number(path) : optionalNumber(path) ?? fallback ?? 0
        guard value > 0, value.isFinite else { throw outOfRange(path, "a number above 0", "\(value)") }
        return value
    }

    /// True or false.
    package func flag(_ path: String, default fallback: Bool) throws -> Bool {
        try optionalBool(path) ?? fallback
    }

    /// The function that a key names in Hugging Face's words.
    package func activation(_ path: String, default fallback: String) throws -> ElementFunction {
        let name = try optionalString(path) ?? fallback
        switch name {
        case "silu", "swish": return .silu
        case "gelu": return .gelu
        case "gelu_new", "gelu_pytorch_tanh": return .geluTanh
        case "relu": return .relu
        default: throw unsupported(path, name, supported: "silu, gelu, gelu_new, gelu_pytorch_tanh, relu")
        }
    }

    /// Which layers look through a window, as `layer_types` lists them; nil where there is no list.
    package func slidingLayers(_ layers: Int) throws -> [Bool]? {
        guard let kinds = try optionalStrings("layer_types") else { return nil }
        guard kinds.count == layers else {
            throw inconsistent("layer_types has \(kinds.count) entries for \(layers) layers")
        }
        return try kinds.map { kind in
            switch kind {
            case "full_attention": false
            case "sliding_attention": true
            default: throw unsupported("layer_types", kind, supported: "full_attention, sliding_attention")
            }
        }
    }

    /// Throws where the key holds anything that would change what the model computes.
    ///
    /// - Parameter harmless: the values that change nothing; an absent key is harmless too.
    package func refuse(_ path: String, unless harmless: [JSONValue] = [], supported: String)
        throws(ModelError)
    {
        guard let value = self[path], !harmless.contains(value) else { return }
        throw .unsupported(file: location, key: path, found: value.kind, supported: supported)
    }

    /// Refuses weights that were quantised in one of Hugging Face's ways.
    package func refuseQuantization() throws(ModelError) {
        try refuse(
            "quantization_config",
            supported: "safetensors in float32, float16 or bfloat16, and quantised GGUF files")
    }

    package func unsupported(_ path: String, _ found: String, supported: String) -> ModelError {
        .unsupported(file: location, key: path, found: "'\(found)'", supported: supported)
    }

    package func inconsistent(_ reason: String) -> ModelError {
        .inconsistent(file: location, reason: reason)
    }

    private func outOfRange(_ path: String, _ expected: String, _ found: String) -> ModelError {
        .outOfRange(file: location, key: path, expected: expected, found: found)
    }
}
