/// Turns tokens into text one by one, as a model generates them.
///
/// A character whose bytes lie in several tokens is held back until it is complete, so that what has been
/// given out never has to be taken back.
public struct StreamDecoder: Sendable {
    private let tokenizer: any Tokenizer
    /// Tokens whose text is out already, as context for the next (a first word has no space before it), and
    /// those that wait.
    private var window: [Int32] = []
    /// The bytes of the window's text that are out.
    private var written: [UInt8] = []
    /// How many tokens of the window are out.
    private var writtenCount = 0
    /// Tokens that all end inside a character make the window grow; at this length it is cut all the same.
    private static let windowLimit = 256
    /// The most U+FFFD that an incomplete character looks like: one for each of its bytes.
    private static let openLimit = 3

    /// A decoder at the beginning of a text.
    public init(_ tokenizer: some Tokenizer) { self.tokenizer = tokenizer }

    /// Takes a token, and returns the text that is complete with it, perhaps none.
    public mutating func append(_ token: Int32) -> String {
        window.append(token)
        let text = Array(tokenizer.decode(window).utf8)
        var complete = text[...]
        for _ in 0..<Self.openLimit where complete.suffix(3) == [0xEF, 0xBF, 0xBD] { complete.removeLast(3) }
        if complete.count == text.count || window.count - writtenCount > Self.windowLimit {
            return advance(to: text)
        }
        // Wrong bytes may make characters before them look wrong too, until their last byte comes.
        guard complete.count > written.count, complete.starts(with: written) else { return "" }
        let new = String(decoding: complete[written.count...], as: UTF8.self)
        written = Array(complete)
        return new
    }

    /// Returns what waits, wrong bytes as U+FFFD, and starts again.
    public mutating func finish() -> String {
        let rest = advance(to: Array(tokenizer.decode(window).utf8))
        window = []
        written = []
        writtenCount = 0
        return rest
    }

    /// Gives out all of the text, and keeps its new tokens as context.
    private mutating func advance(to text: [UInt8]) -> String {
        guard text.count > written.count else { return "" }
        let new = String(decoding: text[written.count...], as: UTF8.self)
        window.removeFirst(writtenCount)
        writtenCount = window.count
        written = Array(tokenizer.decode(window).utf8)
        return new
    }
}
