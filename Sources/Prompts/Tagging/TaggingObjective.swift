package import Datasets
package import Layers
package import Models
package import Tensors
internal import Training

/// A tagged row as the model reads it.
package struct TaggedWords: LayeredRow {
    var words: EncodedWords
    /// The index of the tag at each place that is read; empty where they are not known.
    var tags: [Int32] = []
    package var lower: LowerRows?
}

/// Cross-entropy of the tags, the mean over all words of a batch that are read, in nats.
package struct TaggingObjective: LayeredObjective {
    let tagger: TokenTagger
    package let model: any LanguageModel
    package let tensors: @Sendable (Pass) -> PromptTensors

    package init(
        _ tagger: TokenTagger, _ model: any LanguageModel,
        tensors: @escaping @Sendable (Pass) -> PromptTensors
    ) {
        (self.tagger, self.model, self.tensors) = (tagger, model, tensors)
    }

    /// The rows with something to learn from.
    ///
    /// - Throws: ``PromptError/tagsDiffer(row:tokens:tags:)``, ``PromptError/badTag(row:tag:)``, `DatasetError` for a
    ///   row without the lists.
    package func rows(_ dataset: Dataset) throws -> [TaggedWords] {
        try dataset.examples.indices.map { index in
            try row(dataset.examples[index], named: dataset.place(of: index))
        }.filter { !$0.tags.isEmpty }
    }

    private func row(_ example: Example, named name: String) throws -> TaggedWords {
        let (words, tags) = (try tagger.encode(example), try example.list("tags"))
        guard tags.count == words.count else {
            throw PromptError.tagsDiffer(row: name, tokens: words.count, tags: tags.count)
        }
        let indices = try zip(words.readings, tags).compactMap { reading, tag -> Int32? in
            guard case .own = reading else { return nil }
            guard let index = tagger.tags.firstIndex(of: tag) else {
                throw PromptError.badTag(row: name, tag: tag)
            }
            return Int32(index)
        }
        return TaggedWords(words: words, tags: indices)
    }

    package func loss(_ batch: [TaggedWords], _ pass: Pass) -> Tensor {
        logProbabilities(batch, pass)
            .picking(batch.flatMap(\.tags)).mean().scaled(by: -1)
    }

    package func weight(of batch: [TaggedWords]) -> Float { Float(batch.reduce(0) { $0 + $1.tags.count }) }

    package func packed(_ batch: [TaggedWords]) -> PackedPrompts { tagger.packed(batch.map(\.words)) }

    private func logProbabilities(_ batch: [TaggedWords], _ pass: Pass) -> Tensor {
        let (input, readings) = reading(batch, pass)
        return tagger.logProbabilities(model.hidden(input, pass), readings, pass)
    }

    /// How many rows are tagged in one walk.
    private static let rowsABatch = 16

    /// The most likely tag of every word.
    func tags(
        _ examples: [Example], _ pass: Pass, progress: (Int) -> Void = { _ in }
    ) throws -> [(tags: [String], wordsCut: Int)] {
        try tags(examples.map { TaggedWords(words: try tagger.encode($0)) }, pass, progress: progress)
    }

    /// The most likely tag of every word of rows that are encoded.
    func tags(
        _ rows: [TaggedWords], _ pass: Pass, progress: (Int) -> Void = { _ in }
    ) throws -> [(tags: [String], wordsCut: Int)] {
        var answers: [(tags: [String], wordsCut: Int)] = []
        for start in stride(from: 0, to: rows.count, by: Self.rowsABatch) {
            try Task.checkCancellation()
            let batch = rows[start..<min(start + Self.rowsABatch, rows.count)]
            var read = best(batch.filter { !$0.words.places.isEmpty }, pass)[...]
            for words in batch.map(\.words) {
                answers.append(
                    (words.tags(Array(read.prefix(words.places.count))), words.count - words.readings.count))
                read = read.dropFirst(words.places.count)
            }
            progress(answers.count)
        }
        return answers
    }

    /// The most likely tag at each place that is read.
    private func best(_ rows: [TaggedWords], _ pass: Pass) -> [String] {
        guard !rows.isEmpty else { return [] }
        let table = logProbabilities(rows, pass)
        let (values, width) = (table.floats, table.shape.width)
        return (0..<table.shape.rows).map { row in
            let scores = values[row * width..<(row + 1) * width]
            let best = scores.indices.reduce(scores.startIndex) { scores[$1] > scores[$0] ? $1 : $0 }
            return tagger.tags[best - scores.startIndex]
        }
    }
}
