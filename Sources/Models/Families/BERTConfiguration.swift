package import Checkpoints
package import Tensors

/// The numbers of a BERT, or of an encoder built like it.
package struct BERTConfiguration: Sendable {
    package var family: ModelFamily
    package var vocabularySize: Int
    package var width: Int
    /// The width of the embedding tables, where the first layer reads a map of them (ELECTRA); nil for `width`.
    package var embeddedWidth: Int?
    /// The width of the feed-forward layer.
    package var inner: Int
    package var heads: Int
    package var layers: Int
    /// The rows of the position table.
    package var positions: Int
    /// The position of a text's first row: RoBERTa counts on from the padding token's number.
    package var firstPosition = 0
    /// How many segments the model tells apart; none for DistilBERT.
    package var segments: Int
    package var epsilon: Float
    package var activation: ElementFunction
    /// The function between the two maps of the masked-language-model head.
    package var headActivation: ElementFunction
    /// Whether the embedding table is the output matrix too.
    package var isTied: Bool
    /// Whether the checkpoint has a masked-language-model head.
    package var hasHead = true

    /// The most rows a sequence may have.
    package var contextLength: Int { positions - firstPosition }
}

extension BERTConfiguration {
    /// From a Hugging Face `config.json`; an absent key has the default of transformers' configuration class.
    ///
    /// The dropout rates of the file are not applied: a frozen model is read without noise.
    package init(_ family: ModelFamily, _ file: Configuration, _ checkpoint: any Checkpoint) throws {
        try file.refuseQuantization()
        self = try family == .distilbert ? Self(distilBERT: file) : Self(family, file)
        guard width % heads == 0 else {
            throw file.inconsistent("a width of \(width) is no multiple of \(heads) heads")
        }
        guard contextLength > 0 else {
            throw file.inconsistent(
                "max_position_embeddings \(positions) leaves no position behind pad_token_id \(firstPosition - 1)"
            )
        }
        let transform = family.maskedHead.transform + ".weight"
        hasHead = folderRules.candidates(for: transform).contains { checkpoint.entry($0) != nil }
    }

    private init(_ family: ModelFamily, _ file: Configuration) throws {
        try file.refuse("is_decoder", unless: [.bool(false)], supported: "false")
        try file.refuse("add_cross_attention", unless: [.bool(false)], supported: "false")
        try file.refuse(
            "position_embedding_type", unless: [.string("absolute")], supported: "absolute positions")
        // ELECTRA counts positions and segments as BERT does.
        let isBERT = family == .bert || family == .electra
        let activation = try file.activation("hidden_act", default: "gelu")
        self.init(
            family: family, vocabularySize: try file.count("vocab_size", default: isBERT ? 30_522 : 50_265),
            width: try file.count("hidden_size", default: family == .electra ? 256 : 768),
            inner: try file.count("intermediate_size", default: family == .electra ? 1024 : 3072),
            heads: try file.count("num_attention_heads", default: family == .electra ? 4 : 12),
            layers: try file.count("num_hidden_layers", default: 12),
            positions: try file.count("max_position_embeddings", default: 512),
            firstPosition: isBERT ? 0 : try file.natural("pad_token_id", default: 1) + 1,
            segments: try file.count("type_vocab_size", default: 2),
            epsilon: Float(try file.positive("layer_norm_eps", default: 1e-12)), activation: activation,
            headActivation: family == .bert ? activation : .gelu,
            isTied: try file.flag("tie_word_embeddings", default: true))
        guard family == .electra else { return }
        let narrow = try file.count("embedding_size", default: 128)
        embeddedWidth = narrow == width ? nil : narrow
    }

    private init(distilBERT file: Configuration) throws {
        let activation = try file.activation("activation", default: "gelu")
        self.init(
            family: .distilbert, vocabularySize: try file.count("vocab_size", default: 30_522),
            width: try file.count("dim", default: 768), inner: try file.count("hidden_dim", default: 3072),
            heads: try file.count("n_heads", default: 12), layers: try file.count("n_layers", default: 6),
            positions: try file.count("max_position_embeddings", default: 512), segments: 0,
            epsilon: 1e-12, activation: activation, headActivation: activation,
            isTied: try file.flag("tie_word_embeddings", default: true))
    }
}

extension BERTConfiguration {
    /// Our names are those of transformers' model with a head. A bare encoder's lack the first part, and files
    /// made from TensorFlow's call the weights of a norm gamma and beta.
    package var folderRules: NameRules {
        let root = family.encoderRoot
        let renames = family == .distilbert ? Self.distilBERTNames : []
        return NameRules(
            renames
                + [
                    .rename(family.maskedHead.bias, to: family.maskedHead.decoder + ".bias"),
                    .rename("\(root).**", to: "**"),
                    .rename("**.LayerNorm.weight", to: "**.LayerNorm.gamma"),
                    .rename("**.LayerNorm.bias", to: "**.LayerNorm.beta"),
                    .rename("\(root).**.LayerNorm.weight", to: "**.LayerNorm.gamma"),
                    .rename("\(root).**.LayerNorm.bias", to: "**.LayerNorm.beta"),
                ])
    }

    private static let distilBERTNames: [NameRules.Rule] = DistilBERTNames.parts.flatMap {
        ours, theirs -> [NameRules.Rule] in
        ["distilbert.", ""].map { root in
            .rename("distilbert.encoder.layer.*.\(ours).**", to: "\(root)transformer.layer.*.\(theirs).**")
        }
    }
}

/// The parts of a masked-language-model head by name.
package struct MaskedHeadNames: Sendable {
    package var transform: String
    package var norm: String
    package var bias: String
    package var decoder: String
}

extension ModelFamily {
    /// What the names of the encoder's weights start with.
    var encoderRoot: String {
        switch self {
        case .distilbert: "distilbert"
        case .electra: "electra"
        case .roberta, .xlmRoberta: "roberta"
        default: "bert"
        }
    }

    /// How the masked-language-model head's weights are called.
    var maskedHead: MaskedHeadNames {
        switch self {
        case .distilbert:
            MaskedHeadNames(
                transform: "vocab_transform", norm: "vocab_layer_norm", bias: "vocab_projector.bias",
                decoder: "vocab_projector")
        case .electra:
            MaskedHeadNames(
                transform: "generator_predictions.dense", norm: "generator_predictions.LayerNorm",
                bias: "generator_lm_head.bias", decoder: "generator_lm_head")
        case .roberta, .xlmRoberta:
            MaskedHeadNames(
                transform: "lm_head.dense", norm: "lm_head.layer_norm", bias: "lm_head.bias",
                decoder: "lm_head.decoder")
        default:
            MaskedHeadNames(
                transform: "cls.predictions.transform.dense", norm: "cls.predictions.transform.LayerNorm",
                bias: "cls.predictions.bias", decoder: "cls.predictions.decoder")
        }
    }
}
