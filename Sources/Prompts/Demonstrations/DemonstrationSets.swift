public import Datasets

/// Demonstrations behind the question of a masked model, one of each label (LM-BFF, Gao, Fisch & Chen 2021, §5).
///
/// The text is `T(x) ⊕ T̃(x₁, y₁) ⊕ … ⊕ T̃(x_C, y_C)`: the question with its mask, then for each label an example of it with
/// the label word in the mask's place, each behind the model's separator and, on models that have segments, all in the
/// second one. A step of training draws one set for each row; in use several sets are drawn and the labels' scores averaged.
/// With a similar share, a label's examples are drawn among those nearest to the question only.
public struct DemonstrationSets: Codable, Hashable, Sendable {
    /// What is drawn.
    public struct Settings: Codable, Hashable, Sendable {
        /// How many sets are drawn for a question in use; the paper's 16.
        public var count = 16
        /// The share of each label's examples, the most similar to the question, that is drawn from; nil for all. The
        /// paper has 0.5.
        public var similarShare: Float?
        /// Decides the draws.
        public var seed: UInt64 = 0

        /// The paper's numbers, without the choice by similarity.
        public init() {}
    }

    /// What is drawn.
    public let settings: Settings
    /// The labelled rows that are drawn from.
    public let examples: [Example]
    /// What compares texts; nil where none are compared.
    public let vectorizer: String?

    /// Sets of these rows.
    ///
    /// - Parameters:
    ///   - settings: what is drawn.
    ///   - pool: labelled rows; the train rows, in the paper.
    ///   - labels: the labels; each needs an example.
    ///   - vectorizer: compares texts, where similar ones are asked for.
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)``, ``DemonstrationError/labelWithoutExamples(_:)``.
    public init(
        _ settings: Settings, from pool: [Example], labels: [String],
        _ vectorizer: (any TextVectorizer)? = nil
    ) throws {
        guard (1...64).contains(settings.count) else {
            throw PromptError.badSetting(
                name: "the number of demonstration sets", value: "\(settings.count)",
                allowed: "between 1 and 64")
        }
        if let share = settings.similarShare {
            guard share > 0, share <= 1 else {
                throw PromptError.badSetting(
                    name: "the share of similar examples", value: "\(share)", allowed: "above 0, up to 1")
            }
            guard vectorizer != nil else { throw DemonstrationError.needsVectors("--similar-share") }
        }
        for label in labels where !pool.contains(where: { $0.label == label }) {
            throw DemonstrationError.labelWithoutExamples(label)
        }
        self.settings = settings
        examples = pool.filter { $0.label.map(labels.contains) ?? false }
        self.vectorizer = settings.similarShare == nil ? nil : vectorizer?.identity
    }
}
