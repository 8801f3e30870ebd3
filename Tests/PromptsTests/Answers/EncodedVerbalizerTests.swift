import Prompts
import Testing
import Tokenizers

@Suite struct EncodedVerbalizerTests {
    private let tokenizer = WordTokenizer([
        " good", "good", " bad", "bad", " ter", "ter", "rible", "rific", " 긍정", "부", "정",
    ])

    private func encoded(
        _ words: KeyValuePairs<String, [String]>, _ source: String = "Sentiment: {answer}",
        _ kind: PromptKind = .causal, _ tokenizer: WordTokenizer? = nil
    ) throws -> EncodedVerbalizer {
        try EncodedVerbalizer(
            Verbalizer(words), behind: Template(source), tokenizer ?? self.tokenizer, kind: kind)
    }

    @Test func `the space may stand in the template or in the word`() throws {
        let inTemplate = try encoded(["n": ["bad"], "p": ["good"]])
        let inWord = try encoded(["n": [" bad"], "p": [" good"]], "Sentiment:{answer}")
        let inBoth = try encoded(["n": [" bad"], "p": [" good"]])
        #expect(inTemplate.words == inWord.words && inTemplate.words == inBoth.words)
        #expect(inTemplate.words.map(\.tokens) == [tokenizer.encode(" bad"), tokenizer.encode(" good")])
        #expect(inTemplate.findings.isEmpty && inWord.findings.isEmpty)
        #expect(inTemplate.longestAnswer == 1)
    }

    @Test func `a word without a space that other tokens would have is found`() throws {
        let verbalizer = try encoded(["n": ["bad"], "p": ["good"]], "Sentiment:{answer}")
        let bad = (tokens: tokenizer.encode("bad"), spaced: tokenizer.encode(" bad"))
        #expect(
            verbalizer.findings.first
                == .withoutSpace(word: "bad", label: "n", tokens: bad.tokens, withSpace: bad.spaced))
        #expect(verbalizer.findings.count == 2)
    }

    @Test func `behind a line break no space is missed`() throws {
        #expect(try encoded(["n": ["bad"], "p": ["good"]], "Sentiment:\n{answer}").findings.isEmpty)
    }

    @Test func `words of several tokens and shared beginnings are found`() throws {
        let verbalizer = try encoded(["n": ["terrible"], "p": ["terrific"]])
        #expect(
            verbalizer.findings == [
                .severalTokens(word: " terrible", label: "n", pieces: [" ter", "rible"]),
                .severalTokens(word: " terrific", label: "p", pieces: [" ter", "rific"]),
                .sameFirstToken(words: [" terrible", " terrific"], labels: ["n", "p"], piece: " ter"),
            ])
        #expect(verbalizer.longestAnswer == 2)
        #expect(verbalizer.wordsOfLabel == [0..<1, 1..<2])
        #expect(verbalizer.trie.nodes.count == 4)
    }

    @Test func `a shared first token within one label is no finding`() throws {
        let verbalizer = try encoded(["n": ["terrible", "terrific"], "p": ["good"]])
        #expect(verbalizer.findings.count == 2)
    }

    @Test func `a word that begins a longer one is found`() throws {
        let verbalizer = try encoded(["n": ["ter"], "p": ["terrible"]])
        #expect(
            verbalizer.findings.contains(
                .beginningOfAnother(word: " ter", longer: " terrible", labels: ["n", "p"])))
    }

    @Test func `a word that grows together with the template is found`() throws {
        let joining = WordTokenizer(["ab", "c", "abc"])
        let verbalizer = try encoded(["a": ["c"], "b": ["-"]], "ab{answer}", .causal, joining)
        let together = joining.encode("abc")
        #expect(
            verbalizer.findings.contains(
                .joinsTemplate(word: "c", label: "a", template: "ab", together: together)))
        #expect(verbalizer.words[0].tokens == joining.encode("c"))
        #expect(!verbalizer.findings.contains { "\($0)".contains("\"-\" (b) behind") })
    }

    @Test func `a final space is found`() throws {
        #expect(try encoded(["p": ["good "]]).findings.contains(.finalSpace(word: " good ", label: "p")))
    }

    @Test func `words of two labels with the same tokens are refused`() throws {
        let folding = WordTokenizer([" good"], .dropsCase)
        #expect(throws: VerbalizerError.sameTokens([" Good", " good"], labels: ["a", "b"])) {
            try encoded(["a": ["Good"], "b": ["good"]], "It was {answer}", .causal, folding)
        }
    }

    @Test func `an unknown part is an error on a masked model and a finding on a causal one`() throws {
        let poor = WordTokenizer([" good"], [.hasNoBytes, .frames])
        #expect(throws: VerbalizerError.unknownToken(word: "xyz", label: "a")) {
            try encoded(["a": ["xyz"], "b": ["good"]], "It was {answer}", .masked, poor)
        }
        let causal = try encoded(["a": ["x"], "b": ["good"]], "It was {answer}", .causal, poor)
        #expect(causal.findings.contains(.unknownToken(word: " x", label: "a")))
    }

    @Test func `a label's tokens are shown to people`() throws {
        let verbalizer = try encoded(["부정": ["부정"], "positive": ["긍정"]], "감정: {answer}")
        let space = Int32(32)
        let ids = tokenizer.encode(" 부정")
        #expect(ids.first == space)
        #expect(
            verbalizer.describe() == """
                부정      " " \(ids[0]) · "부" \(ids[1]) · "정" \(ids[2])
                positive  " 긍정" \(tokenizer.encode(" 긍정")[0])
                note: " 부정" (부정) is 3 tokens, " " · "부" · "정"; use a rule that scores \
                all of them, or a word of one token.
                """)
    }
}
