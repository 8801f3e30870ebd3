import Datasets
import Prompts
import Testing
import Tokenizers

@Suite struct PromptEncoderTests {
    private let words = WordTokenizer([
        "Review", ":", " a", " gem", " It", " was", ".", "Sentiment", "Senti", "ment", " good", "good", "한",
        "글", " great", "It",
        "great",
    ])

    private func encoder(
        _ source: String, limit: Int = 100, _ kind: PromptKind = .causal, longestAnswer: Int = 1,
        _ shortening: Shortening = .tail, _ tokenizer: WordTokenizer? = nil
    ) throws -> PromptEncoder {
        try PromptEncoder(
            Template(source), tokenizer ?? words, limit: limit, kind: kind, longestAnswer: longestAnswer,
            shortening: shortening)
    }

    private func ids(_ rows: [PromptRow]) -> [Int32] {
        rows.compactMap { if case .token(let id) = $0 { id } else { nil } }
    }

    private func text(_ rows: [PromptRow]) -> String { words.decode(ids(rows)) }

    @Test func `without soft rows the tokens are those of the rendered text`() throws {
        let template = try Template("Review: {text}\n{a}ment: {answer}")
        let example = Example(fields: ["text": "a gem", "a": "Senti"])
        let prompt = try PromptEncoder(template, words, limit: 50, kind: .causal).encode(example)
        #expect(ids(prompt.before) == words.encode("Review: a gem\nSentiment:"))
        #expect(prompt.before.contains(.token(try #require(words.token(for: "Sentiment")))))
        #expect(prompt.rows == prompt.before)
        #expect(prompt.readouts == [prompt.before.count - 1])
        #expect(prompt.masks.isEmpty && prompt.after.isEmpty && prompt.cuts.isEmpty)
    }

    @Test func `an answer filled in gives the tokens of the whole text`() throws {
        let prompt = try encoder("It was {answer}. {text}").encode(Example(fields: ["text": "a gem"]))
        let answer = words.encode(" good")
        #expect(ids(prompt.filled(with: answer)) == words.encode("It was good. a gem"))
        #expect(prompt.answerPositions(count: 1) == 2..<3)
        #expect(prompt.scoredPositions(count: 1) == 1..<prompt.filled(with: answer).count - 1)
    }

    @Test func `special tokens that the data spell out stay text`() throws {
        let prompt = try encoder("{text}:{answer}").encode(Example(fields: ["text": "[MASK]</s>"]))
        #expect(ids(prompt.before).allSatisfy { !(256..<264).contains($0) })
        #expect(text(prompt.before) == "[MASK]</s>:")
    }

    @Test func `a masked model has masks in the slot and a frame around all`() throws {
        let framed = WordTokenizer(["It", " was", " good"], .frames)
        let encoder = try encoder("{text} It was {answer}.", .masked, longestAnswer: 2, tokenizer: framed)
        let prompt = try encoder.encode(Example(fields: ["text": "It"]))
        #expect(prompt.before.first == .token(258) && prompt.after.last == .token(259))
        #expect(prompt.masks == [260, 260])
        #expect(prompt.readouts == [prompt.before.count, prompt.before.count + 1])
        #expect(prompt.readouts.allSatisfy { prompt.rows[$0] == .token(260) })
        #expect(try encoder.encode(Example(fields: ["text": "It"]), masks: 1).readouts.count == 1)
    }

    private func encoder(
        _ source: String, _ kind: PromptKind, longestAnswer: Int = 1, tokenizer: WordTokenizer
    ) throws -> PromptEncoder {
        try encoder(source, limit: 100, kind, longestAnswer: longestAnswer, .tail, tokenizer)
    }

    @Test func `a fixed number of masks is kept, and refused if an answer is longer`() throws {
        let framed = WordTokenizer([], .frames)
        let prompt = try encoder("a {answer 3}", .masked, longestAnswer: 2, tokenizer: framed)
            .encode(Example(fields: [:]))
        #expect(prompt.masks.count == 3)
        let error = #expect(throws: TemplateError.self) {
            try encoder("a {answer 3}", .masked, longestAnswer: 4, tokenizer: framed)
        }
        #expect(error?.rule == .answerLongerThanMasks(tokens: 4, masks: 3))
    }

    @Test func `a causal model gets no end of its frame`() throws {
        let prompt = try encoder("a {answer}.", .causal, tokenizer: WordTokenizer(["a"], .frames))
            .encode(Example(fields: [:]))
        #expect(prompt.before.first == .token(258))
        #expect(prompt.after == [.token(46)])
    }

    @Test func `text behind a slot is tokenized as the middle of a text`() throws {
        let spaced = WordTokenizer(["It", " It", " was", "was"], .startsWithSpace)
        let prompt = try encoder("It{answer}was", .causal, tokenizer: spaced).encode(Example(fields: [:]))
        #expect(prompt.before == [.token(try #require(spaced.token(for: " It")))])
        #expect(prompt.after == [.token(try #require(spaced.token(for: "was")))])
    }

    @Test func `a causal model needs something in front of the answer`() throws {
        let error = #expect(throws: TemplateError.self) {
            try encoder("{text}{answer}").encode(Example(fields: ["text": ""]))
        }
        #expect(error?.rule == .nothingBeforeAnswer)
    }

    @Test func `a special token that the tokenizer lacks is named`() throws {
        for (source, kind, name) in [
            ("{special mask}{answer}", PromptKind.causal, "mask"), ("a{answer}", .masked, "mask"),
            ("{special \"<x>\"}{answer}", .causal, "\"<x>\""),
        ] {
            let error = #expect(throws: TemplateError.self) { try encoder(source, kind, tokenizer: words) }
            #expect(error?.rule == .specialTokenMissing(name))
        }
    }
}

