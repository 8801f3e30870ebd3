import Testing
import Tokenizers

/// Every small tokenizer against the reference, on every text.
@Suite struct ReferenceTests {
    static let names = [
        "gpt2", "llama3", "smollm2", "qwen2", "o200k", "cl100k", "roberta", "added", "bert_uncased",
        "bert_cased",
        "gemma", "llama2", "unigram", "unigram_bytes", "clip", "splits",
    ]

    @Test(arguments: names)
    func `ids are those of the reference`(_ name: String) throws {
        let golden = try Golden(name)
        #expect(golden.texts.count >= 1_000)
        #expect(golden.ids.count == golden.texts.count)
        #expect(golden.tokenizer.vocabularySize == golden.size)
        for (text, ids) in zip(golden.texts, golden.ids) {
            let found = golden.tokenizer.encode(text)
            #expect(
                found == ids, "\(name): \(text.unicodeScalars.prefix(40).map { String($0.value, radix: 16) })"
            )
        }
    }

    @Test(arguments: names)
    func `special tokens in a text stay text when they are not parsed`(_ name: String) throws {
        let golden = try Golden(name)
        let marked = golden.texts.indices.filter {
            golden.texts[$0].utf8.contains { $0 == 0x3C || $0 == 0x5B }
        }
        #expect(golden.safe.keys.allSatisfy { key in marked.contains { "\($0)" == key } })
        for position in marked {
            let expected = golden.safe["\(position)"] ?? golden.ids[position]
            let text = golden.texts[position]
            #expect(
                golden.tokenizer.encode(text, parsingSpecial: false) == expected, "\(text.debugDescription)")
        }
    }

    @Test(arguments: names)
    func `decoded texts are those of the reference`(_ name: String) throws {
        let golden = try Golden(name)
        for (position, ids) in golden.ids.enumerated() {
            let expected = golden.decoded[position]
            let found = golden.tokenizer.decode(ids)
            #expect(
                Golden.same(found, expected),
                "\(name): \(found.debugDescription) \(expected.debugDescription)")
        }
    }

    @Test(arguments: names)
    func `framing is that of the reference`(_ name: String) throws {
        let golden = try Golden(name)
        for (position, framed) in golden.framed.enumerated() {
            #expect(golden.tokenizer.frame(golden.ids[position]) == framed)
        }
        for position in golden.pairs.indices {
            let pair = golden.tokenizer.frame(
                golden.ids[position], with: golden.ids[position + golden.pairs.count])
            #expect(pair.tokens == golden.pairs[position])
            #expect(pair.segments == golden.segments[position])
        }
    }

    @Test(arguments: names)
    func `a stream of tokens gives the text that decoding them at once gives`(_ name: String) throws {
        let golden = try Golden(name)
        // A fifth of the texts, another fifth a tokenizer, for the sake of time.
        let first = name.utf8.count % 5
        for ids in stride(from: first, to: golden.ids.count, by: 5).map({ golden.ids[$0] })
        where ids.count < 400 {
            var stream = StreamDecoder(golden.tokenizer)
            let text = ids.map { stream.append($0) }.joined() + stream.finish()
            #expect(Golden.same(text, golden.tokenizer.decode(ids)), "\(name): \(text.debugDescription)")
        }
    }
}
