import Foundation

/// Hugging Face PEFT's `adapter_config.json` for a prompt-learning adapter (peft 0.21; other versions read it
/// too).
///
/// `task_type` is always written: without it PEFT loads the adapter without complaint and never applies it.
struct PEFTConfiguration: Sendable, Hashable {
    /// What kind of adapter it is.
    enum Kind: String, Sendable { case promptTuning = "PROMPT_TUNING" }

    var kind: Kind
    var rows: Int
    var width: Int
    var layers: Int
    var heads: Int
    var baseModel: String?

    /// The JSON text, keys sorted, as PEFT writes it.
    func json() throws -> Data {
        let null = NSNull()
        let values: [String: Any] = [
            "auto_mapping": null, "base_model_name_or_path": baseModel ?? null, "inference_mode": true,
            "modules_to_save": null, "num_attention_heads": heads, "num_layers": layers,
            "num_transformer_submodules": 1, "num_virtual_tokens": rows, "peft_type": kind.rawValue,
            "peft_version": "0.21.2", "prompt_tuning_init": "RANDOM", "prompt_tuning_init_text": null,
            "revision": null, "task_type": "CAUSAL_LM", "token_dim": width, "tokenizer_kwargs": null,
            "tokenizer_name_or_path": null,
        ]
        return try JSONSerialization.data(withJSONObject: values, options: [.prettyPrinted, .sortedKeys])
    }

    /// Reads a configuration.
    ///
    /// - Throws: ``PromptError/badAdapter(_:_:)`` in the user's words.
    init(contentsOf url: URL) throws {
        guard let data = try? Data(contentsOf: url) else { throw PromptError.missingFile(url.path) }
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw PromptError.badAdapter(url.path, "it is not a JSON object")
        }
        guard let name = object["peft_type"] as? String else {
            throw PromptError.badAdapter(url.path, "the key peft_type is missing")
        }
        guard let kind = Kind(rawValue: name) else {
            throw PromptError.badAdapter(url.path, "peft_type \(name) is not supported; PROMPT_TUNING is")
        }
        guard let rows = object["num_virtual_tokens"] as? Int, rows > 0 else {
            throw PromptError.badAdapter(url.path, "num_virtual_tokens is missing or not a positive number")
        }
        if let task = object["task_type"] as? String, task != "CAUSAL_LM" {
            throw PromptError.badAdapter(url.path, "task_type \(task) is not supported; CAUSAL_LM is")
        }
        self.init(
            kind: kind, rows: rows, width: object["token_dim"] as? Int ?? 0,
            layers: object["num_layers"] as? Int ?? 0,
            heads: object["num_attention_heads"] as? Int ?? 0,
            baseModel: object["base_model_name_or_path"] as? String)
    }

    init(kind: Kind, rows: Int, width: Int, layers: Int, heads: Int, baseModel: String?) {
        self.kind = kind
        self.rows = rows
        self.width = width
        self.layers = layers
        self.heads = heads
        self.baseModel = baseModel
    }
}
