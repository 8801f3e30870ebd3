import Foundation
import Layers
import Tensors

/// How several continuations are pursued at once.
public struct BeamSettings: Hashable, Codable, Sendable {
    /// When the search ends, once there are as many finished texts as beams.
    public enum Stop: String, Hashable, Codable, Sendable {
        /// At once.
        case early
        /// When the best open text, at its present length, is no better than the worst finished one.
        case whenUnlikely
        /// When no open text can become better than the worst finished one.
        case whenImpossible
    }

    /// How many texts are pursued.
    public var width: Int
    /// A text's log-probability is divided by its length to this power: above 0 longer texts gain, 0 leaves sums.
    public var lengthPenalty: Float
    /// When the search ends.
    public var stop: Stop

    /// The defaults are those of transformers.
    ///
    /// - Precondition: `width` is 1 or more.
    public init(width: Int, lengthPenalty: Float = 1, stop: Stop = .whenUnlikely) {
        precondition(width >= 1, "BeamSettings: \(width) beams")
        self.width = width
        self.lengthPenalty = lengthPenalty
        self.stop = stop
    }
}

/// A continuation that was found.
public struct Hypothesis: Hashable, Sendable {
    /// Its tokens, without the one that ended it.
    public var tokens: [Int32]
    /// Its log-probability divided by its length to the penalty's power; the end counts as a token of it.
    public var score: Float
    /// Why it ended.
    public var end: GenerationEnd
}

/// Beam search with the rules of transformers: at each step the best `(ends + 1) * width` continuations of all open
/// texts are looked at; those among the first `width` that end are finished, the best of the others stay open.
struct BeamSearch {
    /// A text that may go on.
    private struct Beam {
        var tokens: [Int32] = []
        /// The sum of its tokens' log-probabilities.
        var sum: Float = 0
        /// The keys and values of its tokens but the last; nil before the first.
        var block: KeyValues?
        /// The log-probabilities of its next token.
        var next: [Float]
    }

    private struct Step {
        var beam: Int
        var token: Int32
        var sum: Float
    }

    private let model: any LanguageModel
    private let pass: Pass
    private let settings: BeamSettings
    private let stopTokens: Set<Int32>
    private let limit: Int
    private let prompt: ModelInput
    private let start: KeyValues
    private var beams: [Beam]
    private var finished: [Hypothesis] = []

    /// - Parameters:
    ///   - prompt: one sequence, with whatever stands before it as pasts.
    ///   - limit: how many tokens a text may have, its end counted.
    init(
        _ model: any LanguageModel, weights: NamedTensors, after prompt: ModelInput, _ settings: BeamSettings,
        stopTokens: Set<Int32>, limit: Int
    ) {
        self.model = model
        self.settings = settings
        self.stopTokens = stopTokens
        self.prompt = prompt
        self.limit = limit
        pass = .inference(weights)
        var input = prompt
        input.readouts = [Int32(prompt.lengths[0] - 1)]
        let encoding = model.encode(input, keepsKeyValues: true, pass)
        start = encoding.keyValues ?? KeyValues(layers: [])
        beams = [Beam(next: Self.logProbabilities(model.scores(encoding.hidden, vocabulary: nil, pass))[0])]
    }

    /// The best texts, best first: as many as beams, or those there are.
    mutating func run() -> [Hypothesis] {
        guard limit > 0 else { return [] }
        var length = 0
        while !beams.isEmpty, !Task.isCancelled {
            length += 1
            let isLast = length == limit
            let steps = bestSteps()
            let ends = steps.map { isLast || stopTokens.contains($0.token) }
            finish(zip(steps, ends).prefix(settings.width).filter(\.1).map(\.0), length)
            let open = zip(steps, ends).filter { !$0.1 }.prefix(settings.width).map(\.0)
            guard !isLast, canImprove(open, length) else { break }
            advance(open)
        }
        return finished
    }

    // MARK: Choosing

