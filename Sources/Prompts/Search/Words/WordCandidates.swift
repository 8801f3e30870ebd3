internal import Models
internal import Tokenizers

/// Which tokens may be label words: those that are a text by themselves behind the template, and pass the filter.
///
/// A token whose text is tokenized into something else (a piece of a word, half a character) is never one, since the
/// result is words that any tool can read.
struct WordCandidates {
    private let tokenizer: any Tokenizer
    private let inspection: WordInspection
    private let filter: TriggerFilter
    private let refused: Set<Int32>
    private let marksWords: Bool
    private var known: [Int32: String?] = [:]

    /// - Parameter filter: capitals, pieces, and with ``TriggerFilter/refusesLabels`` the labels' own names.
    init(_ filter: TriggerFilter, _ template: Template, labels: [String], _ pretrained: PretrainedModel)
        throws
    {
        tokenizer = pretrained.tokenizer
        inspection = WordInspection(template, pretrained.tokenizer, try pretrained.promptKind())
        self.filter = filter
        refused =
            tokenizer.specialTokens.all
            .union(filter.refusesLabels ? TriggerFilter.wholeTokens(of: labels, tokenizer) : [])
        marksWords = TriggerFilter.marksWords(tokenizer)
    }

    /// The word that a token is, or nil where it may be none.
    mutating func word(_ token: Int32) -> String? {
        if let known = known[token] { return known }
        let word = read(token)
        known[token] = .some(word)
        return word
    }

    private func read(_ token: Int32) -> String? {
        let word = tokenizer.decode([token]).withoutSpacesAround
        guard !word.isEmpty, !refused.contains(token), word.allSatisfy({ !$0.isNewline }),
            filter.permits(token, tokenizer, marksWords: marksWords),
            let encoded = try? inspection.encode(word, label: 0, named: ""), encoded.tokens == [token]
        else { return nil }
        return word
    }

    /// The first so many of these tokens that may be label words.
    mutating func first(_ count: Int, of tokens: some Sequence<Int32>) -> [Int32] {
        var found: [Int32] = []
        for token in tokens {
            if found.count == count { break }
            if word(token) != nil { found.append(token) }
        }
        return found
    }

    /// A verbalizer of ranked tokens: the labels take their best free one by turns, so that no word is taken twice.
    ///
    /// - Throws: ``PromptError/noWordsLeft(label:reason:)``.
    mutating func verbalizer(_ ranked: [[Int32]], labels: [String], wordsPerLabel: Int) throws -> Verbalizer {
        var taken: Set<String> = []
        var words = labels.map { _ in [String]() }
        var next = labels.map { _ in 0 }
        for turn in 0..<wordsPerLabel {
            for label in labels.indices {
                var found: String?
                while found == nil, next[label] < ranked[label].count {
                    found = word(ranked[label][next[label]]).flatMap { taken.contains($0) ? nil : $0 }
                    next[label] += 1
                }
                guard let found else {
                    if turn > 0 { continue }
                    throw PromptError.noWordsLeft(
                        label: labels[label], reason: "no token of the vocabulary passes the filter")
                }
                words[label].append(found)
                taken.insert(found)
            }
        }
        return try Verbalizer(zip(labels, words).map { Verbalizer.Entry(label: $0, words: $1) })
    }
}

extension Array where Element == Float {
    /// The places of the numbers, the highest first; of equal ones the lower place first.
    var placesByFall: [Int] { indices.sorted { (self[$1], $0) < (self[$0], $1) } }
}
