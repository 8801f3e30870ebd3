internal import Foundation
internal import Models

/// Hugging Face PEFT's `adapter_config.json` (peft 0.21; other versions read it too).
///
/// `task_type` is always written: without it PEFT loads a prompt-learning adapter without complaint and never applies
/// it. PEFT has none for masked models: it cannot load theirs as `CAUSAL_LM`, but as `FEATURE_EXTRACTION` the model with
/// its head gives its scores. Where it is missing in a file that is read, the adapter is applied all the same, as its maker meant it.
struct PEFTConfiguration: Sendable, Hashable {
    /// What kind of adapter it is, with what only that kind has.
    enum Kind: Sendable, Hashable {
        case promptTuning
        case prefixTuning
        /// The encoder is not in the file; PEFT wants to know its sizes all the same.
        case pTuning(encoder: String, hidden: Int, layers: Int)
        case multitaskPromptTuning(tasks: Int, ranks: Int)
        case lora(rank: Int, alpha: Double, targets: [String])

        /// The names that `peft_type` has for the kinds that are read.
        static let names = [
            "PROMPT_TUNING", "PREFIX_TUNING", "P_TUNING", "MULTITASK_PROMPT_TUNING", "LORA",
        ]

        var name: String {
            switch self {
            case .promptTuning: "PROMPT_TUNING"
            case .prefixTuning: "PREFIX_TUNING"
            case .pTuning: "P_TUNING"
            case .multitaskPromptTuning: "MULTITASK_PROMPT_TUNING"
            case .lora: "LORA"
            }
        }
    }

    var kind: Kind
    /// What PEFT wraps the model as: `CAUSAL_LM`, or `FEATURE_EXTRACTION` for a masked model.
    var taskType = Self.causalTask
    static let (causalTask, maskedTask) = ("CAUSAL_LM", "FEATURE_EXTRACTION")

    /// What PEFT wraps a family's models as.
    static func taskType(_ family: ModelFamily) -> String { family.isCausal ? causalTask : maskedTask }

    /// How many virtual tokens; 0 for LoRA, which has none.
    var rows = 0
    /// The width of a stored row, or of the keys of one layer for a prefix (`token_dim`).
    var width = 0
    var layers = 0
    var heads = 0
    var baseModel: String?
    /// Whether the model's published maps stand the other way round, as GPT-2's do; LoRA's matrices never do.
    var isTransposed = false

    // MARK: Writing

    /// The JSON text, keys sorted, as PEFT writes it.
    func json() throws -> Data {
        let null = NSNull()
        var values: [String: Any] = [
            "auto_mapping": null, "base_model_name_or_path": baseModel ?? null, "inference_mode": true,
            "modules_to_save": null, "peft_type": kind.name, "peft_version": "0.21.2", "revision": null,
            "task_type": taskType,
        ]
        if case .lora = kind {
        } else {
            values.merge([
                "num_attention_heads": heads, "num_layers": layers, "num_transformer_submodules": 1,
                "num_virtual_tokens": rows, "token_dim": width,
            ]) { $1 }
        }
        values.merge(ownValues) { $1 }
        return try JSONSerialization.data(withJSONObject: values, options: [.prettyPrinted, .sortedKeys])
    }

    /// What only this kind has.
    private var ownValues: [String: Any] {
        let null = NSNull()
        let start: [String: Any] = [
            "prompt_tuning_init": "RANDOM", "prompt_tuning_init_text": null, "tokenizer_kwargs": null,
            "tokenizer_name_or_path": null,
        ]
        switch kind {
        case .promptTuning: return start
        case .prefixTuning:
            return ["encoder_hidden_size": width, "prefix_projection": false, "init_weights": null]
        case .pTuning(let encoder, let hidden, let layers):
            return [
                "encoder_reparameterization_type": encoder, "encoder_hidden_size": hidden,
                "encoder_num_layers": layers, "encoder_dropout": 0.0,
            ]
        case .multitaskPromptTuning(let tasks, let ranks):
            let own: [String: Any] = [
                "num_tasks": tasks, "num_ranks": ranks, "prompt_tuning_init_state_dict_path": null,
                "prompt_tuning_init_task": 0,
            ]
            return start.merging(own) { $1 }
        case .lora(let rank, let alpha, let targets):
            return [
                "r": rank, "lora_alpha": alpha, "lora_dropout": 0.0, "target_modules": targets.sorted(),
                "bias": "none", "fan_in_fan_out": isTransposed, "use_rslora": false, "use_dora": false,
                "init_lora_weights": true, "rank_pattern": [String: Any](), "alpha_pattern": [String: Any](),
            ]
        }
    }

