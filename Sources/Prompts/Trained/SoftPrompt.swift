public import Layers
public import Models
public import Tensors
internal import Tokenizers

/// Trainable rows that stand in a prompt where words could stand (Lester et al. 2021, §2).
///
/// One copy, not one a sequence: where the rows go is the template's business.
public struct SoftPrompt: Sendable {
    /// The name under which PEFT stores the rows, and under which they are trained.
    public static let parameterName = "prompt_embeddings"

    /// The declaration: `[P, D]`.
    public let parameter: Parameter

    /// Rows of a layout for a model.
    public init(_ layout: SoftLayout, _ model: ModelTraits) {
        parameter = Parameter(name: Self.parameterName, shape: [layout.rowCount, model.inputWidth])
    }

    /// The rows, `[P, D]`.
    public func rows(_ pass: Pass) -> Tensor { pass[parameter] }
}

/// How soft rows start (Lester et al. 2021, §3.2.1).
public enum SoftInitialisation: Hashable, Sendable, Codable {
    /// Uniform within half the embeddings' own spread either way. The paper draws from ±0.5, which suits T5's
    /// large embeddings only.
    case random
    /// The embeddings of tokens drawn without replacement from the vocabulary's first 5,000 text tokens
    /// (again from the start where there are fewer tokens than rows).
    case vocabulary
    /// The embeddings of the label words, several tokens averaged; then as ``vocabulary``.
    case labels
    /// The embeddings of a text's tokens, repeated or cut to length (as PEFT does).
    case text(String)
}

extension SoftInitialisation {
    /// The text that ``text(_:)`` starts from where the user names none.
    public static let defaultText = "Classify the following text. Answer with one of the labels."

    /// The first rows of a prompt, `[P, D]`.
    ///
    /// - Parameters:
    ///   - layout: definitions that bring their own words keep them; the rest start as this says.
    ///   - pretrained: the model whose embeddings are drawn from.
    ///   - words: the label words, for ``labels``.
    ///   - random: drawn from for ``random`` and ``vocabulary``.
    public func rows(
        _ layout: SoftLayout, _ pretrained: PretrainedModel, words: EncodedVerbalizer?,
        random: inout CounterRandom
    ) -> Tensor {
        let pass = Pass.inference(pretrained.weights)
        var parts: [Tensor] = []
        for block in layout.blocks {
            if case .tokens(let tokens) = block.start {
                parts.append(pretrained.model.embed(tokens, pass))
            } else {
                parts.append(rows(count: block.rows.count, pretrained, words, &random, pass))
            }
        }
        return Tensor.joinRows(parts)
    }

    private func rows(
        count: Int, _ pretrained: PretrainedModel, _ words: EncodedVerbalizer?, _ random: inout CounterRandom,
        _ pass: Pass
    ) -> Tensor {
        switch self {
        case .random: return Self.random(count, pretrained, &random)
        case .vocabulary: return pretrained.model.embed(Self.sample(count, pretrained, &random), pass)
        case .labels: return Self.labels(count, pretrained, words, &random, pass)
        case .text(let text):
            let tokens = pretrained.tokenizer.encode(text)
            guard !tokens.isEmpty else { return Self.random(count, pretrained, &random) }
            return pretrained.model.embed((0..<count).map { tokens[$0 % tokens.count] }, pass)
        }
    }

    /// Uniform in ±(spread of the embeddings) / 2: the paper's ±0.5 brought to the model's own scale.
    private static func random(_ count: Int, _ pretrained: PretrainedModel, _ random: inout CounterRandom)
        -> Tensor
    {
        let width = pretrained.model.traits.inputWidth
        let spread = pretrained.embeddingSpread
        let values = (0..<count * width).map { _ in (random.uniform() - 0.5) * spread }
        return Tensor(values, shape: [count, width], on: pretrained.backend)
    }

    private static func sample(_ count: Int, _ pretrained: PretrainedModel, _ random: inout CounterRandom)
        -> [Int32]
    {
        let special = pretrained.tokenizer.specialTokens.all
        var candidates = (0..<Int32(min(5_000 + special.count, pretrained.tokenizer.vocabularySize)))
            .filter { !special.contains($0) }.prefix(5_000)
        // Fisher and Yates, written out because the standard library may change its own.
        for place in candidates.indices.dropLast().prefix(count) {
            let left = UInt64(candidates.count - place)
            candidates.swapAt(place, place + Int(random.next().multipliedFullWidth(by: left).high))
        }
        return candidates.isEmpty ? [] : (0..<count).map { candidates[$0 % candidates.count] }
    }

    private static func labels(
        _ count: Int, _ pretrained: PretrainedModel, _ words: EncodedVerbalizer?,
        _ random: inout CounterRandom,
        _ pass: Pass
    ) -> Tensor {
        let means = (words?.words ?? []).prefix(count).map { word -> Tensor in
            let embedded = pretrained.model.embed(word.tokens, pass)
            let share = Tensor(
                repeating: 1 / Float(word.tokens.count), shape: [1, word.tokens.count], on: pretrained.backend
            )
            return share.matmul(embedded.transposed())
        }
        let rest = sample(count - means.count, pretrained, &random)
        return Tensor.joinRows(means + (rest.isEmpty ? [] : [pretrained.model.embed(rest, pass)]))
    }
}

extension PretrainedModel {
    /// The root mean square of embedded tokens' coordinates: the scale on which soft rows live.
    ///
    /// Read off 256 tokens spread evenly over the vocabulary.
    package var embeddingSpread: Float {
        let size = tokenizer.vocabularySize
        let tokens = (0..<min(256, size)).map { Int32($0 * size / min(256, size)) }
        let rows = model.embed(tokens, .inference(weights))
        return Float((backend.sumOfSquares(rows) / Double(max(1, rows.shape.count))).squareRoot())
    }
}
