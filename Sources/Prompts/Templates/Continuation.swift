import Tokenizers

/// Tokens of text that stands behind other text.
///
/// Some tokenizers put a word-start mark in front of whatever they are given; text in the middle of a prompt
/// must not get one. So it is encoded behind a short anchor, whose tokens are then dropped: what lm-eval does
/// with a context and its continuation, without a context for every word.
struct Continuation: Sendable {
    private let tokenizer: any Tokenizer
    private let anchors: [(text: String, tokens: [Int32])]

    init(_ tokenizer: any Tokenizer) {
        self.tokenizer = tokenizer
        anchors = [".", "\n", "a"].map { ($0, tokenizer.plainTokens(of: $0)) }
    }

    /// The tokens of `text` behind other text; those of the text alone if it merges with every anchor.
    func encode(_ text: String) -> [Int32] {
        guard !text.isEmpty else { return [] }
        for anchor in anchors where !anchor.tokens.isEmpty {
            let tokens = tokenizer.plainTokens(of: anchor.text + text)
            if tokens.count > anchor.tokens.count, tokens.starts(with: anchor.tokens) {
                return Array(tokens.dropFirst(anchor.tokens.count))
            }
        }
        return tokenizer.plainTokens(of: text)
    }
}
