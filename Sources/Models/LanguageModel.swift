public import Layers
public import Tensors

/// A pretrained network that reads packed rows and scores the vocabulary.
///
/// A model is a plan: it declares parameters and holds no weights. It never learns which prompt method made
/// its input.
public protocol LanguageModel: Sendable {
    /// The numbers that describe it.
    var traits: ModelTraits { get }
    /// Every weight it reads, with Hugging Face's names.
    var parameters: [Parameter] { get }

    /// The embedded tokens, `[tokens, D]`, as ``ModelInput/embeddings`` takes them.
    ///
    /// - Precondition: every token lies in the vocabulary.
    func embed(_ tokens: [Int32], _ pass: Pass) -> Tensor

    /// Walks all layers.
    ///
    /// - Parameters:
    ///   - input: the packed rows, and what stands before them.
    ///   - keepsKeyValues: whether the keys and values of all packed rows are wanted as well.
    ///   - pass: the weights, and the tape where something is trained.
    /// - Returns: the final hidden states of the readout rows.
    func encode(_ input: ModelInput, keepsKeyValues: Bool, _ pass: Pass) -> Encoding

    /// The scores of the vocabulary after final hidden states.
    ///
    /// - Parameters:
    ///   - hidden: `[R, D]`, as ``encode(_:keepsKeyValues:_:)`` gives them.
    ///   - vocabulary: the tokens whose scores are wanted, nil for all. The others' rows are not read.
    ///   - pass: the weights, and the tape where something is trained.
    /// - Returns: `[R, V]` or `[R, vocabulary.count]`; natural log, not normalised.
    func scores(_ hidden: Tensor, vocabulary: [Int32]?, _ pass: Pass) -> Tensor

    /// What the output matrix is multiplied by: the final hidden states, or what a head makes of them first.
    func outputStates(_ hidden: Tensor, _ pass: Pass) -> Tensor

    /// The rows of the output matrix that belong to some tokens, `[tokens, D]`.
    func outputRows(_ tokens: [Int32], _ pass: Pass) -> Tensor
}

extension LanguageModel {
    /// The hidden states themselves: most models have nothing between them and the output matrix.
    public func outputStates(_ hidden: Tensor, _ pass: Pass) -> Tensor { hidden }

    /// Read off the scores of unit vectors, which holds wherever scores are a plain product.
    public func outputRows(_ tokens: [Int32], _ pass: Pass) -> Tensor {
        let width = traits.width
        var units = [Float](repeating: 0, count: width * width)
        for place in 0..<width { units[place * width + place] = 1 }
        let backend = embed([], pass).backend
        return scores(Tensor(units, shape: [width, width], on: backend), vocabulary: tokens, pass)
            .transposed()
    }
}

/// What a walk through all layers leaves.
public struct Encoding: Sendable {
    /// The readout rows after the last norm, `[R, D]`.
    public let hidden: Tensor
    /// The keys and values of all packed rows, where they were asked for.
    public let keyValues: KeyValues?

    /// What a model of one's own leaves.
    public init(hidden: Tensor, keyValues: KeyValues?) {
        self.hidden = hidden
        self.keyValues = keyValues
    }
}

extension LanguageModel {
    /// The final hidden states of the readout rows, `[R, D]`.
    public func hidden(_ input: ModelInput, _ pass: Pass) -> Tensor {
        encode(input, keepsKeyValues: false, pass).hidden
    }

    /// The scores of the vocabulary at the readout rows, `[R, V]`; natural log, not normalised.
    public func logits(_ input: ModelInput, _ pass: Pass) -> Tensor {
        scores(hidden(input, pass), vocabulary: nil, pass)
    }

    /// The scores of some tokens at the readout rows, `[R, vocabulary.count]`.
    public func logits(_ input: ModelInput, vocabulary: [Int32], _ pass: Pass) -> Tensor {
        scores(hidden(input, pass), vocabulary: vocabulary, pass)
    }

    /// The keys and values of all packed rows: a block that other sequences can read as their past.
    ///
    /// Several packed sequences give one block; ``KeyValues/rows(_:)`` takes them apart.
    public func keyValues(_ input: ModelInput, _ pass: Pass) -> KeyValues {
        var input = input
        input.readouts = []
        return encode(input, keepsKeyValues: true, pass).keyValues ?? KeyValues(layers: [])
    }
}
