import Tokenizers

/// A tokenizer whose tokens are numbers: `"11 4"` is `[11, 4]`, so that a test's texts say which ids they are.
///
/// Any other character but a space is the last token of the vocabulary.
struct NumberTokenizer: Tokenizer {
    let vocabularySize: Int
    /// Where the special tokens end; 1 starts a sequence and 2 ends it.
    var firstText: Int32 = 3
    /// Whether texts are framed as BERT's: 1 classifies, 2 separates, 4 is the mask.
    var isMasked = false

    var specialTokens: SpecialTokens {
        var tokens = SpecialTokens()
        (tokens.beginning, tokens.end, tokens.all) = (1, 2, Set(0..<firstText))
        if isMasked { (tokens.classifier, tokens.separator, tokens.mask) = (1, 2, 4) }
        return tokens
    }

    var framing: (prefix: [Int32], suffix: [Int32]) { isMasked ? ([1], [2]) : ([], []) }

    func frame(_ first: [Int32], with second: [Int32]) -> (tokens: [Int32], segments: [Int32]) {
        (first + second, (first + second).map { _ in 0 })
    }

    func encode(_ text: String, parsingSpecial: Bool) -> [Int32] {
        var tokens: [Int32] = []
        var isWithinNumber = false
        for character in text {
            if let digit = character.wholeNumberValue {
                let start = isWithinNumber ? (tokens.popLast() ?? 0) * 10 : 0
                tokens.append((start + Int32(digit)) % Int32(vocabularySize))
            } else if character != " " {
                tokens.append(Int32(vocabularySize) - 1)
            }
            isWithinNumber = character.isNumber
        }
        return tokens
    }

    func decode(_ tokens: some Sequence<Int32>) -> String { tokens.map(String.init).joined(separator: " ") }
    func token(for piece: String) -> Int32? { Int32(piece) }
    func piece(for token: Int32) -> String? { String(token) }
}