    /// The best continuations of all beams, best first.
    private func bestSteps() -> [Step] {
        let count = max(2, 1 + stopTokens.count) * settings.width
        var best: [Step] = []
        for (index, beam) in beams.enumerated() {
            best += Self.highest(count, of: beam.next).map {
                Step(beam: index, token: Int32($0), sum: beam.sum + beam.next[$0])
            }
        }
        return Array(best.sorted { $0.sum > $1.sum }.prefix(count))
    }

    /// The places of the highest numbers, best first.
    private static func highest(_ count: Int, of scores: [Float]) -> [Int] {
        var best: [Int] = []
        for index in scores.indices where best.count < count || scores[index] > scores[best[best.count - 1]] {
            best.insert(index, at: best.firstIndex { scores[index] > scores[$0] } ?? best.count)
            if best.count > count { best.removeLast() }
        }
        return best
    }

    private mutating func finish(_ steps: [Step], _ length: Int) {
        if settings.stop == .early, finished.count == settings.width { return }
        for step in steps {
            let isStopped = stopTokens.contains(step.token)
            finished.append(
                Hypothesis(
                    tokens: beams[step.beam].tokens + (isStopped ? [] : [step.token]),
                    score: penalised(step.sum, length), end: isStopped ? .stop : .tokenLimit))
        }
        finished.sort { $0.score > $1.score }
        finished.removeLast(max(0, finished.count - settings.width))
    }

    private func penalised(_ sum: Float, _ length: Int) -> Float {
        sum / pow(Float(length), settings.lengthPenalty)
    }

    /// Whether an open text may still become one of the best.
    private func canImprove(_ open: [Step], _ length: Int) -> Bool {
        guard finished.count == settings.width, let worst = finished.last else { return true }
        if settings.stop == .early { return false }
        let farthest = settings.stop == .whenImpossible && settings.lengthPenalty > 0 ? limit : length
        return penalised(open.first?.sum ?? -.infinity, farthest) > worst.score
    }

    // MARK: Going on

    /// Reads the chosen tokens, all of them in one batch.
    private mutating func advance(_ steps: [Step]) {
        let parents = steps.map { beams[$0.beam] }
        let tokens = steps.map(\.token)
        let blocks = parents.compactMap(\.block)
        let shared = Array(prompt.pastsOf[0]) + [prompt.pasts.count]
        let position = (prompt.positions.last ?? 0) + Int32(parents.first?.tokens.count ?? 0) + 1
        let input = ModelInput(
            embeddings: model.embed(tokens, pass), lengths: tokens.map { _ in 1 },
            positions: tokens.map { _ in position }, pasts: prompt.pasts + [start] + blocks,
            pastsOf: tokens.indices.map { blocks.isEmpty ? shared : shared + [prompt.pasts.count + 1 + $0] })
        let encoding = model.encode(input, keepsKeyValues: true, pass)
        let next = Self.logProbabilities(model.scores(encoding.hidden, vocabulary: nil, pass))
        let rows = encoding.keyValues ?? KeyValues(layers: [])
        beams = steps.indices.map { index in
            let row = rows.rows(index..<index + 1)
            return Beam(
                tokens: parents[index].tokens + [tokens[index]], sum: steps[index].sum,
                block: parents[index].block.map { $0.followed(by: row) } ?? row, next: next[index])
        }
    }

    /// The log-probabilities of each row's next token.
    private static func logProbabilities(_ logits: Tensor) -> [[Float]] {
        let all = logits.logSoftmax()
        return (0..<all.shape.rows).map { all.rows($0..<$0 + 1).floats }
    }
}

extension KeyValues {
    /// The positions of both, as a block of their own.
    fileprivate func followed(by other: KeyValues) -> KeyValues {
        KeyValues(
            layers: zip(layers, other.layers).map {
                (Tensor.joinRows([$0.keys, $1.keys]), Tensor.joinRows([$0.values, $1.values]))
            })
    }
}
