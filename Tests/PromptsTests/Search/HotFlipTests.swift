import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Tokenizers

/// The step that proposes tokens, against the reference's formulas in PyTorch.
@Suite struct HotFlipTests {
    private struct Case {
        let pretrained: PretrainedModel
        let words: EncodedVerbalizer
        let objective: TriggerObjective
        let batch: [LabelledPrompt]
        let triggers: [Int32]
        let golden: Golden
        let name: String

        init(_ name: String) throws {
            self.name = name
            golden = try Golden("prompts/hotflip")
            pretrained = name == "bert" ? try Tiny.masked() : try Tiny.model(name)
            let template = try Template("{text} {soft 3} {answer}")
            let kind = try pretrained.promptKind()
            words = try EncodedVerbalizer(
                Verbalizer(["a": ["20", "21"], "b": ["30"]]), behind: template, pretrained.tokenizer,
                kind: kind)
            objective = TriggerObjective(pretrained, words)
            let encoder = try PromptEncoder(template, pretrained.tokenizer, limit: 40, kind: kind)
            let (tokens, labels) = (
                try golden.integers("\(name).texts"), try golden.integers("\(name).labels")
            )
            var start = 0
            batch = try zip(golden.integers("\(name).lengths"), labels).map { length, label in
                defer { start += Int(length) }
                let text = tokens[start..<start + Int(length)].map(String.init).joined(separator: " ")
                return LabelledPrompt(
                    prompt: try encoder.encode(Example(fields: ["text": text])), label: label)
            }
            triggers = try golden.integers("\(name).triggers")
        }

        func gradient() throws -> Tensor { try objective.gradient([batch], at: triggers) }

        func hotFlip(_ filter: TriggerFilter = TriggerFilter()) -> HotFlip {
            HotFlip(
                pretrained.model, pretrained.weights,
                allowed: filter.allowed(
                    pretrained.tokenizer, words, rows: pretrained.model.traits.vocabularySize))
        }
    }

    @Test(arguments: ["bert", "llama"])
    func `loss, gradient and the list of candidates are the reference's, in its order`(_ name: String) throws
    {
        let made = try Case(name)
        let pass = Pass.inference(made.pretrained.weights)
        let rows = made.pretrained.model.embed(made.triggers, pass)
        let loss = try made.objective.loss(made.batch, triggers: rows, pass)
        expectClose([loss.scalar], try made.golden.floats("\(name).loss"), absolute: 1e-4, name)
        let gradient = try made.gradient()
        expectClose(
            gradient, try made.golden.floats("\(name).gradient"), absolute: 1e-4, relative: 1e-4, name)
        let found = made.hotFlip().candidates(10, along: gradient.rows(1..<2))
        #expect(found.map(\.token) == (try made.golden.integers("\(name).candidates")))
        expectClose(
            found.map(\.worth), try made.golden.floats("\(name).worth"), absolute: 1e-4, relative: 1e-4, name)
    }

    @Test(arguments: ["bert", "llama"])
    func `the gradient at the triggers agrees with finite differences`(_ name: String) throws {
        let made = try Case(name)
        let pass = Pass.inference(made.pretrained.weights)
        let rows = made.pretrained.model.embed(made.triggers, pass)
        expectGradient(
            of: { (try? made.objective.loss(made.batch, triggers: $0[0], pass)) ?? $0[0] }, at: [rows],
            step: 2e-3, absolute: 2e-2, name)
    }

    @Test(arguments: ["bert", "llama"])
    func `gradients of several batches add up to that of one large batch`(_ name: String) throws {
        let made = try Case(name)
        let parts = [Array(made.batch[..<2]), Array(made.batch[2..<3]), Array(made.batch[3...])]
        expectClose(
            try made.objective.gradient(parts, at: made.triggers), try made.gradient(), absolute: 1e-5, name)
    }

    @Test(arguments: ["bert", "llama"])
    func `the first-order order is nearer to the true order than chance`(_ name: String) throws {
        let made = try Case(name)
        let gradient = try made.gradient()
        let all = made.hotFlip().candidates(50, along: gradient.rows(1..<2)).map(\.token)
        let pass = Pass.inference(made.pretrained.weights)
        let losses = try all.map { token -> Float in
            var set = made.triggers
            set[1] = token
            return try made.objective.loss(
                made.batch, triggers: made.pretrained.model.embed(set, pass), pass
            ).scalar
        }
        let order = losses.indices.sorted { losses[$0] < losses[$1] }
        var rank = [Int](repeating: 0, count: order.count)
        for (place, index) in order.enumerated() { rank[index] = place }
        // Spearman's coefficient between the two orders.
        let count = Double(order.count)
        let squares = rank.enumerated().reduce(0.0) { $0 + pow2(Double($1.element - $1.offset)) }
        #expect(1 - 6 * squares / (count * (count * count - 1)) > 0, "\(name)")
    }

