package import Models
internal import Tensors
internal import Tokenizers

/// Words of a model's vocabulary that are one token behind a template: what label words are compared with.
package struct RandomWords: Sendable {
    private let pretrained: PretrainedModel
    private let template: Template
    private let kind: PromptKind

    package init(_ pretrained: PretrainedModel, _ template: Template) throws {
        self.pretrained = pretrained
        self.template = template
        kind = try pretrained.promptKind()
    }

    /// So many different words; the same seed draws the same.
    package func draw(_ count: Int, seed: UInt64) throws -> [String] {
        let tokenizer = pretrained.tokenizer
        let inspection = WordInspection(template, tokenizer, kind)
        let special = tokenizer.specialTokens.all
        var random = CounterRandom(seed: seed, stream: 77)
        var words: [String] = []
        // A vocabulary without words ends the draw, and not never.
        for _ in 0..<100_000 where words.count < count {
            let token = Int32(random.next().multipliedFullWidth(by: UInt64(tokenizer.vocabularySize)).high)
            let word = tokenizer.decode([token]).withoutSpacesAround
            guard !special.contains(token), word.count > 2, !words.contains(word),
                let encoded = try? inspection.encode(word, label: 0, named: ""), encoded.tokens == [token]
            else { continue }
            words.append(word)
        }
        guard words.count == count else {
            throw PromptError.badSetting(
                name: "the vocabulary", value: "\(words.count) words", allowed: "at least \(count)")
        }
        return words
    }
}
