package import Tensors

/// A table with a row for each token (or position).
package struct Embedding: Sendable {
    /// `[V, D]`.
    package let weight: Parameter

    /// A table whose parameter is `path.weight`.
    package init(_ path: ParameterPath, count: Int, width: Int) {
        weight = (path / "weight").parameter([count, width])
    }

    package var parameters: [Parameter] { [weight] }

    /// The rows of tokens, `[N, D]`.
    package func callAsFunction(_ tokens: [Int32], _ pass: Pass) -> Tensor { pass[weight].rows(tokens) }

    /// The score of every token, or of some, after each hidden state: the table used as the output matrix.
    ///
    /// - Parameter vocabulary: the rows of the table that are asked for; nil for all.
    /// - Returns: `[N, V]`, or `[N, vocabulary.count]`.
    package func scores(_ hidden: Tensor, vocabulary: [Int32]?, _ pass: Pass) -> Tensor {
        hidden.matmul(vocabulary.map { pass[weight].rows($0) } ?? pass[weight])
    }
}
