internal import Layers
public import Models
public import Prompts
public import Tensors
internal import Tokenizers

/// The embeddings of a model's vocabulary, with what soft rows are compared to.
public struct VocabularyNeighbours: Sendable {
    /// A token beside a soft row.
    public struct Neighbour: Codable, Hashable, Sendable {
        /// The token and its text.
        public var token: Int32
        /// Its text.
        public var text: String
        /// The cosine between the two.
        public var cosine: Double
    }

    /// What a soft row is, beside the vocabulary.
    public struct Row: Codable, Hashable, Sendable {
        /// Its place, from 0.
        public var row: Int
        /// Its Euclidean norm.
        public var norm: Double
        /// How far the nearest embedding is, in the Euclidean sense; nil without a model.
        public var distance: Double?
        /// The tokens whose embeddings point most nearly the same way.
        public var nearest: [Neighbour]

        /// A row of its numbers.
        public init(row: Int, norm: Double, distance: Double? = nil, nearest: [Neighbour] = []) {
            (self.row, self.norm, self.distance, self.nearest) = (row, norm, distance, nearest)
        }
    }

    private let model: PretrainedModel
    private let norms: [Double]
    /// How many tokens are embedded at a time, so that a large vocabulary takes little memory.
    private static let chunk = 4096
    private static let shown = 3

    /// The embeddings of a model.
    public init(_ model: PretrainedModel) {
        self.model = model
        norms = Self.chunks(model).flatMap { _, rows in rows.rowNorms }
    }

    /// The norms of which 5, 50 and 95 in 100 are smaller.
    public var spread: [Double] {
        let ordered = norms.sorted()
        return [0.05, 0.5, 0.95].map { ordered.isEmpty ? 0 : ordered[Int($0 * Double(ordered.count - 1))] }
    }

    /// Each soft row, `[P, D]`, beside the vocabulary.
    ///
    /// - Throws: `PromptError.wrongShape(prompt:expected:found:)` where the rows are of another width.
    public func rows(_ soft: Tensor, of prompt: Prompt.ID) throws -> [Row] {
        let expected: Shape = [soft.shape.rows, model.model.traits.width]
        guard soft.shape == expected else {
            throw PromptError.wrongShape(prompt: prompt, expected: "\(expected)", found: "\(soft.shape)")
        }
        let lengths = soft.rowNorms
        var best = [[(cosine: Double, token: Int)]](repeating: [], count: lengths.count)
        var squares = [Double](repeating: .infinity, count: lengths.count)
        for (start, rows) in Self.chunks(model) {
            let (products, width) = (soft.matmul(rows).floats, rows.shape.rows)
            for row in best.indices {
                let found = (0..<width).map { column -> (cosine: Double, token: Int) in
                    let (product, length) = (Double(products[row * width + column]), norms[start + column])
                    squares[row] = min(
                        squares[row], lengths[row] * lengths[row] + length * length - 2 * product)
                    return (product / max(lengths[row] * length, .leastNormalMagnitude), start + column)
                }
                best[row] = Array((best[row] + found).sorted { $0.cosine > $1.cosine }.prefix(Self.shown))
            }
        }
        return best.indices.map { row in
            Row(
                row: row, norm: lengths[row], distance: max(0, squares[row]).squareRoot(),
                nearest: best[row].map { near in
                    Neighbour(
                        token: Int32(near.token), text: model.tokenizer.decode([Int32(near.token)]),
                        cosine: near.cosine)
                })
        }
    }

    private static func chunks(_ model: PretrainedModel) -> [(start: Int, rows: Tensor)] {
        let size = model.tokenizer.vocabularySize
        return stride(from: 0, to: size, by: chunk).map { start in
            let tokens = (start..<min(start + chunk, size)).map { Int32($0) }
            return (start, model.model.embed(tokens, .inference(model.weights)))
        }
    }
}

extension Tensor {
    /// The Euclidean norm of each row.
    package var rowNorms: [Double] {
        let (values, width) = (floats, shape.width)
        return (0..<shape.rows).map { values[$0 * width..<($0 + 1) * width].norm }
    }
}

extension ArraySlice<Float> {
    /// The Euclidean norm.
    package var norm: Double { reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
}
