import Datasets
import Foundation
import Prompts
import TestSupport
import Testing
import Tokenizers

@Suite struct DemonstratedEncoderTests {
    private let golden: DemonstrationGolden
    private let tokenizer: TokenizerPipeline

    init() throws {
        golden = try DemonstrationGolden.read("prompts/demonstrations.json")
        tokenizer = try DemonstrationGolden.tokenizer()
    }

    private func encoder(
        _ settings: DemonstrationSettings, _ source: String = "{text}{answer}", limit: Int = 4096,
        pool: [Example]? = nil
    ) throws -> DemonstratedEncoder {
        let template = try Template(source)
        let demonstrations = try Demonstrations(
            settings, from: pool ?? golden.examples, labels: golden.labels, fields: template.fieldNames,
            golden.vectorizer)
        return try DemonstratedEncoder(
            demonstrations, behind: template, labels: golden.labels,
            answer: { golden.words[$0.label ?? ""] ?? "" },
            vectors: golden.vectorizer.vectors(of: demonstrations.examples.map { $0.fields["text"] ?? "" }),
            tokenizer, limit: limit
        ) { try PromptEncoder($0, tokenizer, limit: $1, kind: .causal, longestAnswer: 3) }
    }

    private func tokens(_ prompt: EncodedPrompt) -> [Int32] {
        prompt.before.compactMap { row in if case .token(let token) = row { token } else { nil } }
    }

    @Test(arguments: DemonstrationGolden.shared?.cases ?? [])
    func `text and tokens are those that were written out`(_ one: DemonstrationGolden.Case) throws {
        let made = try encoder(one.settings, one.template).encode(
            Example(fields: ["text": one.query]), vector: golden.query_vector)
        #expect(tokenizer.decode(tokens(made.prompt)) == one.text)
        #expect(tokens(made.prompt) == one.tokens)
        #expect(made.shown == one.shown.count && made.dropped == 0)
    }

    @Test func `nothing shown is the bare template, row for row, soft rows in front and all`() throws {
        for source in ["{soft 3} {text|shorten} It was {answer}.", "{text} {answer}", "{answer} is {text}"] {
            let template = try Template(source)
            let plain = try PromptEncoder(template, tokenizer, limit: 12, kind: .causal, longestAnswer: 3)
            let made = try encoder(DemonstrationSettings(), source, limit: 12)
            for text in ["a gem", "the worst hour of the year and more words than fit into it", ""] {
                guard !(text.isEmpty && source.hasPrefix("{text}")), !source.hasPrefix("{answer}") else {
                    continue
                }
                let example = Example(fields: ["text": text])
                #expect(try made.encode(example).prompt == plain.encode(example))
            }
        }
    }

