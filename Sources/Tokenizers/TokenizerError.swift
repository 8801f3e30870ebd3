/// A rule that a tokenizer file, a vocabulary or a text breaks.
public enum TokenizerError: Error, Equatable, CustomStringConvertible {
    /// The file or folder cannot be read, or holds nothing this room knows.
    case unreadable(path: String, reason: String)
    /// The file is larger than any tokenizer's.
    case tooLarge(path: String, bytes: Int, limit: Int)
    /// The bytes are not JSON; `offset` counts bytes.
    case notJSON(offset: Int, reason: String)
    /// A field that the format asks for is absent.
    case missing(field: String)
    /// A field has another type than the format's.
    case wrongType(field: String, expected: String)
    /// A stage names a kind that is not supported.
    case unknownKind(stage: String, kind: String)
    /// A kind is known, but not with this setting.
    case unsupportedSetting(stage: String, setting: String, value: String)
    /// A regular expression uses syntax that is not supported.
    case badPattern(pattern: String, reason: String)
    /// An id is negative, or far beyond the number of pieces.
    case idOutOfRange(piece: String, id: Int)
    /// Two pieces have the same id.
    case duplicateID(id: Int, first: String, second: String)
    /// The same piece is listed twice.
    case duplicatePiece(piece: String)
    /// A merge is not two pieces.
    case malformedMerge(index: Int, text: String)
    /// A merge names, or makes, a piece that is not in the vocabulary.
    case mergeOutsideVocabulary(index: Int, piece: String)
    /// A token that a stage needs is not in the vocabulary.
    case unknownToken(field: String, piece: String)
    /// An added token has an id that the vocabulary gives to something else.
    case addedTokenConflict(piece: String, id: Int)
    /// Lists that describe the same pieces differ in length.
    case unequalCounts(first: String, firstCount: Int, second: String, secondCount: Int)
    /// The table of a `Precompiled` normalizer is damaged.
    case badCharacterMap(reason: String)
    /// A text is not UTF-8; `offset` counts bytes.
    case invalidUTF8(offset: Int)

    /// What is wrong, where, and what to do about it.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "No tokenizer can be read from \(path): \(reason)."
        case .tooLarge(let path, let bytes, let limit):
            "\(path) has \(bytes) bytes; a tokenizer file may have \(limit). Is it the right file?"
        case .notJSON(let offset, let reason):
            "The tokenizer file is not JSON at byte \(offset): \(reason). Was it copied completely?"
        case .missing(let field):
            "The tokenizer file has no `\(field)`."
        case .wrongType(let field, let expected):
            "`\(field)` of the tokenizer file must be \(expected)."
        case .unknownKind(let stage, let kind):
            "The tokenizer file asks for the \(stage) “\(kind)”, which Cloze does not have."
        case .unsupportedSetting(let stage, let setting, let value):
            "The \(stage) of the tokenizer file sets `\(setting)` to \(value), which Cloze does not support."
        case .badPattern(let pattern, let reason):
            "The pattern \(pattern) of the tokenizer file cannot be used: \(reason)."
        case .idOutOfRange(let piece, let id):
            "The piece “\(piece)” has the id \(id), which is negative or far beyond the number of pieces."
        case .duplicateID(let id, let first, let second):
            "The pieces “\(first)” and “\(second)” both have the id \(id)."
        case .duplicatePiece(let piece):
            "The piece “\(piece)” stands twice in the vocabulary."
        case .malformedMerge(let index, let text):
            "Merge \(index), “\(text)”, is not two pieces."
        case .mergeOutsideVocabulary(let index, let piece):
            "Merge \(index) needs the piece “\(piece)”, which is not in the vocabulary."
        case .unknownToken(let field, let piece):
            "`\(field)` names the token “\(piece)”, which is not in the vocabulary."
        case .addedTokenConflict(let piece, let id):
            "The added token “\(piece)” has the id \(id), which the vocabulary uses otherwise."
        case .unequalCounts(let first, let firstCount, let second, let secondCount):
            "There are \(firstCount) \(first) but \(secondCount) \(second); they must be as many."
        case .badCharacterMap(let reason):
            "The character map of the Precompiled normalizer is damaged: \(reason)."
        case .invalidUTF8(let offset):
            "The text is not UTF-8 at byte \(offset)."
        }
    }
}
