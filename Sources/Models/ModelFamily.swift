/// The families of models that this version reads.
///
/// The raw value is the `model_type` of a Hugging Face `config.json`.
public enum ModelFamily: String, Hashable, Sendable, Codable, CaseIterable {
    case bert
    case distilbert
    case electra
    case gemma3
    case gpt2
    case llama
    case mistral
    case qwen2
    case qwen3
    case roberta
    case xlmRoberta = "xlm-roberta"

    /// Whether its models predict the next token; the others guess what masks hide.
    package var isCausal: Bool {
        switch self {
        case .bert, .distilbert, .electra, .roberta, .xlmRoberta: false
        case .gemma3, .gpt2, .llama, .mistral, .qwen2, .qwen3: true
        }
    }
}
