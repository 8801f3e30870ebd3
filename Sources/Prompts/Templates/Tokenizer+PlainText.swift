import Tokenizers

extension Tokenizer {
    /// The tokens of text that people wrote or data hold: `</s>` in it is text, not the end of a sequence.
    ///
    /// Whoever wants a special token writes `{special …}` into the template.
    func plainTokens(of text: String) -> [Int32] {
        encode(text, parsingSpecial: false)
    }
}
