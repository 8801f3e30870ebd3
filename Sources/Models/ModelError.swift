/// A configuration that describes no model we can read, or an input that does not fit one.
public enum ModelError: Error, Hashable, CustomStringConvertible {
    /// The file names a family that is not in ``ModelFamily``.
    case unknownFamily(file: String, key: String, found: String)
    /// A key holds a number outside what makes sense.
    case outOfRange(file: String, key: String, expected: String, found: String)
    /// A key asks for something that this version would compute wrongly, so it is refused.
    case unsupported(file: String, key: String, found: String, supported: String)
    /// Two numbers of the configuration contradict each other.
    case inconsistent(file: String, reason: String)
    /// The tokenizer can give tokens that the embedding table has no row for.
    case tokenizerTooLarge(file: String, tokens: Int, rows: Int)
    /// A text and what is to follow need more positions than the model has.
    case tooLong(positions: Int, limit: Int)
    /// There is no token to go on from.
    case nothingToContinue

    /// One sentence: where, what, and what to do.
    public var description: String {
        switch self {
        case .unknownFamily(let file, let key, let found):
            "\(file): \(key) is '\(found)', which is not among the families this version reads ("
                + ModelFamily.allCases.map(\.rawValue).joined(separator: ", ") + ")"
        case .outOfRange(let file, let key, let expected, let found):
            "\(file): \(key) must be \(expected), but is \(found)"
        case .unsupported(let file, let key, let found, let supported):
            "\(file): \(key) is \(found), which this version does not compute; supported: \(supported)"
        case .inconsistent(let file, let reason):
            "\(file): \(reason)"
        case .tokenizerTooLarge(let file, let tokens, let rows):
            "\(file): the tokenizer has \(tokens) tokens but the model has \(rows) embedding rows; "
                + "use the tokenizer that came with the model"
        case .tooLong(let positions, let limit):
            "\(positions) positions are needed but the model has \(limit); shorten the text"
        case .nothingToContinue:
            "an empty text cannot be continued with this model; give it at least one word"
        }
    }
}
