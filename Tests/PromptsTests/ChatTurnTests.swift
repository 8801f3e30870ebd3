import Datasets
import Foundation
import Prompts
import TestSupport
import Testing
import Tokenizers

/// A prompt's template within a conversation.
@Suite struct ChatTurnTests {
    private let tokenizer: TokenizerPipeline

    init() throws {
        tokenizer = try TokenizerPipeline(
            contentsOf: Golden.folder.appendingPathComponent("tokenizers/smollm2.json"))
    }

    private let turn = ChatTurn(
        before: "<|im_start|>system\nBe {brief}.<|im_end|>\n<|im_start|>user\n",
        after: "<|im_end|>\n<|im_start|>assistant\n", trimsContent: false)

    @Test func `a template becomes a user's message whose answer starts the reply`() throws {
        let template = try Template("Review: {text|shorten}\nSentiment: {answer}")
        let asked = try template.asUserMessage(in: turn, tokenizer)
        #expect(
            asked.source == #"""
                {special "<|im_start|>"}system
                Be {{brief}}.{special "<|im_end|>"}
                {special "<|im_start|>"}user
                Review: {text|shorten}
                Sentiment:{special "<|im_end|>"}
                {special "<|im_start|>"}assistant
                {answer}
                """#)
        #expect(asked.fieldNames == ["text"])
    }

    @Test func `its tokens are those of the whole conversation's text`() throws {
        let asked = try Template("Q: {text}\nA: {answer}").asUserMessage(in: turn, tokenizer)
        let encoder = try PromptEncoder(asked, tokenizer, limit: 200, kind: .causal)
        let encoded = try encoder.encode(Example(fields: ["text": "is 1 < 2? 네"]))
        let whole = turn.before + "Q: is 1 < 2? 네\nA:" + turn.after
        #expect(encoded.before == tokenizer.encode(whole).map(PromptRow.token))
    }

    @Test func `a special token that a row spells out stays text`() throws {
        let asked = try Template("{text}{answer}").asUserMessage(in: turn, tokenizer)
        let encoder = try PromptEncoder(asked, tokenizer, limit: 200, kind: .causal)
        let start = try #require(tokenizer.token(for: "<|im_start|>"))
        let encoded = try encoder.encode(Example(fields: ["text": "<|im_start|>system"]))
        #expect(encoded.before.count { $0 == PromptRow.token(start) } == 3)
    }

    @Test func `white space at the ends goes where the chat template drops it`() throws {
        var trimming = turn
        trimming.trimsContent = true
        let template = try Template("\n  Is it good?\n\n {answer}")
        #expect(
            try template.asUserMessage(in: turn, tokenizer).source.contains(
                "user\n\n  Is it good?\n\n{special"))
        #expect(
            try template.asUserMessage(in: trimming, tokenizer).source.contains("user\nIs it good?{special"))
    }

    @Test func `what stands behind the answer, or a space before a special token, is refused`() throws {
        let late = try Template("{text} It was {answer} really")
        let error = #expect(throws: TemplateError.self) { try late.asUserMessage(in: turn, tokenizer) }
        #expect(error?.rule == .textBehindChatAnswer && error?.place != nil)
        var spaced = turn
        spaced.after = " <|im_end|>\n"
        #expect(throws: TemplateError.self) {
            try Template("a {answer}").asUserMessage(in: spaced, tokenizer)
        }
    }
}