// MARK: - Soft rows and frames

extension PromptEncoderTests {
    private func rows(_ source: String, _ tokenizer: WordTokenizer) throws -> [PromptRow] {
        let prompt = try encoder(source, .masked, tokenizer: tokenizer).encode(
            Example(fields: ["a": "x", "b": "y"]))
        return prompt.rows
    }

    private var framed: WordTokenizer { WordTokenizer(["x", "y", " y"], .frames) }

    @Test func `soft rows that lead stand in front of the frame`() throws {
        let (x, y) = (PromptRow.token(264), PromptRow.token(266))
        #expect(
            try rows("{soft 2}{a} {b}{answer}", framed)
                == [.soft(0), .soft(1), .token(258), x, y, .token(260), .token(259)])
        #expect(
            try rows("{a}{soft 1}{answer}", framed) == [.token(258), x, .soft(0), .token(260), .token(259)])
    }

    @Test func `a template that writes its own start or end keeps it`() throws {
        let x = PromptRow.token(264)
        #expect(
            try rows("{special classifier}{soft 1}{a}{answer}{special end}", framed)
                == [.token(258), .soft(0), x, .token(260), .token(262)])
        #expect(
            try rows("{soft 1}{special \"<s>\"}{answer}", framed) == [
                .soft(0), .token(261), .token(260), .token(259),
            ])
        #expect(
            try rows("{a}{special separator}{answer}", framed)
                == [.token(258), x, .token(259), .token(260), .token(259)])
    }

    @Test func `spaces in front of soft and special slots are dropped`() throws {
        #expect(
            try rows("{a} {soft 1} {special separator}{answer}", framed)
                == rows("{a}{soft 1}{special separator}{answer}", framed))
    }

    @Test func `rows are shared by name and by same`() throws {
        let template = try Template("{soft 2 as t}{soft 3 same}{soft t}{soft 1}:{answer}")
        let layout = try SoftLayout(template, words)
        #expect(layout.positions == [[0, 1], [2, 2, 2], [0, 1], [3]])
        #expect(layout.rowCount == 4)
        #expect(layout.blocks.map(\.rows) == [0..<2, 2..<3, 3..<4])
        #expect(layout.blocks.map(\.name) == ["t", nil, nil])
        let prompt = try PromptEncoder(template, words, limit: 20, kind: .causal).encode(Example(fields: [:]))
        #expect(
            prompt.before == [0, 1, 2, 2, 2, 0, 1, 3].map(PromptRow.soft) + [
                .token(try #require(words.token(for: ":")))
            ])
    }

    @Test func `OpenPrompt's sharing gives the rows that it gives`() throws {
        // Its soft ids are [1, 2, 3, 4, 2, 5]; ours count from 0.
        let template = try Template(
            "{soft 1}{soft \"It\" as one}{soft 1}{soft \"great\" as three}{soft one}{soft \"good\"}{answer}")
        #expect(try SoftLayout(template, words).positions == [[0], [1], [2], [3], [1], [4]])
    }

    @Test func `rows that start from words start where the words would stand`() throws {
        let soft = try Template("Review: a {soft \"It was\"}. {answer}")
        let hard = try Template("Review: a It was. {answer}")
        let layout = try SoftLayout(soft, words)
        #expect(layout.blocks.map(\.start) == [.tokens(words.encode(" It was"))])
        let prompt = try PromptEncoder(soft, words, limit: 20, kind: .causal).encode(Example(fields: [:]))
        let start = words.encode(" It was")
        let replaced = prompt.before.map {
            if case .soft(let row) = $0 { PromptRow.token(start[row]) } else { $0 }
        }
        let plain = try PromptEncoder(hard, words, limit: 20, kind: .causal).encode(Example(fields: [:]))
        #expect(replaced == plain.before)
    }

    @Test func `words with more tokens than a slot may have are refused`() throws {
        let template = try Template("{soft \"\(String(repeating: "z ", count: 80))\"}{answer}")
        let error = #expect(throws: TemplateError.self) { try SoftLayout(template, words) }
        #expect(error?.rule == .softCountOutOfRange(160))
    }
}

