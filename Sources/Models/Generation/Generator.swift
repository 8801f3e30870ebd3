import Layers
import Tokenizers

/// Continues texts with a model.
public struct Generator: Sendable {
    private let model: PretrainedModel

    /// A generator of a model's texts.
    public init(_ model: PretrainedModel) { self.model = model }

    /// The tokens that follow one sequence of packed rows: soft rows, tokens, pasts, whatever a prompt has
    /// made.
    ///
    /// - Throws: ``ModelError/tooLong(positions:limit:)`` if the sequence leaves no position to go on from.
    public func tokens(after input: ModelInput, _ settings: GenerationSettings) throws(ModelError)
        -> TokenStream
    {
        try TokenStream(model.model, weights: model.weights, after: input, settings)
    }

    /// The text that follows one sequence of packed rows; it also ends at the model's own end token.
    public func text(after input: ModelInput, _ settings: GenerationSettings) throws(ModelError) -> TextStream
    {
        var settings = settings
        if let end = model.tokenizer.specialTokens.end { settings.stopTokens.insert(end) }
        return TextStream(
            try tokens(after: input, settings), model.tokenizer, stopTexts: settings.stopTexts)
    }

    /// The text that follows a text, framed as the model expects it but for what ends a sequence.
    ///
    /// - Throws: ``ModelError`` if there is no token to go on from, or no position.
    public func text(after text: String, _ settings: GenerationSettings) throws(ModelError) -> TextStream {
        let tokens = model.tokenizer.framing.prefix + model.tokenizer.encode(text)
        guard !tokens.isEmpty else { throw .nothingToContinue }
        let rows = model.model.embed(tokens, .inference(model.weights))
        return try self.text(after: ModelInput(embeddings: rows, lengths: [tokens.count]), settings)
    }
}