    private func pow2(_ value: Double) -> Double { value * value }

    @Test(arguments: ["bert", "llama"])
    func `sets that are scored together score as each does alone`(_ name: String) throws {
        let made = try Case(name)
        let sets: [[Int32]] = [made.triggers, [45, 61, 60], [70, 50, 60], [45, 50, 71]]
        let together = try made.objective.answers(sets, on: made.batch)
        for (set, answers) in zip(sets, together) {
            let alone = try made.objective.answers([set], on: made.batch)[0]
            #expect(alone.map(\.isRight) == answers.map(\.isRight) && answers.count == made.batch.count)
            for (one, other) in zip(alone, answers) {
                #expect(abs(one.logLikelihood - other.logLikelihood) < 1e-4)
            }
        }
    }

    @Test(arguments: [AutoPrompt.Measure.accuracy, .likelihood])
    func `a contest says what scoring every set on every example says`(_ measure: AutoPrompt.Measure) throws {
        var winners = Set<Int?>()
        var (read, asked) = (0, 0)
        for made in [try Case("bert"), try Case("llama")] {
            let contest = TriggerContest(made.objective, by: measure)
            let flipped = made.batch.map { LabelledPrompt(prompt: $0.prompt, label: 1 - $0.label) }
            // Enough rows that some sets are given up on the way.
            let batch = made.batch + flipped + made.batch
            for round in 0..<20 {
                var random = CounterRandom(seed: 5, stream: UInt64(round))
                let sets = (0..<6).map { _ in (0..<3).map { _ in Int32(45 + random.next() % 30) } }
                let values = try sets.map { contest.value(try made.objective.score($0, on: batch)) }
                // Of equals the earlier one.
                let best = values.indices.reduce(0) { values[$1] > values[$0] + 1e-6 ? $1 : $0 }
                let outcome = try contest.outcome(sets[0], against: Array(sets.dropFirst()), on: batch)
                #expect(outcome.winner == (best == 0 ? nil : best - 1), "\(made.name), \(round): \(values)")
                #expect(abs(outcome.current - values[0]) < 1e-5 && abs(outcome.reached - values[best]) < 1e-5)
                winners.insert(outcome.winner)
                (read, asked) = (read + outcome.readings, asked + batch.count * sets.count)
            }
        }
        #expect(winners.count > 2, "the rounds do not differ: \(winners)")
        #expect(read < asked)
    }

    @Test func `special tokens and label words are never candidates`() throws {
        let made = try Case("bert")
        let tokens = Set(made.hotFlip().candidates(200, along: try made.gradient().rows(0..<1)).map(\.token))
        #expect(tokens.isDisjoint(with: [0, 1, 2, 3, 4, 20, 21, 30]))
        // The labels' own names are the last token.
        #expect(tokens.count == 83 - 9)
    }

    @Test func `capitals and pieces of words can be left out`() throws {
        let folder = Golden.folder.appendingPathComponent("tokenizers")
        for (name, capital, piece) in [("bert_cased", "The", "##ing"), ("gpt2", "ĠThe", "ing")] {
            let tokenizer = try TokenizerPipeline(contentsOf: folder.appendingPathComponent("\(name).json"))
            let words = try EncodedVerbalizer(
                Verbalizer(["a": ["good"], "b": ["bad"]]), behind: Template("{text} {answer}"), tokenizer,
                kind: .causal)
            let plain = TriggerFilter().allowed(tokenizer, words, rows: tokenizer.vocabularySize)
            let strict = TriggerFilter(refusesCapitals: true, needsWholeWords: true)
                .allowed(tokenizer, words, rows: tokenizer.vocabularySize)
            for spelling in [capital, piece] {
                guard let token = tokenizer.token(for: spelling) else { continue }
                #expect(plain[Int(token)] && !strict[Int(token)], "\(name): \(spelling)")
            }
            #expect(strict.contains(true), "\(name)")
        }
    }
}
