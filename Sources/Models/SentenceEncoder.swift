internal import Checkpoints
public import Foundation
internal import Layers
public import Tensors
internal import Tokenizers

/// Texts as unit vectors, so that near ones mean alike (Reimers & Gurevych 2019).
///
/// A vector is the mean of a bidirectional encoder's last hidden states over all tokens, special ones included,
/// brought to length 1; the product of two vectors is their cosine. Texts longer than the limit lose their ends.
public struct SentenceEncoder: Sendable {
    /// The encoder; a masked model's head is not read.
    public let pretrained: PretrainedModel
    /// How many tokens of a text are read, special ones included.
    public let limit: Int
    /// How many rows are computed together; memory grows with it.
    private static let rowsABatch = 2048

    /// Opens a folder of sentence-transformers, or of any bidirectional encoder.
    ///
    /// - Throws: as ``PretrainedModel/init(contentsOf:on:)``, and ``ModelError/unsupported(file:key:found:supported:)``
    ///   for a causal model, or for a folder that pools in another way than by the mean.
    public init(contentsOf url: URL, on backend: any Backend) throws {
        let source = try ModelSource(contentsOf: url)
        if let file = source.file("1_Pooling/config.json") {
            let pooling = try Configuration(contentsOf: file)
            for mode in [
                "cls_token", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken",
            ] {
                try pooling.refuse(
                    "pooling_mode_\(mode)", unless: [.bool(false)], supported: "the mean over tokens")
            }
        }
        var limit: Int?
        if let file = source.file("sentence_bert_config.json") {
            limit = try Configuration(contentsOf: file).count("max_seq_length", default: 512)
        }
        try self.init(PretrainedModel(source, on: backend), limit: limit)
    }

    /// The sentence encoder of an opened model.
    ///
    /// - Parameters:
    ///   - pretrained: a model that sees both ways.
    ///   - limit: nil for all positions of the model.
    public init(_ pretrained: PretrainedModel, limit: Int? = nil) throws {
        let traits = pretrained.model.traits
        guard !traits.isCausal else {
            throw ModelError.unsupported(
                file: pretrained.name, key: "model_type", found: "'\(traits.family.rawValue)'",
                supported: "encoders whose rows see each other both ways, such as BERT")
        }
        self.pretrained = pretrained
        self.limit = min(limit ?? traits.contextLength, traits.contextLength)
    }

    /// `D`, the numbers of a vector.
    public var width: Int { pretrained.model.traits.width }

    /// The vectors of texts, `[texts, D]`, each of length 1.
    ///
    /// - Throws: `CancellationError`.
    public func encode(_ texts: [String]) throws -> Tensor {
        let rows = texts.map(tokens)
        let order = rows.indices.sorted { (rows[$0].count, $0) < (rows[$1].count, $1) }
        var parts: [Tensor] = []
        var start = 0
        while start < order.count {
            try Task.checkCancellation()
            var (end, count) = (start, 0)
            while end < order.count, end == start || count + rows[order[end]].count <= Self.rowsABatch {
                count += rows[order[end]].count
                end += 1
            }
            parts.append(vectors(order[start..<end].map { rows[$0] }))
            start = end
        }
        guard !parts.isEmpty else { return Tensor([], shape: [0, width], on: pretrained.backend) }
        var place = [Int32](repeating: 0, count: order.count)
        for (index, text) in order.enumerated() { place[text] = Int32(index) }
        return Tensor.rows(place, of: parts)
    }

    private func tokens(_ text: String) -> [Int32] {
        let tokenizer = pretrained.tokenizer
        let room = limit - tokenizer.framing.prefix.count - tokenizer.framing.suffix.count
        return tokenizer.frame(Array(tokenizer.encode(text).prefix(max(0, room))))
    }

    /// `[sequences, D]` from packed tokens; the sum of rows stands for their mean, since the length is taken out.
    private func vectors(_ sequences: [[Int32]]) -> Tensor {
        let pass = Pass.inference(pretrained.weights)
        let tokens = sequences.flatMap { $0 }
        let input = ModelInput(
            embeddings: pretrained.model.embed(tokens, pass), lengths: sequences.map(\.count),
            readouts: tokens.indices.map(Int32.init))
        let hidden = pretrained.model.hidden(input, pass)
        let owner = sequences.enumerated().flatMap { index, rows in
            [Int32](repeating: Int32(index), count: rows.count)
        }
        let sums = hidden.backend.scatterAdd(hidden, to: owner, rows: sequences.count)
        let unit = Tensor(repeating: 1 / Float(width).squareRoot(), shape: [width], on: hidden.backend)
        return sums.rmsNorm(unit, epsilon: 1e-24)
    }
}