    init(kind: Kind, rows: Int = 0, width: Int = 0, layers: Int = 0, heads: Int = 0, baseModel: String? = nil)
    {
        self.kind = kind
        self.rows = rows
        self.width = width
        self.layers = layers
        self.heads = heads
        self.baseModel = baseModel
    }
}

// MARK: - Reading

extension PEFTConfiguration {
    /// Reads a configuration.
    ///
    /// - Throws: ``PromptError/badAdapter(_:_:)`` in the user's words.
    init(contentsOf url: URL) throws {
        guard let data = try? Data(contentsOf: url) else { throw PromptError.missingFile(url.path) }
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw PromptError.badAdapter(url.path, "it is not a JSON object")
        }
        let reader = Reader(values: object, path: url.path)
        let kind = try reader.kind()
        let task = object["task_type"] as? String ?? Self.causalTask
        guard [Self.causalTask, Self.maskedTask].contains(task) else {
            let reason = task == "SEQ_2_SEQ_LM" ? " (PEFT's seq2seq prefixes do not reach the encoder)" : ""
            throw PromptError.badAdapter(
                url.path,
                "task_type \(task) is not supported\(reason); \(Self.causalTask) and, for masked models, "
                    + "\(Self.maskedTask) are")
        }
        self.init(kind: kind)
        taskType = task
        if case .lora = kind { return }
        rows = try reader.count("num_virtual_tokens")
        (width, layers) = (object["token_dim"] as? Int ?? 0, object["num_layers"] as? Int ?? 0)
        heads = object["num_attention_heads"] as? Int ?? 0
        baseModel = object["base_model_name_or_path"] as? String
    }

    /// The values of a file, asked with the file's name at hand.
    private struct Reader {
        let values: [String: Any]
        let path: String

        func count(_ key: String, default fallback: Int? = nil) throws -> Int {
            if values[key] == nil, let fallback { return fallback }
            guard let number = values[key] as? Int, number > 0 else {
                throw PromptError.badAdapter(path, "\(key) is missing or not a positive number")
            }
            return number
        }

        func kind() throws -> Kind {
            guard let name = values["peft_type"] as? String else {
                throw PromptError.badAdapter(path, "the key peft_type is missing")
            }
            switch name {
            case "PROMPT_TUNING": return .promptTuning
            case "PREFIX_TUNING": return .prefixTuning
            case "P_TUNING":
                return .pTuning(
                    encoder: values["encoder_reparameterization_type"] as? String ?? "MLP",
                    hidden: try count("encoder_hidden_size", default: 1),
                    layers: try count("encoder_num_layers", default: 2))
            case "MULTITASK_PROMPT_TUNING":
                return .multitaskPromptTuning(
                    tasks: try count("num_tasks", default: 1), ranks: try count("num_ranks", default: 1))
            case "LORA": return try lora()
            default:
                throw PromptError.badAdapter(
                    path, "peft_type \(name) is not supported; \(Kind.names.joined(separator: ", ")) are")
            }
        }

        /// LoRA as it was published; what changes its arithmetic is refused by its key.
        private func lora() throws -> Kind {
            for key in ["use_dora", "use_qalora", "lora_bias", "use_bdlora"]
            where values[key] as? Bool == true {
                throw PromptError.badAdapter(path, "\(key) is not supported; plain LoRA is")
            }
            for key in ["rank_pattern", "alpha_pattern"]
            where (values[key] as? [String: Any])?.isEmpty == false {
                throw PromptError.badAdapter(path, "\(key) is not supported; one rank for all maps is")
            }
            for key in ["alora_invocation_tokens", "layer_replication"]
            where values[key] != nil && !(values[key] is NSNull) {
                throw PromptError.badAdapter(path, "\(key) is not supported; plain LoRA is")
            }
            // The others change the model's own weights before training.
            if let start = values["init_lora_weights"] as? String,
                !["true", "false", "gaussian", "eva", "orthogonal"].contains(start)
            {
                throw PromptError.badAdapter(
                    path,
                    "init_lora_weights \(start) changes the model's weights; convert it to plain LoRA with PEFT"
                )
            }
            let rank = try count("r")
            guard let alpha = (values["lora_alpha"] as? NSNumber)?.doubleValue, alpha > 0 else {
                throw PromptError.badAdapter(path, "lora_alpha is missing or not a positive number")
            }
            // Rank-stabilised LoRA divides by the root of the rank.
            let scale = values["use_rslora"] as? Bool == true ? Double(rank).squareRoot() : 1
            return .lora(
                rank: rank, alpha: alpha * scale, targets: values["target_modules"] as? [String] ?? [])
        }
    }
}