    @Test func `soft rows stay in front of the instruction`() throws {
        let made = try encoder(
            DemonstrationSettings(instruction: "Judge.", shots: 2), "{soft 2} {text} It was {answer}")
        let rows = try made.encode(Example(fields: ["text": "x"])).prompt.before
        #expect(Array(rows.prefix(2)) == [.soft(0), .soft(1)])
        #expect(!rows.dropFirst(2).contains { if case .soft = $0 { true } else { false } })
        #expect(
            tokenizer.decode(rows.compactMap { if case .token(let t) = $0 { t } else { nil } }).hasPrefix(
                "Judge.\n\n"))
    }

    @Test func `a text behind the slot is repeated in the examples`() throws {
        let made = try encoder(DemonstrationSettings(shots: 1), "It was {answer}: {text}")
        let prompt = try made.encode(Example(fields: ["text": "x"])).prompt
        let text = tokenizer.decode(tokens(prompt))
        #expect(
            text.hasSuffix("\n\nIt was") && text.contains("It was great: ")
                || text.contains("It was terrible: "))
        #expect(!prompt.after.isEmpty)
    }

    // MARK: A full context

    @Test func `whole examples are left out, the last drawn first, never instruction or question`() throws {
        let settings = DemonstrationSettings(instruction: "Judge the text.", shots: 4, seed: 1)
        let example = Example(fields: ["text": "맛있고 kind people"])
        let whole = try encoder(settings, "Review: {text}\nSentiment: {answer}").encode(example)
        let full = whole.prompt.before.count + 3
        var last = 4
        for limit in stride(from: full, through: full - 60, by: -7) {
            let made = try? encoder(settings, "Review: {text}\nSentiment: {answer}", limit: limit).encode(
                example)
            guard let made else { continue }
            #expect(made.shown <= last && made.shown + made.dropped == 4)
            #expect(made.prompt.before.count + 3 <= limit && made.prompt.cuts.isEmpty)
            // What is left is what fewer shots of this seed show.
            var fewer = settings
            fewer.shots = made.shown
            let expected = try encoder(fewer, "Review: {text}\nSentiment: {answer}").encode(example)
            #expect(made.prompt == expected.prompt)
            last = made.shown
        }
        #expect(last < 4)
    }

    @Test func `the least similar is left out first, wherever it stands`() throws {
        let example = Example(fields: ["text": "x"])
        for order in [DemonstrationOrder.similarFirst, .similarLast] {
            let settings = DemonstrationSettings(shots: 3, selection: .nearest, order: order)
            let whole = try encoder(settings).encode(example, vector: golden.query_vector)
            let made = try encoder(settings, limit: whole.prompt.before.count + 2)
                .encode(example, vector: golden.query_vector)
            var fewer = settings
            fewer.shots = 2
            #expect(made.shown == 2 && made.dropped == 1)
            #expect(
                try made.prompt == encoder(fewer).encode(example, vector: golden.query_vector).prompt)
        }
    }

    @Test func `a question too long for the context loses all examples and then its own tokens`() throws {
        let settings = DemonstrationSettings(instruction: "Judge.", shots: 1, seed: 3)
        let made = try encoder(settings, "{text} It was {answer}", limit: 40)
            .encode(Example(fields: ["text": String(repeating: "word ", count: 60)]))
        #expect(made.shown == 0 && made.dropped == 1)
        #expect(made.prompt.before.count + 3 == 40 && !made.prompt.cuts.isEmpty)
        #expect(tokenizer.decode(tokens(made.prompt)).hasPrefix("Judge.\n\nword"))
        #expect(tokenizer.decode(tokens(made.prompt)).hasSuffix("It was"))
    }

    // MARK: Errors

    @Test func `more shots than the context holds are refused before any question`() throws {
        let error = #expect(throws: DemonstrationError.self) {
            try encoder(DemonstrationSettings(shots: 6), limit: 30)
        }
        guard case .doNotFit(6, let positions, 30)? = error else {
            Issue.record("\(description(of: error))")
            return
        }
        #expect(positions > 30)
    }

    @Test func `a balanced draw needs an example of every label`() throws {
        let pool = golden.examples.filter { $0.label == "positive" }
        #expect(throws: DemonstrationError.labelWithoutExamples("negative")) {
            try encoder(DemonstrationSettings(shots: 2, selection: .balanced), pool: pool)
        }
        _ = try encoder(DemonstrationSettings(shots: 2), pool: pool)
    }

    @Test func `a pool that is too small, a bad label, a bad number and missing vectors are errors`() throws {
        #expect(throws: DemonstrationError.tooFewExamples(found: 7, needed: 8)) {
            try encoder(DemonstrationSettings(shots: 8))
        }
        #expect(throws: DemonstrationError.badShots(-1)) { try encoder(DemonstrationSettings(shots: -1)) }
        let twice = golden.examples + golden.examples
        #expect(throws: DemonstrationError.tooFewExamples(found: 7, needed: 9)) {
            try encoder(DemonstrationSettings(shots: 9), pool: twice)
        }
        let foreign = [Example(fields: ["text": "x"], label: "so-so", id: "row-9")]
        #expect(
            throws: DemonstrationError.badLabel("so-so", example: "row-9", known: ["negative", "positive"])
        ) { try encoder(DemonstrationSettings(shots: 1), pool: foreign) }
        for settings in [
            DemonstrationSettings(shots: 1, selection: .nearest),
            DemonstrationSettings(shots: 1, selection: .diverse),
            DemonstrationSettings(shots: 1, order: .similarLast),
        ] {
            let error = #expect(throws: DemonstrationError.self) {
                try Demonstrations(settings, from: golden.examples, labels: golden.labels, fields: ["text"])
            }
            #expect(error?.description.contains("--encoder") == true)
        }
        #expect(throws: DemonstrationError.specialTokens) {
            try encoder(DemonstrationSettings(shots: 1), #"{text}{special "<s>"} It was {answer}"#)
        }
    }
}
