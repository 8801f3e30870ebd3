package import Datasets
internal import Foundation
package import Tokenizers

/// A question behind its examples, as rows for a model.
package struct DemonstratedPrompt: Sendable {
    /// The rows.
    package var prompt: EncodedPrompt
    /// How many examples are shown.
    package var shown: Int
    /// How many were left out so that the question fits.
    package var dropped: Int
}

/// Makes rows of questions behind their instruction and examples.
///
/// Where the context is full, whole examples are left out, the least useful first (``DemonstrationOrder``);
/// then the question's fields are shortened as they would be without examples. The instruction and the
/// template's words always stay.
package struct DemonstratedEncoder: Sendable {
    private let demonstrations: Demonstrations
    private let labels: [String]
    private let fields: [String]
    /// The examples as text, each with its separator.
    private let texts: [String]
    private let keys: [String]
    private let tokenCounts: [Int]
    /// One a question's worth; nil where examples are not compared.
    private let vectors: [[Float]]?
    private let limit: Int
    /// Without examples: instruction and question.
    package let bare: PromptEncoder
    /// With examples, without a limit.
    private let open: PromptEncoder?

    /// Prepares examples behind a template.
    ///
    /// - Parameters:
    ///   - demonstrations: the examples, or the pool.
    ///   - template: the question.
    ///   - labels: the labels in the verbalizer's order.
    ///   - answer: the answer of an example, as text.
    ///   - vectors: a vector an example, where the examples are compared with questions.
    ///   - encoder: makes the encoder of a template with a limit of positions.
    ///   - limit: how many positions a prompt may have.
    /// - Throws: ``DemonstrationError``, ``TemplateError``.
    package init(
        _ demonstrations: Demonstrations, behind template: Template, labels: [String],
        answer: (Example) throws -> String, vectors: [[Float]]?, _ tokenizer: any Tokenizer, limit: Int,
        encoder: (Template, Int) throws -> PromptEncoder
    ) throws {
        let settings = demonstrations.settings
        self.demonstrations = demonstrations
        self.labels = labels
        self.limit = limit
        fields = template.fieldNames
        let lead = settings.instruction.map { $0 + settings.separator } ?? ""
        bare = try encoder(lead.isEmpty ? template : template.behind(lead, isOpen: false), limit)
        guard settings.shots > 0 else {
            (texts, keys, tokenCounts, self.vectors, open) = ([], [], [], nil, nil)
            return
        }
        guard !template.hasSpecialTokens else { throw DemonstrationError.specialTokens }
        texts = try demonstrations.examples.map {
            try template.solved($0, answer: answer($0)) + settings.separator
        }
        keys = demonstrations.examples.map { [fields] in TextKey.of($0, fields: fields) }
        tokenCounts = texts.map { tokenizer.plainTokens(of: $0).count }
        if settings.isPerQuestion, vectors?.count != demonstrations.examples.count {
            throw DemonstrationError.needsVectors("--select \(settings.selection.rawValue)")
        }
        self.vectors = settings.isPerQuestion ? vectors : nil
        open = try encoder(template.behind(lead, isOpen: true), .max)
        try checkFit(tokenizer.plainTokens(of: lead).count)
    }

    /// Examples that leave no room for any question are the user's mistake, not the questions'.
    private func checkFit(_ lead: Int) throws(DemonstrationError) {
        let shots = demonstrations.settings.shots
        let smallest = tokenCounts.sorted().prefix(shots).reduce(0, +)
        let positions =
            lead + (demonstrations.settings.isPerQuestion ? smallest : tokenCounts.prefix(shots).reduce(0, +))
        guard positions + bare.answerRows < limit else {
            throw .doNotFit(shots: shots, positions: positions, limit: limit)
        }
    }

    /// Puts a question behind its examples.
    ///
    /// - Parameters:
    ///   - example: the question; never among its own examples.
    ///   - vector: the question's vector, where examples are compared with it.
    ///   - longestAnswer: the tokens of the longest answer, where answers come with the question.
    /// - Throws: ``TemplateError`` if a field is missing or the question alone cannot fit.
    package func encode(
        _ example: Example, vector: [Float]? = nil, longestAnswer: Int? = nil
    ) throws -> DemonstratedPrompt {
        var ranked = ranking(for: example, vector)
        let wanted = ranked.count
        while let open, !ranked.isEmpty {
            let prompt = try open.encode(front(ranked, of: example))
            let answer = longestAnswer ?? open.answerRows
            let excess = prompt.before.count + answer + prompt.after.count - limit
            guard excess > 0 else {
                return DemonstratedPrompt(prompt: prompt, shown: ranked.count, dropped: wanted - ranked.count)
            }
            var removed = 0
            while removed < excess, let last = ranked.popLast() { removed += tokenCounts[last] }
        }
        return DemonstratedPrompt(
            prompt: try bare.encode(example, longestAnswer: longestAnswer), shown: 0, dropped: wanted)
    }

    /// The examples of a question, the most useful first.
    private func ranking(for example: Example, _ vector: [Float]?) -> [Int] {
        let settings = demonstrations.settings
        let key = TextKey.of(example, fields: fields)
        let others = texts.indices.filter { keys[$0] != key }
        guard let vectors, let vector else { return Array(others.prefix(settings.shots)) }
        let candidates = settings.selection == .nearest ? others : Array(others.prefix(settings.shots))
        return Array(
            DemonstrationSelection.nearestFirst(to: vector, among: candidates, vectors).prefix(settings.shots)
        )
    }

    /// The question with its examples in the field that stands for them.
    private func front(_ ranked: [Int], of example: Example) -> Example {
        let order = demonstrations.settings.order.arranged(ranked, labels: labels) {
            demonstrations.examples[$0].label
        }
        var example = example
        example.fields[Template.frontField] = order.map { texts[$0] }.joined()
        return example
    }
}
