public import Datasets

/// The examples of one prompt: those that every question is shown, or the pool from which each question is
/// shown its own.
///
/// It is kept in the prompt's manifest, so that a saved prompt predicts alone.
public struct Demonstrations: Hashable, Codable, Sendable {
    /// How they are shown.
    public let settings: DemonstrationSettings
    /// The examples, the most useful first: one more than there are shots where the pool has as many, since the
    /// question itself is never shown; for examples of each question's own, the whole pool.
    public let examples: [Example]
    /// What made the vectors of the examples; nil where none are needed.
    public let vectorizer: String?

    /// Draws examples.
    ///
    /// Rows that say the same in `fields` are one example.
    /// - Parameters:
    ///   - settings: how many and which.
    ///   - pool: labelled rows; none are needed where nothing is shown.
    ///   - labels: the labels in the verbalizer's order.
    ///   - fields: the fields that the template reads.
    ///   - vectorizer: turns texts into vectors, where texts are compared.
    /// - Throws: ``DemonstrationError``, or what the vectorizer throws.
    public init(
        _ settings: DemonstrationSettings, from pool: [Example], labels: [String], fields: [String],
        _ vectorizer: (any TextVectorizer)? = nil
    ) throws {
        guard DemonstrationSettings.shotLimit.contains(settings.shots) else {
            throw DemonstrationError.badShots(settings.shots)
        }
        self.settings = settings
        guard settings.shots > 0 else {
            (examples, self.vectorizer) = ([], nil)
            return
        }
        let different = Self.different(pool, fields)
        try Self.check(different, labels)
        guard different.count >= settings.shots else {
            throw DemonstrationError.tooFewExamples(found: different.count, needed: settings.shots)
        }
        if settings.needsVectors, vectorizer == nil {
            throw DemonstrationError.needsVectors(
                settings.selection == .random || settings.selection == .balanced
                    ? "--order \(settings.order.rawValue)" : "--select \(settings.selection.rawValue)")
        }
        let vectors =
            settings.selection == .diverse
            ? try vectorizer?.vectors(of: different.map { $0.text(of: fields) }) : nil
        let places = try settings.selection.drawn(
            settings.shots + 1, labels: different.map { $0.label ?? "" }, all: labels, seed: settings.seed,
            vectors: vectors)
        examples = places.map { different[$0] }
        self.vectorizer = settings.isPerQuestion ? vectorizer?.identity : nil
    }

    private static func different(_ pool: [Example], _ fields: [String]) -> [Example] {
        var seen: Set<String> = []
        return pool.filter { seen.insert(TextKey.of($0, fields: fields)).inserted }
    }

    private static func check(_ pool: [Example], _ labels: [String]) throws(DemonstrationError) {
        for (index, example) in pool.enumerated() {
            guard let label = example.label, labels.contains(label) else {
                throw .badLabel(example.label, example: example.id ?? "row \(index + 1)", known: labels)
            }
        }
    }
}

extension Example {
    /// The text of the row by which it is compared with others: the fields that a template reads, and no more.
    package func text(of fields: [String]) -> String {
        fields.compactMap { self.fields[$0] }.joined(separator: " ")
    }
}
