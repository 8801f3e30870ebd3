import Foundation
import Prompts
import TestSupport
import Testing
import Tokenizers

/// Which part of a text a token stands for, under tokenizers that change case, accents and the form of characters.
@Suite struct TokenizedTextTests {
    static let names = [
        "bert_uncased", "bert_cased", "gpt2", "smollm2", "gemma", "llama2", "unigram", "qwen2",
    ]
    static let texts = [
        "The 139th supported Sheridan.", "naïve Café déjà-vu, $1,234.50!", "병무청의 설명이다. 2014년 3월",
        "한글 (Hangul)\n둘째 줄", "  two  spaces\tand a tab ", "emoji 🙂 and 👩‍👩‍👧 end", "ÜBER straße ﬁne ½", "x", "",
        "averylongwordwithoutanyspacesthatgoesonandonandonuntilitmustbecutsomewhereinthemiddle",
    ]

    private func tokenizer(_ name: String) throws -> TokenizerPipeline {
        try TokenizerPipeline(
            contentsOf: Golden.folder.appendingPathComponent("tokenizers/\(name).json"))
    }

    @Test(arguments: names) func `parts go through the text in order and leave no letter out`(_ name: String)
        throws
    {
        let tokenizer = try tokenizer(name)
        for text in Self.texts {
            let made = TokenizedText(text, tokenizer)
            let scalars = Array(text.unicodeScalars)
            #expect(made.tokens.count == made.parts.count)
            var covered = Set<Int>()
            var place = 0
            for part in made.parts {
                #expect(part.lowerBound >= place && part.upperBound <= scalars.count, "\(name): \(text)")
                place = max(place, part.lowerBound)
                covered.formUnion(part)
            }
            let left = scalars.indices.filter { !covered.contains($0) }.map { scalars[$0] }
            let letters = left.filter { $0.properties.isAlphabetic || $0.properties.numericType != nil }
            #expect(letters.isEmpty, "\(name): \(text.debugDescription) leaves \(letters) out")
        }
    }

    @Test func `pieces of words stand for their own letters, whatever was done to them`() throws {
        let made = TokenizedText("Café Über", try tokenizer("bert_uncased"))
        #expect(made.parts.first?.lowerBound == 0 && made.parts.last?.upperBound == 9)
        #expect(made.parts.count == made.tokens.count)
        // Decomposed Hangul: each jamo of the vocabulary is part of the whole syllable.
        let decomposed = "한글"
        let korean = TokenizedText(decomposed, try tokenizer("bert_uncased"))
        #expect(korean.parts.allSatisfy { !$0.isEmpty && $0.upperBound <= 2 })
    }

    @Test(arguments: ["gpt2", "smollm2", "qwen2"])
    func `where tokens are text, the part of each is that text`(_ name: String) throws {
        let tokenizer = try tokenizer(name)
        let text = "The 139th supported Sheridan in the Appomattox Campaign, didn't it?"
        let made = TokenizedText(text, tokenizer)
        let scalars = Array(text.unicodeScalars)
        for (token, part) in zip(made.tokens, made.parts) {
            let own = String(String.UnicodeScalarView(scalars[part]))
            #expect(own == tokenizer.decode([token]).trimmingCharacters(in: .whitespaces), "\(name)")
        }
        // A word at a time gives the tokens of the whole text.
        #expect(made.tokens == tokenizer.encode(text, parsingSpecial: false))
    }

    @Test func `a word with an unknown token is the part of all its tokens`() throws {
        let made = TokenizedText("a 🙂🙂 b", try tokenizer("bert_cased"))
        #expect(made.parts.contains(2..<4))
    }
}
