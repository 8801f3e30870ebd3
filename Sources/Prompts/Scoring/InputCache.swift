internal import Layers
package import Models
package import Tensors

/// What is asked, of which the first rows may have been read before, see ``InputCache``.
package protocol InputRow: Sendable {
    /// The rows in front of the answer.
    var front: [PromptRow] { get }
    /// Puts a block in the place of the first rows.
    mutating func replaceFirst(_ count: Int, by block: KeyValues)
}

/// What stands in front of the first trained row of each prompt, read by the frozen model once for all epochs.
///
/// On a causal model the keys and values of those rows depend on nothing that is trained. Where trained rows stand
/// behind the input (`{text} {soft 8} {answer}`), a step then costs the trained rows and the answer only. What does not
/// fit the limit is written to a file that is mapped and has no name any more, so that the system holds as much of
/// it as there is room for, and nothing is left behind.
package struct InputCache: Sendable {
    private let model: any LanguageModel
    private let weights: NamedTensors
    private let limit: Int
    /// How many rows are read together.
    private static let rowsABatch = 768
    /// Beyond so many bytes keys and values go to a file.
    package static let bytesInMemory = 1 << 30

    /// A cache for a model that stays as it is.
    ///
    /// - Parameter limit: how many bytes of keys and values are held in memory.
    package init(_ model: any LanguageModel, _ weights: NamedTensors, limit: Int = InputCache.bytesInMemory) {
        self.model = model
        self.weights = weights
        self.limit = limit
    }

    /// The prompts, their first rows replaced by a block of keys and values; as they are where a trained row is
    /// the first, or the model is not causal.
    package func reading<Row: InputRow>(_ items: [Row]) throws -> [Row] {
        guard model.traits.isCausal else { return items }
        let fixed = items.map { Self.fixedRows($0.front) }
        var result = items
        var (start, held) = (0, 0)
        while start < items.count {
            var (end, rows) = (start, 0)
            while end < items.count, end == start || rows + fixed[end] <= Self.rowsABatch {
                rows += fixed[end]
                end += 1
            }
            let range = start..<end
            if rows > 0 {
                var blocks = keyValues(range.map { items[$0].front.prefix(fixed[$0]) })
                let bytes = blocks.reduce(0) { $0 + $1.byteCount }
                if held + bytes > limit { blocks = try spilled(blocks) } else { held += bytes }
                for (index, block) in zip(range, blocks) where block.count > 0 {
                    result[index].replaceFirst(fixed[index], by: block)
                }
            }
            start = end
        }
        return result
    }

    /// How many rows stand in front of the first trained one; one row at least stays behind them.
    private static func fixedRows(_ front: [PromptRow]) -> Int {
        let first = front.firstIndex { row in if case .soft = row { true } else { false } }
        return min(first ?? front.count, front.count - 1)
    }

    /// The keys and values of sequences of tokens, each from position 0.
    private func keyValues(_ sequences: [ArraySlice<PromptRow>]) -> [KeyValues] {
        let tokens = sequences.joined().compactMap { row in
            if case .token(let token) = row { token } else { nil }
        }
        let pass = Pass.inference(weights)
        let input = ModelInput(embeddings: model.embed(tokens, pass), lengths: sequences.map(\.count))
        let all = model.keyValues(input, pass)
        var start = 0
        return sequences.map { sequence in
            defer { start += sequence.count }
            return all.rows(start..<start + sequence.count)
        }
    }

    /// The same blocks in a mapped file.
    private func spilled(_ blocks: [KeyValues]) throws -> [KeyValues] {
        var tensors = NamedTensors()
        for (index, block) in blocks.enumerated() {
            for (layer, pair) in block.layers.enumerated() {
                tensors["\(index).\(layer).keys"] = pair.keys
                tensors["\(index).\(layer).values"] = pair.values
            }
        }
        let mapped = try tensors.spilled(on: blocks[0].layers[0].keys.backend)
        return blocks.enumerated().map { index, block in
            KeyValues(
                layers: block.layers.enumerated().map { layer, pair in
                    (
                        mapped["\(index).\(layer).keys"] ?? pair.keys,
                        mapped["\(index).\(layer).values"] ?? pair.values
                    )
                })
        }
    }
}

extension LabelledPrompt: InputRow {
    package var front: [PromptRow] { prompt.before }

    package mutating func replaceFirst(_ count: Int, by block: KeyValues) {
        past = block
        prompt = prompt.behind(count)
    }
}
