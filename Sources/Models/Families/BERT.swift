package import Layers
package import Tensors

/// BERT (Devlin et al. 2019) and the encoders built like it: RoBERTa (Liu et al. 2019), XLM-R (Conneau et al.
/// 2020), DistilBERT (Sanh et al. 2019) and ELECTRA (Clark et al. 2020), whose generator guesses what masks hide; its
/// discriminator is read as an encoder without a head.
///
/// Learned positions, and segments where the family has them, are added to the embedded tokens; layers are normed
/// after each sum; every row sees every row of its sequence and of the blocks before it.
package struct BERT: LanguageModel {
    package let traits: ModelTraits
    private let words: Embedding
    private let positions: Embedding
    private let segments: Embedding?
    private let norm: LayerNorm
    /// From the tables' width to that of the layers' rows, where they differ.
    private let projection: Linear?
    private let layers: [BERTLayer]
    private let head: MaskedHead?
    private let firstPosition: Int32

    package init(_ configuration: BERTConfiguration) {
        let width = configuration.embeddedWidth ?? configuration.width
        let root = ParameterPath(configuration.family.encoderRoot)
        let table = root / "embeddings"
        traits = ModelTraits(configuration)
        firstPosition = Int32(configuration.firstPosition)
        words = Embedding(table / "word_embeddings", count: configuration.vocabularySize, width: width)
        positions = Embedding(table / "position_embeddings", count: configuration.positions, width: width)
        segments =
            configuration.segments > 0
            ? Embedding(table / "token_type_embeddings", count: configuration.segments, width: width) : nil
        norm = LayerNorm(table / "LayerNorm", width: width, epsilon: configuration.epsilon)
        projection = configuration.embeddedWidth.map {
            Linear(root / "embeddings_project", inputs: $0, outputs: configuration.width, hasBias: true)
        }
        layers = (0..<configuration.layers).map {
            BERTLayer(root / "encoder" / "layer" / $0, configuration)
        }
        head = configuration.hasHead ? MaskedHead(configuration) : nil
    }

    package var parameters: [Parameter] {
        words.parameters + positions.parameters + (segments?.parameters ?? []) + norm.parameters
            + (projection?.parameters ?? []) + layers.flatMap(\.parameters) + (head?.parameters ?? [])
    }

    package func embed(_ tokens: [Int32], _ pass: Pass) -> Tensor { words(tokens, pass) }

    package func encode(_ input: ModelInput, keepsKeyValues: Bool, _ pass: Pass) -> Encoding {
        input.walk(
            from: placed(input, pass), through: layers.map { layer in { layer($0, $1, readouts: $2, pass) } },
            angles: nil, norm: { $0 }, keepsKeyValues: keepsKeyValues)
    }

    /// What the first layer reads: words, positions and segments, normed and brought to the layers' width.
    private func placed(_ input: ModelInput, _ pass: Pass) -> Tensor {
        let rows = input.embeddings + positions(input.positions.map { $0 + firstPosition }, pass)
        let normed = norm(addingSegments(to: rows, input, pass), pass)
        return projection.map { $0(normed, pass) } ?? normed
    }

    private func addingSegments(to rows: Tensor, _ input: ModelInput, _ pass: Pass) -> Tensor {
        guard let segments else { return rows }
        if let numbers = input.segments { return rows + segments(numbers, pass) }
        return rows.adding(row: segments([0], pass).reshaped([traits.inputWidth]))
    }

    package func scores(_ hidden: Tensor, vocabulary: [Int32]?, _ pass: Pass) -> Tensor {
        guard let head else { preconditionFailure("\(traits.family): this checkpoint has no head") }
        return head.scores(hidden, words, vocabulary: vocabulary, pass)
    }

    package func outputStates(_ hidden: Tensor, _ pass: Pass) -> Tensor {
        head?.transformed(hidden, pass) ?? hidden
    }

    package func outputRows(_ tokens: [Int32], _ pass: Pass) -> Tensor {
        (head?.output ?? words)(tokens, pass)
    }
}

/// One layer: `h = norm(x + attention(x))`, then `norm(h + feedForward(h))`.
private struct BERTLayer: Sendable {
    let heads: AttentionHeads
    let query: Linear
    let key: Linear
    let value: Linear
    let attentionOutput: Linear
    let attentionNorm: LayerNorm
    let feedForward: FeedForward
    let feedForwardNorm: LayerNorm

