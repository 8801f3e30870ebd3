/// Why examples cannot be shown in front of a question.
public enum DemonstrationError: Error, Hashable, Sendable {
    /// A number of examples that no prompt shows.
    case badShots(Int)
    /// The pool has fewer different examples than are to be shown.
    case tooFewExamples(found: Int, needed: Int)
    /// A balanced draw needs an example of every label.
    case labelWithoutExamples(String)
    /// An example of the pool has no label, or one without words.
    case badLabel(String?, example: String, known: [String])
    /// The examples alone take more positions than there are, before any question.
    case doNotFit(shots: Int, positions: Int, limit: Int)
    /// Something is chosen or ordered by similarity, and nothing turns texts into vectors.
    case needsVectors(String)
    /// The vectors of the pool were made by something else than what there is now.
    case otherVectors(expected: String, found: String)
    /// Examples are text; a template with special tokens between its words cannot be written as text.
    case specialTokens
}

extension DemonstrationError: CustomStringConvertible {
    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .badShots(let shots):
            "\(shots) examples cannot be shown; ask for \(DemonstrationSettings.shotLimit.lowerBound) to "
                + "\(DemonstrationSettings.shotLimit.upperBound)"
        case .tooFewExamples(let found, let needed):
            "the pool has \(found) different examples and \(needed) are to be shown; ask for fewer shots, or give a "
                + "larger pool"
        case .labelWithoutExamples(let label):
            "the pool has no example of the label '\(label)', so a balanced draw is not possible; add one, or select "
                + "by random"
        case .badLabel(let label, let example, let known):
            "\(example) of the pool " + (label.map { "has the label '\($0)'" } ?? "has no label")
                + "; the labels with words are \(known.map { "'\($0)'" }.joined(separator: ", "))"
        case .doNotFit(let shots, let positions, let limit):
            "the \(shots) examples alone take \(positions) positions, but the context holds \(limit); ask for fewer "
                + "shots, choose shorter examples, or raise --limit if the model allows"
        case .needsVectors(let what):
            "\(what) compares texts, and nothing here turns texts into vectors; give --encoder MODEL"
        case .otherVectors(let expected, let found):
            "the prompt's examples were compared by \(expected), but now there is \(found); give the same --encoder"
        case .specialTokens:
            "the template has special tokens between its words (as --chat puts them there), which examples, being text, cannot "
                + "repeat; leave {special …} and --chat away, or show no examples"
        }
    }
}
