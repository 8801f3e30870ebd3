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

    private func means(_ batch: [[Int32]]) -> [[Float]] {
        let pass = Pass.inference(pretrained.weights)
        let width = pretrained.model.traits.width
        let rows = batch.reduce(0) { $0 + $1.count }
        guard rows > 0 else { return batch.map { _ in [Float](repeating: 0, count: width) } }
        let input = ModelInput(
            embeddings: pretrained.model.embed(Array(batch.joined()), pass), lengths: batch.map(\.count),
            readouts: (0..<Int32(rows)).map { $0 })
        // One product adds the rows of each text: row i of the left matrix has 1 / n where text i stands.
        var shares = [Float](repeating: 0, count: batch.count * rows)
        var row = 0
        for (text, tokens) in batch.enumerated() {
            for _ in tokens {
                shares[text * rows + row] = 1 / Float(tokens.count)
                row += 1
            }
        }
        let left = Tensor(shares, shape: [batch.count, rows], on: pretrained.backend)
        let hidden = pretrained.model.hidden(input, pass)
        let means = left.matmul(hidden.transposed()).floats
        return batch.indices.map { Array(means[$0 * width..<($0 + 1) * width]).unit }
    }
}
