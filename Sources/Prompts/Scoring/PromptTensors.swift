public import Models
public import Tensors

/// What the rows of one prompt read beside their tokens: all that a prompt of any method is to a model.
public struct PromptTensors: Sendable {
    /// The rows of the soft slots, `[P, D]`; nil where the template has none.
    public var soft: Tensor?
    /// Blocks that every row reads first: a trained prefix, demonstrations, a compiled front.
    public var pasts: [KeyValues]

    /// Soft rows and blocks.
    public init(soft: Tensor? = nil, pasts: [KeyValues] = []) {
        self.soft = soft
        self.pasts = pasts
    }

    /// The same with one more block, if there is one.
    func followed(by past: KeyValues?) -> PromptTensors {
        past.map { PromptTensors(soft: soft, pasts: pasts + [$0]) } ?? self
    }
}
