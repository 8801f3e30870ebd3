package import Datasets
package import Models
package import Tensors
internal import Tokenizers

/// Puts demonstrations behind questions; see ``DemonstrationSets``.
///
/// The question is encoded as it would be alone and loses nothing to its demonstrations: these share what room it leaves, and
/// lose tokens of their own fields, or are left out where not even their template's words fit.
package struct SetEncoder: Sendable {
    private let sets: DemonstrationSets
    private let labels: [String]
    private let fields: [String]
    private let encoder: PromptEncoder
    /// The template without soft slots: what demonstrations are put into.
    private let plain: PromptEncoder
    private let answers: [[Int32]]
    private let frame: Int
    private let limit: Int
    /// For each label the places of its examples.
    private let members: [[Int]]
    private let keys: [String]
    private let vectorizer: (any TextVectorizer)?
    private let vectors: [[Float]]
    /// The rows of each example where there is room; nil where it cannot fit.
    private let whole: [[PromptRow]?]

    /// - Parameters:
    ///   - sets: what is drawn, and from what.
    ///   - words: the label words; a label's first one is shown.
    ///   - encoder: makes rows of questions.
    ///   - limit: how many positions question and demonstrations may have together.
    ///   - vectorizer: compares texts; nil for the model itself.
    /// - Throws: ``PromptError/unsupportedModel(method:reason:)`` for a causal model; ``DemonstrationError``,
    ///   ``TemplateError``.
    package init(
        _ sets: DemonstrationSets, _ words: EncodedVerbalizer, _ encoder: PromptEncoder, limit: Int,
        _ pretrained: PretrainedModel, vectorizer: (any TextVectorizer)? = nil
    ) throws {
        guard encoder.kind == .masked else {
            throw PromptError.unsupportedModel(
                method: "demonstrations behind the question",
                reason: "it reads from left to right; 'cloze evaluate --shots' shows examples in front")
        }
        guard words.wordsOfLabel.allSatisfy({ !$0.isEmpty }) else {
            throw PromptError.badSetting(
                name: "demonstrations behind the question", value: "asked for with choices of each row",
                allowed: "with label words only")
        }
        guard !encoder.template.hasSpecialTokens else { throw DemonstrationError.specialTokens }
        self.sets = sets
        self.encoder = encoder
        self.limit = limit
        labels = words.labels
        fields = encoder.template.fieldNames
        plain = try encoder.asking(try encoder.template.withoutSoftSlots(), limit: limit)
        answers = words.wordsOfLabel.map { words.words[$0.lowerBound].tokens }
        frame = pretrained.tokenizer.framing.prefix.count
        keys = sets.examples.map { [fields] in TextKey.of($0, fields: fields) }
        members = words.labels.map { label in
            sets.examples.indices.filter { sets.examples[$0].label == label }
        }
        if let empty = members.firstIndex(where: \.isEmpty) {
            throw DemonstrationError.labelWithoutExamples(words.labels[empty])
        }
        let (plain, frame, answers) = (self.plain, self.frame, self.answers)
        whole = sets.examples.map { example in
            let label = words.labels.firstIndex(of: example.label ?? "") ?? 0
            return Self.solved(example, answers[label], plain, frame: frame, room: limit)
        }
        let compares = sets.settings.similarShare != nil
        let given = compares ? vectorizer ?? ModelVectorizer(pretrained) : nil
        if let given, let wanted = sets.vectorizer, wanted != given.identity {
            throw DemonstrationError.otherVectors(expected: wanted, found: given.identity)
        }
        self.vectorizer = given
        vectors = try given?.vectors(of: sets.examples.map { [fields] in $0.text(of: fields) }) ?? []
    }

    /// The vectors of questions, where examples are compared with them.
    package func vectors(of questions: [Example]) throws -> [[Float]]? {
        try vectorizer?.vectors(of: questions.map { $0.text(of: fields) })
    }

    /// A question with as many sets as the settings have for use.
    package func inUse(_ example: Example, vector: [Float]?) throws -> [EncodedPrompt] {
        let own = StableHash.of(TextKey.of(example, fields: fields))
        return try (0..<sets.settings.count).map { index in
            var random = CounterRandom(seed: sets.settings.seed, stream: own &+ UInt64(index))
            return try encode(example, vector: vector, &random)
        }
    }

    /// A question with one set.
    package func encode(_ example: Example, vector: [Float]?, _ random: inout CounterRandom) throws
        -> EncodedPrompt
    {
        let question = try encoder.encode(example)
        let chosen = draw(for: example, vector, &random)
        let room = limit - question.rows.count
        var rows: [PromptRow] = []
        var dropped = 0
        for (index, place) in chosen.enumerated() {
            let share = (room - rows.count) / (chosen.count - index)
            if let shown = solved(place, room: share) { rows += shown } else { dropped += 1 }
        }
        var prompt = question.followed(by: rows)
        (prompt.examplesShown, prompt.examplesDropped) = (chosen.count - dropped, dropped)
        return prompt
    }

    /// One example a label, never the question itself where there is another.
    private func draw(for example: Example, _ vector: [Float]?, _ random: inout CounterRandom) -> [Int] {
        let key = TextKey.of(example, fields: fields)
        return members.map { own in
            let others = own.filter { keys[$0] != key }
            var candidates = others.isEmpty ? own : others
            if let vector, let share = sets.settings.similarShare {
                let count = max(1, Int((Float(candidates.count) * share).rounded(.down)))
                candidates = Array(
                    DemonstrationSelection.nearestFirst(to: vector, among: candidates, vectors).prefix(count))
            }
            return candidates[Int(random.next().multipliedFullWidth(by: UInt64(candidates.count)).high)]
        }
    }

    /// The rows of an example with its answer, where this is the room for them; nil where it cannot fit.
    private func solved(_ place: Int, room: Int) -> [PromptRow]? {
        if let rows = whole[place], rows.count <= room { return rows }
        let label = labels.firstIndex(of: sets.examples[place].label ?? "") ?? 0
        return Self.solved(sets.examples[place], answers[label], plain, frame: frame, room: room)
    }

    /// The rows of an example with its answer, without the frame's start and with its separator.
    private static func solved(
        _ example: Example, _ answer: [Int32], _ plain: PromptEncoder, frame: Int, room: Int
    ) -> [PromptRow]? {
        guard room > 0, let bounded = try? plain.asking(plain.template, limit: room + frame),
            let encoded = try? bounded.encode(example, longestAnswer: answer.count)
        else { return nil }
        return Array(encoded.filled(with: answer).dropFirst(frame))
    }
}
