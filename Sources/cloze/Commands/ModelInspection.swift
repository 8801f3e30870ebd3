import Checkpoints
import Foundation
import Models
import Tensors
import Tokenizers

/// A model: its numbers, its weights by type, its tokenizer.
struct ModelInspection: Inspection {
    struct Weights: Encodable {
        let type: String
        let tensors: Int
        let parameters: Int
        let bytes: Int
    }

    struct Special: Encodable {
        let role: String
        let id: Int32
        let piece: String
    }

    let kind = "model"
    let location: String
    let format: String
    let family: String
    let parameters: Int
    let bytes: Int
    let layers: Int
    let width: Int
    let heads: Int
    let keyValueHeads: Int
    let headWidth: Int
    let vocabulary: Int
    let context: Int
    let isCausal: Bool
    /// Whether it can score words; a bare encoder cannot.
    let hasOutput: Bool
    /// Keys and values of one position, in bytes.
    let keyValueBytes: Int
    let weights: [Weights]
    let tokenizerTokens: Int
    let specialTokens: [Special]
    let fingerprint: String

    init(_ place: ModelPlace) throws {
        let source = try place.source()
        let pretrained = try PretrainedModel(source, on: CPUBackend.shared)
        let traits = pretrained.model.traits
        location = source.location.path
        format = source.format == .gguf ? "GGUF" : "Hugging Face folder"
        family = traits.family.rawValue
        parameters = pretrained.weights.parameterCount
        bytes = pretrained.weights.byteCount
        (layers, width, heads) = (traits.layers, traits.width, traits.heads)
        (keyValueHeads, headWidth) = (traits.keyValueHeads, traits.headWidth)
        (vocabulary, context, isCausal) = (traits.vocabularySize, traits.contextLength, traits.isCausal)
        hasOutput = traits.hasOutput
        keyValueBytes = 2 * 4 * traits.layers * traits.keyValueWidth
        weights = Self.weights(pretrained.weights)
        tokenizerTokens = pretrained.tokenizer.vocabularySize
        specialTokens = Self.special(pretrained.tokenizer)
        fingerprint = pretrained.fingerprint.description
    }

    private static func weights(_ tensors: NamedTensors) -> [Weights] {
        let all = tensors.names.compactMap { tensors[$0] }
        return Dictionary(grouping: all, by: \.elementType).map { type, tensors in
            Weights(
                type: type.rawValue, tensors: tensors.count,
                parameters: tensors.reduce(0) { $0 + $1.shape.count },
                bytes: tensors.reduce(0) { $0 + $1.byteCount })
        }.sorted { ($1.bytes, $0.type) < ($0.bytes, $1.type) }
    }

    private static func special(_ tokenizer: some Tokenizer) -> [Special] {
        let tokens = tokenizer.specialTokens
        let roles = [
            ("beginning", tokens.beginning), ("end", tokens.end), ("padding", tokens.padding),
            ("unknown", tokens.unknown), ("mask", tokens.mask), ("separator", tokens.separator),
            ("classifier", tokens.classifier),
        ]
        return roles.compactMap { role, id in
            id.map { Special(role: role, id: $0, piece: tokenizer.piece(for: $0) ?? "") }
        }
    }

    /// How the model reads, where that is not from left to right.
    private var reading: String {
        guard !isCausal else { return "" }
        return hasOutput ? ", a masked model" : ", an encoder without a head for words"
    }

    var text: String {
        var table = Table(["weights", "tensors", "parameters", "bytes"])
        for part in weights {
            table.add([
                part.type, "\(part.tensors)", Figures.count(part.parameters), Figures.bytes(part.bytes),
            ])
        }
        let special = specialTokens.map { "\($0.role) \($0.piece) \($0.id)" }.joined(separator: ", ")
        return """
            \(location): \(format), family \(family)\(reading)
            \(Figures.count(parameters)) parameters in \(Figures.bytes(bytes)); \(layers) layers, \(width) wide, \
            \(heads) heads of \(headWidth), \(keyValueHeads) for keys and values
            context \(Figures.count(context)) positions, \(Figures.bytes(keyValueBytes)) of keys and values each
            tokenizer \(Figures.count(tokenizerTokens)) tokens for \(Figures.count(vocabulary)) rows; \
            \(special.isEmpty ? "no special tokens" : special)
            fingerprint \(fingerprint)

            \(table.lines(Terminal(1)))
            """
    }
}
