internal import Checkpoints
internal import Layers
public import Models
internal import Tensors
internal import Tokenizers

/// The vectors of the model itself: the mean of the final hidden states over a text's tokens.
///
/// A causal model was not trained to put like texts side by side; a sentence encoder mostly does better, and
/// costs a second model.
public struct ModelVectorizer: TextVectorizer {
    private let pretrained: PretrainedModel
    /// How many rows are computed together.
    private static let rowsABatch = 1024
    /// How many tokens of a text are read.
    private static let tokenLimit = 512

    /// The vectors of a model.
    public init(_ pretrained: PretrainedModel) { self.pretrained = pretrained }

    /// The model's fingerprint.
    public var identity: String { "the model \(pretrained.fingerprint.digest.prefix(12))" }

    /// The mean of each text's final hidden states, of unit length; an empty text has a vector of zeros.
    public func vectors(of texts: [String]) throws -> [[Float]] {
        let limit = min(Self.tokenLimit, pretrained.model.traits.contextLength)
        let tokens = texts.map {
            Array(pretrained.tokenizer.frame(pretrained.tokenizer.encode($0)).prefix(limit))
        }
        var vectors: [[Float]] = []
        var start = 0
        while start < tokens.count {
            try Task.checkCancellation()
            var (end, rows) = (start, 0)
            while end < tokens.count, end == start || rows + tokens[end].count <= Self.rowsABatch {
                rows += tokens[end].count
                end += 1
            }
            vectors += means(Array(tokens[start..<end]))
            start = end
        }
        return vectors
    }

    /// The sum of rows stands for their mean, since the length is taken out.
    private func means(_ batch: [[Int32]]) -> [[Float]] {
        let pass = Pass.inference(pretrained.weights)
        let width = pretrained.model.traits.width
        let tokens = Array(batch.joined())
        guard !tokens.isEmpty else { return batch.map { _ in [Float](repeating: 0, count: width) } }
        let input = ModelInput(
            embeddings: pretrained.model.embed(tokens, pass), lengths: batch.map(\.count),
            readouts: tokens.indices.map(Int32.init))
        let hidden = pretrained.model.hidden(input, pass)
        let owner = batch.enumerated().flatMap { [Int32](repeating: Int32($0), count: $1.count) }
        let sums = hidden.backend.scatterAdd(hidden, to: owner, rows: batch.count).floats
        return batch.indices.map { Array(sums[$0 * width..<($0 + 1) * width]).unit }
    }
}

extension SentenceEncoder: TextVectorizer {
    /// The encoder's fingerprint.
    public var identity: String { "the encoder \(pretrained.fingerprint.digest.prefix(12))" }

    /// The vector of each text, of unit length.
    public func vectors(of texts: [String]) throws -> [[Float]] {
        let values = try encode(texts).floats
        return texts.indices.map { Array(values[$0 * width..<($0 + 1) * width]) }
    }
}
