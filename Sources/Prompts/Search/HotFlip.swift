internal import Layers
package import Models
package import Tensors

/// First-order candidates for one token of a prompt (Ebrahimi et al. 2018; Wallace et al. 2019).
///
/// Replacing the embedding at a place by `E[w]` changes the loss by about `(E[w] - E[current]) · g`; what is constant
/// does not order the candidates, so token `w` is worth `-E[w] · g`.
package struct HotFlip: Sendable {
    private let model: any LanguageModel
    private let weights: NamedTensors
    private let allowed: [Bool]
    /// How many rows of the embedding table are expanded at a time.
    private static let chunk = 8192

    /// Candidates among the tokens that are allowed.
    package init(_ model: any LanguageModel, _ weights: NamedTensors, allowed: [Bool]) {
        self.model = model
        self.weights = weights
        self.allowed = allowed
    }

    /// The most promising tokens, best first; of equal ones the lower number first.
    ///
    /// - Parameter gradient: `[1, D]`, the gradient of the loss with respect to the embedding at the place.
    /// - Complexity: one product of the embedding table with a vector.
    package func candidates(_ count: Int, along gradient: Tensor) -> [(token: Int32, worth: Float)] {
        let pass = Pass.inference(weights)
        var worths: [Float] = []
        for start in stride(from: 0, to: allowed.count, by: Self.chunk) {
            let tokens = (start..<min(start + Self.chunk, allowed.count)).map(Int32.init)
            worths += gradient.detached.matmul(model.embed(tokens, pass)).scaled(by: -1).floats
        }
        return worths.indices.filter { allowed[$0] }
            .sorted { (worths[$1], $0) < (worths[$0], $1) }
            .prefix(count).map { (Int32($0), worths[$0]) }
    }
}
