package import Layers
package import Models
internal import Tensors
package import Training

/// A row that may be known behind the layers that nothing trained reaches, see ``LowerLayers``.
package protocol LayeredRow: Sendable {
    /// What it is behind them, where they were walked before.
    var lower: LowerRows? { get set }
}

/// An objective whose rows can be read from a layer above the first on.
package protocol LayeredObjective<Row>: Objective where Batch == [Row] {
    associatedtype Row: LayeredRow
    /// The model that reads the rows.
    var model: any LanguageModel { get }
    /// Makes, of the weights of a pass, what rows read beside their tokens.
    var tensors: @Sendable (Pass) -> PromptTensors { get }
    /// Rows packed so that each one's are those it has alone.
    func packed(_ batch: [Row]) -> PackedPrompts
}

extension LayeredObjective {
    /// What the model reads of a batch, from the first layer that was not walked before, and where it is read.
    func reading(_ batch: [Row], _ pass: Pass) -> (input: ModelInput, readings: [PackedPrompts.Reading]) {
        let (packed, tensors) = (packed(batch), [tensors(pass)])
        let lower = batch.compactMap(\.lower)
        guard let first = lower.first, lower.count == batch.count else {
            return (packed.input(model, tensors, pass), packed.readings)
        }
        var input = packed.input(model, tensors, pass, embeddings: Tensor.joinRows(lower.map(\.rows)))
        input.layers = first.layer..<model.traits.layers
        return (input, packed.readings)
    }
}
