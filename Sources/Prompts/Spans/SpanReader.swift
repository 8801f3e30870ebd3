public import Datasets
internal import Layers
public import Models
internal import Tensors

/// Answers questions by spans of their contexts, with a prompt that was taught by ``SpanExtraction``.
///
/// The best span over all windows has the highest sum of log-probabilities as start and as end. "Not in this part"
/// competes in each window, which makes windows comparable; it is never the answer.
public struct SpanReader: RowAnswering {
    private let encoder: SpanEncoder
    private let objective: SpanObjective
    private let weights: NamedTensors
    /// How many rows are computed together.
    private static let rowsAWalk = 1024

    /// Prepares a prompt for a model.
    ///
    /// - Throws: ``PromptError`` where it reads no spans, is of another model, or its tensors do not fit.
    public init(_ prompt: Prompt, _ pretrained: PretrainedModel) throws {
        let model = pretrained.model
        let ready = try ReadyPrompt(
            prompt, as: .span, head: SpanObjective.head(width: model.traits.width).parameters, pretrained)
        let encoder = SpanEncoder(
            prompt.manifest.spans ?? SpanSettings(), pretrained.tokenizer, softRows: ready.layout.rowCount,
            room: ready.room, isCausal: model.traits.isCausal)
        self.init(encoder, SpanObjective(model) { _ in ready.tensors }, weights: ready.weights)
    }

    init(_ encoder: SpanEncoder, _ objective: SpanObjective, weights: NamedTensors) {
        self.encoder = encoder
        self.objective = objective
        self.weights = weights
    }

    /// The answers to the questions `text_b` about the contexts `text`.
    public func answers(_ examples: [Example], progress: (Int) -> Void = { _ in }) throws -> [RowAnswer] {
        try answers(examples, in: { try encoder.windows(examples[$0]) }, progress: progress)
    }

    /// - Parameter windows: the windows of the example at an index.
    func answers(
        _ examples: [Example], in windows: (Int) throws -> [SpanWindow], progress: (Int) -> Void = { _ in }
    ) throws -> [RowAnswer] {
        let pass = Pass.inference(weights)
        var found = [Found?](repeating: nil, count: examples.count)
        var waiting: [(row: Int, window: SpanWindow)] = []
        func read() {
            let tables = objective.logProbabilities(waiting.map(\.window), pass)
            for (item, table) in zip(waiting, tables) {
                guard let best = best(of: item.window, table.floats) else { continue }
                if best.score > found[item.row]?.score ?? -.infinity { found[item.row] = best }
            }
            waiting = []
        }
        for row in examples.indices {
            try Task.checkCancellation()
            for window in try windows(row) where !window.places.isEmpty {
                waiting.append((row, window))
                if waiting.reduce(0, { $0 + $1.window.rows.count }) >= Self.rowsAWalk { read() }
            }
            progress(row + 1)
        }
        if !waiting.isEmpty { read() }
        return zip(examples, found).map { example, found in
            guard let found else { return RowAnswer(text: "") }
            return found.answer(in: example.fields["text"] ?? "")
        }
    }

    /// A span of a context in code points.
    private struct Found {
        var span: Range<Int>
        var score: Float

        /// The span's text, with whole characters at its ends.
        func answer(in context: String) -> RowAnswer {
            let scalars = context.unicodeScalars
            let place = scalars.index(scalars.startIndex, offsetBy: span.lowerBound)
            let end = scalars.index(place, offsetBy: span.count)
            let whole = context.rangeOfWholeCharacters(place..<end)
            var answer = RowAnswer(text: String(context[whole]))
            answer.start = scalars.distance(from: scalars.startIndex, to: whole.lowerBound)
            answer.score = score
            return answer
        }
    }

    /// - Parameter values: `[2, candidates]`, the log-probabilities as start and as end.
    private func best(of window: SpanWindow, _ values: [Float]) -> Found? {
        let width = values.count / 2
        var best: Found?
        let places = window.parts.indices.filter { !window.parts[$0].isEmpty }
        for (order, start) in places.enumerated() {
            for end in places[order...].prefix(encoder.settings.longestAnswer) {
                guard end - start < encoder.settings.longestAnswer else { break }
                let score = values[start + 1] + values[width + end + 1]
                guard score > best?.score ?? -.infinity else { continue }
                let (from, to) = (window.parts[start].lowerBound, window.parts[end].upperBound)
                best = Found(span: from..<max(from, to), score: score)
            }
        }
        return best
    }
}

extension String {
    /// The range widened to the characters that it touches.
    fileprivate func rangeOfWholeCharacters(_ range: Range<Index>) -> Range<Index> {
        let start = range.lowerBound < endIndex ? rangeOfCharacter(at: range.lowerBound).lowerBound : endIndex
        guard range.upperBound > range.lowerBound else { return start..<start }
        let last = unicodeScalars.index(before: range.upperBound)
        return start..<rangeOfCharacter(at: last).upperBound
    }

    private func rangeOfCharacter(at place: Index) -> Range<Index> {
        let first = self[...place].indices.last ?? place
        return first..<index(after: first)
    }
}
