import Layers
import Tokenizers

/// Continues texts with a model.
public struct Generator: Sendable {
    let model: PretrainedModel

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
        try self.text(after: try framed(text), settings)
    }

    /// The best continuations of one sequence of packed rows, best first.
    ///
    /// Beams read the same blocks, each with one of its own behind them. Of the settings the token limit and the
    /// stop tokens hold; stop texts and how tokens are chosen do not.
    /// - Throws: ``ModelError/tooLong(positions:limit:)`` if the sequence leaves no position to go on from.
    public func beams(
        after input: ModelInput, _ beams: BeamSettings, _ settings: GenerationSettings
    ) throws(ModelError) -> [Hypothesis] {
        precondition(
            input.lengths.count == 1 && input.lengths[0] > 0,
            "Generator: \(input.lengths) is not one sequence")
        let room = model.model.traits.contextLength - Int(try input.nextPosition(in: model.model)) + 1
        var search = BeamSearch(
            model.model, weights: model.weights, after: input, beams, stopTokens: settings.stopTokens,
            limit: min(settings.tokenLimit, room))
        return search.run().map { found in
            var found = found
            if found.end == .tokenLimit, room < settings.tokenLimit { found.end = .contextFull }
            return found
        }
    }

    /// The best continuations of a text, framed as for a text; they also end at the model's
    /// own end token.
    public func beams(
        after text: String, _ beams: BeamSettings, _ settings: GenerationSettings
    ) throws(ModelError) -> [Hypothesis] {
        var settings = settings
        if let end = model.tokenizer.specialTokens.end { settings.stopTokens.insert(end) }
        return try self.beams(after: try framed(text), beams, settings)
    }

    private func framed(_ text: String) throws(ModelError) -> ModelInput {
        let tokens = model.tokenizer.framing.prefix + model.tokenizer.encode(text)
        guard !tokens.isEmpty else { throw .nothingToContinue }
        let rows = model.model.embed(tokens, .inference(model.weights))
        return ModelInput(embeddings: rows, lengths: [tokens.count])
    }

    /// The text that follows a text, as a stream for asynchronous code: pieces of whole characters.
    ///
    /// The work is done in a task of its own, which ends when the stream is no longer read.
    public func pieces(after text: String, _ settings: GenerationSettings) -> AsyncThrowingStream<
        String, any Error
    > {
        AsyncThrowingStream { continuation in
            let task = Task.detached {
                do {
                    for piece in try self.text(after: text, settings) { continuation.yield(piece) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