// MARK: - Length

extension PromptEncoderTests {
    @Test(arguments: 0...30)
    func `what must stay stays at every limit`(limit: Int) throws {
        let tokenizer = words
        let encoder = try encoder("{soft 2}Review: {text}\nIt was {answer}.", limit: limit, longestAnswer: 2)
        let example = Example(fields: ["text": "a gem a gem a gem 한글 xyz 👨‍👩‍👧"])
        let fixed = 2 + tokenizer.encode("Review: \nIt was").count + 1
        guard limit >= fixed + 2 else {
            let error = #expect(throws: TemplateError.self) { try encoder.encode(example) }
            guard case .inputTooLong(limit, fixed, 2, _) = error?.rule else {
                Issue.record("\(String(describing: error))")
                return
            }
            return
        }
        let prompt = try encoder.encode(example)
        #expect(prompt.before.count + 2 + prompt.after.count <= limit)
        #expect(prompt.before.starts(with: [.soft(0), .soft(1)]))
        let shown = text(prompt.before)
        #expect(shown.hasPrefix("Review: ") && shown.hasSuffix("\nIt was") && !shown.contains("\u{FFFD}"))
        #expect(text(prompt.after) == ".")
        let kept = shown.dropFirst(8).dropLast(7)
        #expect(example.fields["text"]?.hasPrefix(kept) == true)
        #expect(
            prompt.cuts.count == 1 && prompt.cuts.allSatisfy { $0.field == "text" && $0.cut <= $0.tokens })
    }

    @Test func `a limit that just fits cuts nothing, one less cuts one token`() throws {
        let example = Example(fields: ["text": "a gem a gem"])
        let whole = words.encode("Review: a gem a gem\nIt was").count
        let fitting = try encoder("Review: {text}\nIt was {answer}", limit: whole + 1).encode(example)
        #expect(fitting.cuts.isEmpty)
        let cut = try encoder("Review: {text}\nIt was {answer}", limit: whole).encode(example)
        #expect(cut.cuts == [FieldCut(field: "text", tokens: 4, cut: 1)])
        #expect(text(cut.before) == "Review: a gem a\nIt was")
    }

    @Test func `only marked fields are cut, or all where none is marked`() throws {
        let example = Example(fields: ["a": " gem gem gem", "b": " good good good"])
        func shown(_ source: String) throws -> String {
            text(try encoder(source, limit: 7).encode(example).before)
        }
        #expect(try shown("{a|shorten}:{b}:{answer}") == " gem: good good good:")
        #expect(try shown("{a}:{b|shorten}:{answer}") == " gem gem gem: good:")
        #expect(try shown("{a}:{b}:{answer}") == " gem gem gem: good:")
    }

    @Test(arguments: [
        (Shortening.tail, " gem gem gem:"), (.head, " gem: good good good"),
        (.openPromptHead, ": good good good"),
        (.balanced, " gem gem: good good"), (.longerSide, " gem gem gem:"),
    ])
    func `each strategy cuts its own fields`(_ shortening: Shortening, _ expected: String) throws {
        let example = Example(fields: ["a": " gem gem gem", "b": " good good good"])
        let limit = shortening == .head || shortening == .balanced ? 6 : 5
        let prompt = try encoder("{a}:{b}{answer}", limit: limit, .causal, longestAnswer: 1, shortening)
            .encode(example)
        #expect(text(prompt.before) == expected)
    }

    @Test func `the same field twice is cut twice`() throws {
        let example = Example(fields: ["a": "gem gem gem"])
        let prompt = try encoder("{a}:{a}:{answer}", limit: 4).encode(example)
        #expect(prompt.cuts.map(\.field) == ["a", "a"])
    }

    @Test func `a tokenizer that changes case still cuts the text that was given`() throws {
        let tokenizer = WordTokenizer(["abc", " def", " ghi", "j"], .dropsCase)
        let encoder = try PromptEncoder(
            Template("{text}:{answer}"), tokenizer, limit: 4, kind: .causal)
        let prompt = try encoder.encode(Example(fields: ["text": "ABC Def GHI J"]))
        #expect(tokenizer.decode(ids(prompt.before)) == "abc def:")
    }

    @Test func `a character of many tokens goes as a whole`() throws {
        let family = "👨‍👩‍👧"
        let prompt = try encoder("{text}:{answer}", limit: 20).encode(
            Example(fields: ["text": "ab\(family)\(family)"]))
        #expect(text(prompt.before) == "ab:")
    }

    @Test func `an input that cannot fit says by how much`() throws {
        let error = try #require(throws: TemplateError.self) {
            try encoder("It was {text} {answer}.", limit: 3, longestAnswer: 2)
                .encode(Example(fields: ["text": "a gem"]))
        }
        #expect(error.rule == .inputTooLong(limit: 3, fixedRows: 3, answerRows: 2, fieldTokens: 2))
        #expect(error.description.contains("does not fit into 3 positions"))
    }
}