    init(_ path: ParameterPath, _ configuration: BERTConfiguration) {
        let (width, inner, epsilon) = (configuration.width, configuration.inner, configuration.epsilon)
        func map(_ path: ParameterPath) -> Linear {
            Linear(path, inputs: width, outputs: width, hasBias: true)
        }
        heads = AttentionHeads(
            count: configuration.heads, keyValueCount: configuration.heads,
            width: width / configuration.heads, isCausal: false)
        let attention = path / "attention"
        query = map(attention / "self" / "query")
        key = map(attention / "self" / "key")
        value = map(attention / "self" / "value")
        attentionOutput = map(attention / "output" / "dense")
        attentionNorm = LayerNorm(attention / "output" / "LayerNorm", width: width, epsilon: epsilon)
        feedForward = FeedForward(
            inner: Linear(path / "intermediate" / "dense", inputs: width, outputs: inner, hasBias: true),
            outer: Linear(path / "output" / "dense", inputs: inner, outputs: width, hasBias: true),
            activation: configuration.activation)
        feedForwardNorm = LayerNorm(path / "output" / "LayerNorm", width: width, epsilon: epsilon)
    }

    var parameters: [Parameter] {
        [query, key, value, attentionOutput].flatMap(\.parameters) + attentionNorm.parameters
            + feedForward.parameters + feedForwardNorm.parameters
    }

    func callAsFunction(_ x: Tensor, _ rows: PackedRows, readouts: [Int32]?, _ pass: Pass)
        -> (output: Tensor, keys: Tensor, values: Tensor)
    {
        let (keys, values) = (key(x, pass), value(x, pass))
        let mixed = heads(queries: query(x, pass), keys: keys, values: values, rows)
        let output = attentionOutput(readouts.map { mixed.rows($0) } ?? mixed, pass)
        let h = attentionNorm((readouts.map { x.rows($0) } ?? x) + output, pass)
        return (feedForwardNorm(h + feedForward(h, pass), pass), keys, values)
    }
}

/// What a masked model guesses with: a map, a function, a norm, and the embedding table as the output matrix.
private struct MaskedHead: Sendable {
    let transform: Linear
    let activation: ElementFunction
    let norm: LayerNorm
    let bias: Parameter
    /// Nil where the embedding table is the output matrix too.
    let output: Embedding?

    init(_ configuration: BERTConfiguration) {
        let names = configuration.family.maskedHead
        let width = configuration.embeddedWidth ?? configuration.width
        let vocabulary = configuration.vocabularySize
        transform = Linear(
            ParameterPath(names.transform), inputs: configuration.width, outputs: width, hasBias: true)
        activation = configuration.headActivation
        norm = LayerNorm(ParameterPath(names.norm), width: width, epsilon: configuration.epsilon)
        bias = ParameterPath(names.bias).parameter([vocabulary])
        output =
            configuration.isTied
            ? nil : Embedding(ParameterPath(names.decoder), count: vocabulary, width: width)
    }

    var parameters: [Parameter] {
        transform.parameters + norm.parameters + [bias] + (output?.parameters ?? [])
    }

    /// What the output matrix is multiplied by, `[R, D]`, or as wide as the table.
    func transformed(_ hidden: Tensor, _ pass: Pass) -> Tensor {
        norm(transform(hidden, pass).applying(activation), pass)
    }

    func scores(_ hidden: Tensor, _ words: Embedding, vocabulary: [Int32]?, _ pass: Pass) -> Tensor {
        let scores = (output ?? words).scores(transformed(hidden, pass), vocabulary: vocabulary, pass)
        let biases = pass[bias]
        guard let vocabulary else { return scores.adding(row: biases) }
        let few = biases.reshaped([biases.shape.count, 1]).rows(vocabulary)
        return scores.adding(row: few.reshaped([vocabulary.count]))
    }
}

extension ModelTraits {
    fileprivate init(_ configuration: BERTConfiguration) {
        self.init(
            family: configuration.family, layers: configuration.layers, width: configuration.width,
            heads: configuration.heads, keyValueHeads: configuration.heads,
            headWidth: configuration.width / configuration.heads,
            vocabularySize: configuration.vocabularySize, contextLength: configuration.contextLength,
            isCausal: false, embeddingScale: 1)
        embeddedWidth = configuration.embeddedWidth
        segmentCount = configuration.segments
        hasOutput = configuration.hasHead
    }
}
