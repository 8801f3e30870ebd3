internal import Datasets
internal import Layers
internal import Models
internal import Tensors
internal import Training

/// A tagged row as the model reads it.
struct TaggedWords: Sendable {
    var words: EncodedWords
    /// The index of the tag of each word that fits.
    var tags: [Int32]
}

/// Cross-entropy of the tags, the mean over all words of a batch, in nats.
struct TaggingObjective: Objective {
    let tagger: TokenTagger
    let model: any LanguageModel
    let tensors: @Sendable (Pass) -> PromptTensors

    init(
        _ tagger: TokenTagger, _ model: any LanguageModel,
        tensors: @escaping @Sendable (Pass) -> PromptTensors
    ) {
        (self.tagger, self.model, self.tensors) = (tagger, model, tensors)
    }

    /// - Throws: ``PromptError/tagsDiffer(row:tokens:tags:)``; ``PromptError/labelsDiffer(missing:known:)`` for a tag
    ///   that no train row has.
    func row(_ example: Example) throws -> TaggedWords {
        let words = try tagger.encode(example)
        let tags = try example.list("tags")
        guard tags.count == words.count else {
            throw PromptError.tagsDiffer(row: example.id ?? "", tokens: words.count, tags: tags.count)
        }
        let indices = try tags.prefix(words.places.count).map { tag -> Int32 in
            guard let index = tagger.tags.firstIndex(of: tag) else {
                throw PromptError.labelsDiffer(missing: [tag], known: tagger.tags)
            }
            return Int32(index)
        }
        return TaggedWords(words: words, tags: indices)
    }

    func loss(_ batch: [TaggedWords], _ pass: Pass) -> Tensor {
        tagger.logProbabilities(batch.map(\.words), model, tensors(pass), pass)
            .picking(batch.flatMap(\.tags)).mean().scaled(by: -1)
    }

    func weight(of batch: [TaggedWords]) -> Float { Float(batch.reduce(0) { $0 + $1.tags.count }) }

    /// The most likely tag of every word; `O` for words that do not fit.
    func tags(_ examples: [Example], _ pass: Pass) throws -> [[String]] {
        var answers: [[String]] = []
        let shared = tensors(pass)
        for start in stride(from: 0, to: examples.count, by: 16) {
            let rows = try examples[start..<min(start + 16, examples.count)].map { try tagger.encode($0) }
            let table = tagger.logProbabilities(rows, model, shared, pass)
            let (values, width) = (table.floats, table.shape.width)
            var place = 0
            for row in rows {
                let own = row.places.map { _ -> String in
                    defer { place += 1 }
                    let scores = values[place * width..<(place + 1) * width]
                    let best = scores.indices.reduce(scores.startIndex) { scores[$1] > scores[$0] ? $1 : $0 }
                    return tagger.tags[best - scores.startIndex]
                }
                answers.append(own + Array(repeating: "O", count: row.count - own.count))
            }
        }
        return answers
    }
}
