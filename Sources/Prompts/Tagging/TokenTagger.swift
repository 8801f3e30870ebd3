package import Datasets
package import Layers
package import Models
package import Tensors
package import Tokenizers

/// A row of words as a model reads it for tagging, with the row at which each word is read.
package struct EncodedWords: Hashable, Sendable {
    /// The tokens of all words, framed as the model expects a text.
    package let tokens: [Int32]
    /// For each word that fits, the place of its first token.
    package let places: [Int]
    /// How many words there are; those beyond ``places`` did not fit and are `O`.
    package let count: Int
}

/// Reads a tag off every word: the per-token head of P-tuning v2 (Liu et al. 2022, §3.2) and of fine-tuning.
///
/// A word's tag is read at its first token, as is usual for BIO tagging (Devlin et al. 2019, §5.3).
package struct TokenTagger: Sendable {
    /// The tags, in the order of the scores.
    package let tags: [String]
    private let head: ClassificationHead
    private let tokenizer: any Tokenizer
    private let limit: Int

    /// A tagger for a model of this width.
    ///
    /// - Parameter limit: how many positions the tokens of a row may take.
    package init(tags: [String], width: Int, _ tokenizer: any Tokenizer, limit: Int) {
        self.tags = tags
        head = ClassificationHead(labels: tags, width: width)
        self.tokenizer = tokenizer
        self.limit = limit
    }

    package var parameters: [Parameter] { head.parameters }

    package func start(_ random: inout CounterRandom, on backend: any Backend) -> NamedTensors {
        head.start(&random, on: backend)
    }

    /// The words of a row: its field `tokens`.
    ///
    /// - Throws: `DatasetError` for a row without such a list.
    package func encode(_ example: Example) throws -> EncodedWords {
        let words = try example.list("tokens")
        let (prefix, suffix) = tokenizer.framing
        var (tokens, places) = (prefix, [Int]())
        for (index, word) in words.enumerated() {
            let own = tokenizer.encode(index == 0 ? word : " " + word)
            guard tokens.count + own.count + suffix.count <= limit else { break }
            // A word that the tokenizer makes nothing of is read where the one before it ends.
            places.append(own.isEmpty ? max(0, tokens.count - 1) : tokens.count)
            tokens += own
        }
        return EncodedWords(tokens: tokens + suffix, places: places, count: words.count)
    }

    /// The log-probability of each tag at each word that fits, `[words, tags]`, in nats.
    package func logProbabilities(
        _ rows: [EncodedWords], _ model: any LanguageModel, _ tensors: PromptTensors, _ pass: Pass
    ) -> Tensor {
        let packed = PackedPrompts(
            rows.map { row in
                PackedPrompts.Request(prompt: row.tokens.map(PromptRow.token), question: .rows(row.places))
            }, sharesPrefix: false)
        return head.logProbabilities(
            model.hidden(packed.input(model, [tensors], pass), pass), packed.readings, pass)
    }
}
