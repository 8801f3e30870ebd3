internal import Layers
package import Models
internal import Tensors
internal import Tokenizers
internal import Training

/// What the keys and values of a prefix start from (Li & Liang 2021, §4.4 and figure 5).
public enum PrefixInitialisation: Hashable, Sendable, Codable {
    /// Random: the network's own start, or, where keys and values are trained themselves, normal numbers as large
    /// as those that the model makes of words.
    case random
    /// The keys and values that the frozen model makes of a text's tokens, which are repeated or cut to the
    /// number of rows.
    case words(String)
    /// The keys and values of a written prompt, framed as the model expects a text to begin: as many rows as it has
    /// tokens. The first loss is that of the template with the prompt in front.
    case written(String)
}

/// A prefix and where it starts.
struct PrefixStart {
    var rows: Int
    var initialisation: PrefixInitialisation
    var reparametrisation: PrefixEncoder.Settings?
    var layers: [Int]?
    var dropout: Float

    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` for a number out of its range.
    func make(_ pretrained: PretrainedModel, _ random: inout CounterRandom) throws -> (Prefix, NamedTensors) {
        let traits = pretrained.model.traits
        if case .written = initialisation {} else { try check(rows, traits) }
        let tokens = initialisation.tokens(rows: rows, pretrained.tokenizer)
        let rows = tokens?.count ?? self.rows
        try check(rows, traits)
        let prefix = Prefix(
            rows: rows, traits, layers: layers, reparametrisation: reparametrisation, dropout: dropout)
        let words = tokens.map { prefix.named(pretrained.keyValues($0)) }
        guard let encoder = prefix.reparametrisation else {
            return (prefix, words ?? Self.random(prefix, pretrained, &random))
        }
        let start = encoder.start(&random, on: pretrained.backend)
        guard let words else { return (prefix, start) }
        return (prefix, try encoder.fitted(start, to: prefix.stored.compactMap { words[$0.name] }))
    }

    private func check(_ rows: Int, _ traits: ModelTraits) throws {
        func require(_ holds: Bool, _ name: String, _ value: String, _ allowed: String) throws {
            guard holds else { throw PromptError.badSetting(name: name, value: value, allowed: allowed) }
        }
        try require(
            rows >= 1 && rows < traits.contextLength, "the length of the prefix", "\(rows)",
            "between 1 and \(traits.contextLength - 1), so that the model's context has room for a text")
        try require(
            layers.map { !$0.isEmpty && Set($0).count == $0.count } ?? true
                && (layers ?? []).allSatisfy((0..<traits.layers).contains),
            "the list of layers", "\(layers ?? [])", "some of 0 to \(traits.layers - 1), each once")
        try require(dropout >= 0 && dropout < 1, "the dropout", "\(dropout)", "at least 0 and below 1")
        if let reparametrisation {
            try require(
                reparametrisation.hidden >= 1 && reparametrisation.width ?? 1 >= 1, "the network's width",
                "\(reparametrisation.hidden)", "at least 1")
        }
    }

    /// Normal numbers with the spread that the keys and values of 64 tokens have in each layer.
    private static func random(
        _ prefix: Prefix, _ pretrained: PretrainedModel, _ random: inout CounterRandom
    ) -> NamedTensors {
        let tokens = (0..<64).map { Int32($0 * pretrained.tokenizer.vocabularySize / 64) }
        let words = prefix.named(
            pretrained.keyValues(Array(tokens.prefix(min(64, pretrained.model.traits.contextLength)))))
        return prefix.stored.reduce(into: NamedTensors()) { start, parameter in
            guard let word = words[parameter.name] else { return }
            let spread = (word.backend.sumOfSquares(word) / Double(max(1, word.shape.count))).squareRoot()
            start[parameter.name] = .normal(
                parameter.shape, scale: Float(spread), &random, on: pretrained.backend)
        }
    }
}

extension PrefixInitialisation {
    fileprivate func tokens(rows: Int, _ tokenizer: any Tokenizer) -> [Int32]? {
        switch self {
        case .random: return nil
        case .written(let text): return tokenizer.framing.prefix + tokenizer.encode(text)
        case .words(let text):
            let tokens = tokenizer.encode(text)
            return tokens.isEmpty ? nil : (0..<max(0, rows)).map { tokens[$0 % tokens.count] }
        }
    }
}

extension PretrainedModel {
    /// The keys and values that the model makes of tokens from position 0 on.
    package func keyValues(_ tokens: [Int32]) -> KeyValues {
        let pass = Pass.inference(weights)
        return model.keyValues(
            ModelInput(embeddings: model.embed(tokens, pass), lengths: [tokens.count]), pass)
    }
}

extension PrefixEncoder {
    /// The start with the maps, not the table, fitted so that they make these keys and values: Adam at rate 1e-4
    /// for 500 steps on the mean squared difference, as the paper's code does.
    fileprivate func fitted(_ start: NamedTensors, to tables: [Tensor]) throws -> NamedTensors {
        let trained = Set(maps.map(\.name))
        var state = try TrainingState(training: start.filter(trained.contains))
        let objective = SquaredDifference(encoder: self)
        _ = try Trainer(objective, TrainingSettings(steps: 500, rate: 1e-4)).run(
            &state, over: start, batches: Always(batch: tables))
        return start.overlaid(by: state.weights)
    }
}

/// The mean squared difference of the keys and values that an encoder makes from given ones.
private struct SquaredDifference: Objective {
    let encoder: PrefixEncoder

    func loss(_ tables: [Tensor], _ pass: Pass) -> Tensor {
        let squares = zip(encoder.tables(pass), tables).map { ($0 - $1).applying(.square).mean() }
        return squares.dropFirst().reduce(squares[0], +).scaled(by: 1 / Float(squares.count))
    }
}

/// The same batch at every step.
private struct Always<Batch: Sendable>: BatchSource {
    let batch: Batch
    func batch(_ index: Int) -> Batch { batch }
}
