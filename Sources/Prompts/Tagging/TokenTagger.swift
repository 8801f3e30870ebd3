package import Datasets
package import Layers
internal import Models
package import Tensors
package import Tokenizers

/// A row of words as a model reads it for tagging, with the row at which each word is read.
package struct EncodedWords: Hashable, Sendable {
    /// How the tag of a word is found.
    package enum Reading: Hashable, Sendable {
        /// It is read at its first token: at this one of ``EncodedWords/places``.
        case own(Int)
        /// Its first token is one of the word before it too, as where every character has a tag.
        case shared
        /// The tokenizer makes nothing of it, as of a space.
        case nothing
    }

    /// Soft rows and the tokens of all words, framed as the model expects a text.
    package let rows: [PromptRow]
    /// The rows that are read, in increasing order.
    package let places: [Int]
    /// For each word that fits, how its tag is found.
    package let readings: [Reading]
    /// How many words there are; those beyond ``readings`` did not fit and are `O`.
    package let count: Int

    /// The tags of all words from those that were read.
    ///
    /// A word that shares its token goes on with that word's name, if it is one: characters are tagged as KLUE's
    /// baseline does (Park et al. 2021, §4.3). A word that is nothing to the tokenizer is part of a name where both of
    /// its neighbours are.
    package func tags(_ read: [String]) -> [String] {
        var tags: [String] = []
        for (index, reading) in readings.enumerated() {
            switch reading {
            case .own(let place): tags.append(read[place])
            case .shared: tags.append(Self.continued(tags.last ?? "O"))
            case .nothing:
                let inside = Self.continued(tags.last ?? "O")
                let next = readings[index...].lazy.compactMap { reading in
                    if case .own(let place) = reading { read[place] } else { nil }
                }.first
                tags.append(inside != "O" && next == inside ? inside : "O")
            }
        }
        return tags + Array(repeating: "O", count: count - tags.count)
    }

    /// The tag of more of the same name.
    private static func continued(_ tag: String) -> String {
        tag.hasPrefix("B-") ? "I-" + tag.dropFirst(2) : tag.hasPrefix("I-") ? tag : "O"
    }
}

/// Reads a tag off every word: the per-token head of P-tuning v2 (Liu et al. 2022, §3.2) and of fine-tuning.
///
/// A word's tag is read at its first token, as is usual for BIO tagging (Devlin et al. 2019, §5.3).
package struct TokenTagger: Sendable {
    /// The tags, in the order of the scores.
    package let tags: [String]
    private let head: ClassificationHead
    private let tokenizer: any Tokenizer
    private let softRows: Int
    private let limit: Int

    /// A tagger for a model of this width.
    ///
    /// - Parameters:
    ///   - softRows: how many trained rows stand in front of each row of words.
    ///   - limit: how many positions a row may take, soft rows counted.
    package init(
        tags: [String], width: Int, _ tokenizer: any Tokenizer, softRows: Int = 0, limit: Int
    ) {
        self.tags = tags
        head = ClassificationHead(labels: tags, width: width)
        self.tokenizer = tokenizer
        self.softRows = softRows
        self.limit = limit
    }

    package var parameters: [Parameter] { head.parameters }

    package func start(_ random: inout CounterRandom, on backend: any Backend) -> NamedTensors {
        head.start(&random, on: backend)
    }

    /// The words of a row: its field `tokens`.
    ///
    /// Words are parted by spaces, unless one of them is a space or the field `text` has them without: then they are
    /// characters, or other parts of words, and read as one text.
    /// - Throws: `DatasetError` for a row without such a list.
    package func encode(_ example: Example) throws -> EncodedWords {
        let words = try example.list("tokens")
        let isOneText =
            words.contains { !$0.isEmpty && $0.allSatisfy(\.isWhitespace) }
            || example.fields["text"] == words.joined()
        let text = TokenizedText(words.joined(separator: isOneText ? "" : " "), tokenizer)
        let (prefix, suffix) = tokenizer.framing
        let kept = text.tokens.prefix(max(0, limit - softRows - prefix.count - suffix.count))
        let before = (0..<softRows).map(PromptRow.soft) + prefix.map(PromptRow.token)
        let (readings, places) = Self.readings(
            words.map(\.unicodeScalars.count), parted: isOneText ? 0 : 1, text.parts, upTo: kept.count)
        return EncodedWords(
            rows: before + kept.map(PromptRow.token) + suffix.map(PromptRow.token),
            places: places.map { before.count + $0 }, readings: readings, count: words.count)
    }

    /// How words of so many scalars, with so many between them, are read off tokens with these parts of the text.
    private static func readings(
        _ lengths: [Int], parted gap: Int, _ parts: [Range<Int>], upTo kept: Int
    ) -> (readings: [EncodedWords.Reading], places: [Int]) {
        var (readings, places): ([EncodedWords.Reading], [Int]) = ([], [])
        var (start, token) = (0, 0)
        for length in lengths {
            let end = start + length
            while token < parts.count, parts[token].isEmpty || parts[token].upperBound <= start { token += 1 }
            if token == parts.count || parts[token].lowerBound >= end {
                // A word behind all that fits is not read, whatever it is.
                if token >= kept, kept < parts.count { break }
                readings.append(.nothing)
            } else if token >= kept {
                break
            } else if parts[token].lowerBound < start {
                readings.append(.shared)
            } else {
                readings.append(.own(places.count))
                places.append(token)
            }
            start = end + gap
        }
        return (readings, places)
    }

    /// Rows of words, read at their places.
    package func packed(_ rows: [EncodedWords]) -> PackedPrompts {
        PackedPrompts(
            rows.map { PackedPrompts.Request(prompt: $0.rows, question: .rows($0.places)) },
            sharesPrefix: false)
    }

    /// The log-probability of each tag at each place that is read, `[places, tags]`, in nats.
    package func logProbabilities(
        _ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass
    ) -> Tensor {
        head.logProbabilities(hidden, readings, pass)
    }
}
