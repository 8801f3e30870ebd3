import Layers
package import Tensors

/// Tokens that continue a sequence, made one at a time as they are asked for.
public final class TokenStream: Sequence, IteratorProtocol {
    private let model: any LanguageModel
    private let pass: Pass
    private let settings: GenerationSettings
    private var chooser: TokenChooser
    private var prompt: ModelInput
    private var cache: DecodingCache?
    private var last: Int32?
    private var position: Int32
    private var count = 0
    /// Why there are no more tokens; nil as long as there may be.
    public private(set) var end: GenerationEnd?

    /// - Parameters:
    ///   - weights: the model's, with any that were tuned laid over them.
    ///   - prompt: one sequence, with whatever stands before it as pasts.
    /// - Throws: ``ModelError/tooLong(positions:limit:)`` if the prompt leaves no position to go on from.
    package init(
        _ model: any LanguageModel, weights: NamedTensors, after prompt: ModelInput,
        _ settings: GenerationSettings
    ) throws(ModelError) {
        precondition(
            prompt.lengths.count == 1 && prompt.lengths[0] > 0,
            "TokenStream: \(prompt.lengths) is not one sequence")
        self.model = model
        self.settings = settings
        chooser = TokenChooser(settings.choice)
        self.prompt = prompt
        self.prompt.readouts = [Int32(prompt.lengths[0] - 1)]
        pass = .inference(weights)
        position = try prompt.nextPosition(in: model)
    }

    /// The next token, or nil at the end.
    public func next() -> Int32? {
        guard end == nil else { return nil }
        if let obstacle { return finish(obstacle) }
        let token = chooser.token(scores())
        if settings.stopTokens.contains(token) { return finish(.stop) }
        last = token
        count += 1
        return token
    }

    /// What keeps the stream from going on.
    private var obstacle: GenerationEnd? {
        if Task.isCancelled { return .cancelled }
        if count >= settings.tokenLimit { return .tokenLimit }
        // The last token needs a position of its own before its successor can be scored.
        if last != nil, position >= model.traits.contextLength { return .contextFull }
        return nil
    }

    private func finish(_ reason: GenerationEnd) -> Int32? {
        end = reason
        return nil
    }

    /// The scores of the next token, `[1, V]`: the whole prompt the first time, then one row a call.
    private func scores() -> Tensor {
        var input = prompt
        if let last, let cache {
            input = ModelInput(
                embeddings: model.embed([last], pass), lengths: [1], positions: [position],
                pasts: prompt.pasts + [cache.keyValues], pastsOf: [prompt.pastsOf[0] + [prompt.pasts.count]])
            position += 1
        }
        let encoding = model.encode(input, keepsKeyValues: true, pass)
        if let block = encoding.keyValues {
            if let cache { cache.append(block) } else { cache = DecodingCache(block) }
        }
        return model.scores(encoding.hidden, vocabulary: nil, pass)
    }
}

extension ModelInput {
    /// The position behind one sequence.
    ///
    /// - Throws: ``ModelError/tooLong(positions:limit:)`` if the model has none left.
    func nextPosition(in model: any LanguageModel) throws(ModelError) -> Int32 {
        let position = (positions.last ?? 0) + 1
        guard position <= model.traits.contextLength else {
            throw .tooLong(positions: Int(position), limit: model.traits.contextLength)
        }
        return position
    }
}
