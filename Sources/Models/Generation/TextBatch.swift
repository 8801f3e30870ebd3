import Layers
import Tensors
import Tokenizers

/// A text that was written, and why it ended.
public struct WrittenText: Hashable, Codable, Sendable {
    /// The text, without what ended it.
    public var text: String
    /// How many tokens were generated, without the one that ended it.
    public var tokens: Int
    /// Why it ended.
    public var end: GenerationEnd

    package init(text: String, tokens: Int, end: GenerationEnd) {
        (self.text, self.tokens, self.end) = (text, tokens, end)
    }
}

extension Generator {
    /// The texts that follow packed sequences, a token of each at every step, so that the weights are read once for
    /// all of them.
    ///
    /// Each text is the one that its sequence would get alone; sequence `i` draws with the settings' seed plus `i`.
    /// Texts also end at the model's own end token.
    /// - Parameter input: the sequences, each with at least one row and none that reads another.
    /// - Throws: ``ModelError/tooLong(positions:limit:)`` if a sequence leaves no position to go on from.
    package func texts(after input: ModelInput, _ settings: GenerationSettings) throws(ModelError)
        -> [WrittenText]
    {
        var settings = settings
        if let end = model.tokenizer.specialTokens.end { settings.stopTokens.insert(end) }
        var batch = try TextBatch(model, after: input, settings)
        while batch.step() {}
        return batch.texts
    }
}

/// Texts that are written together.
struct TextBatch {
    /// One of them.
    private struct Writing {
        var cache: DecodingCache
        var chooser: TokenChooser
        var decoder: StreamDecoder
        var scanner: StopScanner
        var pasts: [Int]
        var position: Int32
        var last: Int32 = 0
        var written = WrittenText(text: "", tokens: 0, end: .tokenLimit)
        var isOpen = true
    }

    private let model: any LanguageModel
    private let pass: Pass
    private let settings: GenerationSettings
    private let pasts: [KeyValues]
    private var writings: [Writing]
    /// The scores of the next token of each open text, `[open, V]`.
    private var scores: Tensor

    init(_ pretrained: PretrainedModel, after input: ModelInput, _ settings: GenerationSettings)
        throws(ModelError)
    {
        precondition(
            input.lengths.allSatisfy { $0 > 0 } && input.ancestorsOf.allSatisfy(\.isEmpty),
            "TextBatch: sequences of \(input.lengths) rows that read one another or have none")
        model = pretrained.model
        self.settings = settings
        pass = .inference(pretrained.weights)
        pasts = input.pasts
        var input = input
        let ends = input.lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        input.readouts = ends.dropFirst().map { Int32($0 - 1) }
        let positions = input.readouts.map { input.positions[Int($0)] + 1 }
        if let over = positions.max(), Int(over) > model.traits.contextLength {
            throw .tooLong(positions: Int(over), limit: model.traits.contextLength)
        }
        let encoding = model.encode(input, keepsKeyValues: true, pass)
        let block = encoding.keyValues ?? KeyValues(layers: [])
        scores = model.scores(encoding.hidden, vocabulary: nil, pass)
        writings = input.lengths.indices.map { index in
            Writing(
                cache: DecodingCache(block.rows(ends[index]..<ends[index + 1])),
                chooser: TokenChooser(settings.choice.shifted(by: UInt64(index))),
                decoder: StreamDecoder(pretrained.tokenizer), scanner: StopScanner(settings.stopTexts),
                pasts: input.pastsOf[index], position: positions[index])
        }
    }

    /// The texts so far.
    var texts: [WrittenText] { writings.map(\.written) }

    /// Chooses a token of each open text and reads it; false where none is open any more.
    mutating func step() -> Bool {
        let open = writings.indices.filter { writings[$0].isOpen }
        for (row, index) in open.enumerated() { choose(index, scores.rows(row..<row + 1)) }
        let going = writings.indices.filter { writings[$0].isOpen }
        guard !going.isEmpty else { return false }
        read(going)
        return true
    }

    private mutating func choose(_ index: Int, _ logits: Tensor) {
        guard !Task.isCancelled else { return close(index, .cancelled) }
        guard writings[index].written.tokens < settings.tokenLimit else { return close(index, .tokenLimit) }
        let token = writings[index].chooser.token(logits)
        guard !settings.stopTokens.contains(token) else { return close(index, .stop) }
        writings[index].last = token
        writings[index].written.tokens += 1
        let text = writings[index].decoder.append(token)
        writings[index].written.text += writings[index].scanner.append(text)
        if writings[index].scanner.isStopped {
            writings[index].written.end = .stop
            writings[index].isOpen = false
        } else if writings[index].written.tokens == settings.tokenLimit {
            close(index, .tokenLimit)
        } else if Int(writings[index].position) >= model.traits.contextLength {
            close(index, .contextFull)
        }
    }

    private mutating func close(_ index: Int, _ end: GenerationEnd) {
        let rest = writings[index].scanner.append(writings[index].decoder.finish())
        writings[index].written.text += rest + writings[index].scanner.finish()
        writings[index].written.end = end
        writings[index].isOpen = false
    }

    /// Reads the last token of each of these texts, all in one walk.
    private mutating func read(_ going: [Int]) {
        let tokens = going.map { writings[$0].last }
        let encoding = model.encode(
            ModelInput(
                embeddings: model.embed(tokens, pass), lengths: tokens.map { _ in 1 },
                positions: going.map { writings[$0].position },
                pasts: pasts + going.map { writings[$0].cache.keyValues },
                pastsOf: going.enumerated().map { writings[$1].pasts + [pasts.count + $0] }),
            keepsKeyValues: true, pass)
        scores = model.scores(encoding.hidden, vocabulary: nil, pass)
        let block = encoding.keyValues ?? KeyValues(layers: [])
        for (row, index) in going.enumerated() {
            writings[index].cache.append(block.rows(row..<row + 1))
            writings[index].position += 1
        }
    }
}

extension TokenChoice {
    /// The same choice with another seed, where there is one.
    fileprivate func shifted(by places: UInt64) -> TokenChoice {
        guard case .sampling(var settings) = self else { return self }
        settings.seed &+= places
        return .sampling(settings)
    }
}
