internal import Datasets
internal import Models
internal import Tensors
internal import Tokenizers

/// Makes rows of a prompt's questions, with all that the manifest says stands around them: instruction, examples,
/// choices, and the neutral text that some rules compare with.
struct QuestionEncoder: Sendable {
    private let demonstrated: DemonstratedEncoder
    private let choices: ChoiceList?
    private let neutral: NeutralText?
    private let vectorizer: (any TextVectorizer)?
    private let fields: [String]
    private let isPerQuestion: Bool
    /// Demonstrations behind the question; nil where there are none.
    private let sets: SetEncoder?

    /// - Parameters:
    ///   - encoder: makes rows of the bare template.
    ///   - words: the label words.
    ///   - vectorizer: compares questions with examples, where the manifest wants that; nil for the model itself.
    /// - Throws: ``TemplateError``, ``DemonstrationError``, ``VerbalizerError``, ``ChoiceError``.
    init(
        _ prompt: Prompt, _ pretrained: PretrainedModel, _ encoder: PromptEncoder, _ words: EncodedVerbalizer,
        _ vectorizer: (any TextVectorizer)?
    ) throws {
        let (manifest, template, tokenizer) = (prompt.manifest, encoder.template, pretrained.tokenizer)
        choices = manifest.choices.map { ChoiceList($0, behind: template, tokenizer, kind: encoder.kind) }
        neutral =
            manifest.rule.needsNeutralText
            ? try NeutralText(manifest.neutral, manifest.rule, of: template, tokenizer, limit: encoder.limit)
            : nil
        fields = template.fieldNames
        sets = try manifest.demonstrationSets.map {
            try SetEncoder($0, words, encoder, limit: encoder.limit, pretrained, vectorizer: vectorizer)
        }
        let demonstrations =
            try manifest.demonstrations
            ?? Demonstrations(DemonstrationSettings(), from: [], labels: [], fields: [])
        isPerQuestion = demonstrations.settings.isPerQuestion
        self.vectorizer =
            isPerQuestion ? try Self.vectorizer(for: demonstrations, vectorizer, pretrained) : nil
        demonstrated = try DemonstratedEncoder(
            demonstrations, behind: template, labels: manifest.verbalizer.labels,
            answer: { [choices] example in
                if let choices { return try choices.answer(of: example) }
                return manifest.verbalizer.words(for: example.label ?? "")?.first ?? ""
            },
            vectors: prompt.exampleVectors?.rows
                ?? self.vectorizer?.vectors(
                    of: demonstrations.examples.map { [fields] in $0.text(of: fields) }),
            tokenizer, limit: encoder.limit
        ) { asked, limit in
            asked == template && limit == encoder.limit ? encoder : try encoder.asking(asked, limit: limit)
        }
    }

    private static func vectorizer(
        for demonstrations: Demonstrations, _ given: (any TextVectorizer)?, _ pretrained: PretrainedModel
    ) throws(DemonstrationError) -> any TextVectorizer {
        let own = given ?? ModelVectorizer(pretrained)
        if let wanted = demonstrations.vectorizer, wanted != own.identity {
            throw .otherVectors(expected: wanted, found: own.identity)
        }
        return own
    }

    /// The vectors of questions, where examples are compared with them.
    func vectors(of questions: [Example]) throws -> [[Float]]? {
        if let sets { return try sets.vectors(of: questions) }
        return try vectorizer?.vectors(of: questions.map { $0.text(of: fields) })
    }

    /// Makes rows of a question: once, or once a set of demonstrations, whose answers are averaged.
    func encodeAll(_ example: Example, vector: [Float]?) throws -> [EncodedPrompt] {
        try sets?.inUse(example, vector: vector) ?? [encode(example, vector: vector)]
    }

    /// Makes rows of a question.
    func encode(_ example: Example, vector: [Float]?) throws -> EncodedPrompt {
        let words = try choices?.words(of: example) ?? []
        let made = try demonstrated.encode(
            example, vector: vector, longestAnswer: words.map(\.tokens.count).max())
        var prompt = made.prompt
        prompt.choices = words
        prompt.neutral = try neutral?.rows(for: example) ?? []
        (prompt.examplesShown, prompt.examplesDropped) = (made.shown, made.dropped)
        return prompt
    }

    /// What two questions that have nothing in common both start with; see ``FrontBlock``.
    ///
    /// Examples of each question's own are no part of it.
    func sharedRows() -> [PromptRow] {
        FrontBlock.sharedRows(fields) { example in
            isPerQuestion
                ? try? demonstrated.bare.encode(example).before
                : try? demonstrated.encode(example).prompt.before
        }
    }
}

extension Tensor {
    /// The rows of a matrix, each as numbers.
    fileprivate var rows: [[Float]] {
        let (values, width) = (floats, shape.width)
        return (0..<shape.rows).map { Array(values[$0 * width..<($0 + 1) * width]) }
    }
}
