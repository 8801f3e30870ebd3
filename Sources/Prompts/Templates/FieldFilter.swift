/// A change to a field's text before it goes into the prompt.
public enum FieldFilter: String, CaseIterable, Codable, Sendable {
    /// Drops white space at both ends.
    case trim
    /// Drops the marks that close a sentence (`.`, `!`, `?`, `…`, `。` and their like), with the space behind.
    case withoutPunctuation = "nopunct"
    /// Makes the first letter small.
    case lowerFirst = "lowerfirst"
    /// Makes the first letter large.
    case upperFirst = "upperfirst"

    /// The word of the grammar that marks a field as one that may be shortened; it changes no text by itself.
    static let shortenWord = "shorten"

    /// The words that may stand behind a bar.
    static var words: [String] { [shortenWord] + allCases.map(\.rawValue) }

    private static let closingMarks = Set<Character>(".!?,;:…。．！？，；：、｡؟۔।")

    func applied(to text: String) -> String {
        switch self {
        case .trim: String(Self.trimmedEnd(text).drop(while: \.isWhitespace))
        case .withoutPunctuation: Self.withoutClosingMarks(text)
        case .lowerFirst: text.prefix(1).lowercased() + text.dropFirst()
        case .upperFirst: text.prefix(1).uppercased() + text.dropFirst()
        }
    }

    private static func trimmedEnd(_ text: some StringProtocol) -> Substring {
        var rest = Substring(text)
        while rest.last?.isWhitespace == true {
            rest.removeLast()
        }
        return rest
    }

    private static func withoutClosingMarks(_ text: String) -> String {
        var rest = trimmedEnd(text)
        guard let last = rest.last, closingMarks.contains(last) else { return text }
        while let last = rest.last, closingMarks.contains(last) || last.isWhitespace {
            rest.removeLast()
        }
        return String(rest)
    }
}
