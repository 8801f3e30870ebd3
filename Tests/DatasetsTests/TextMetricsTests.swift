import Datasets
import Testing

@Suite struct TextMetricsTests {
    @Test func `SQuAD normalisation, exact match and F1 agree with the official steps`() throws {
        for golden in try Golden.read("metrics.json", as: MetricGoldens.self).squad {
            #expect(AnswerText.words(golden.predicted) == golden.words)
            #expect(
                AnswerText.exactMatch(golden.predicted, golden.expected) == golden.exact_match, "\(golden)")
            #expect(agree(AnswerText.f1(golden.predicted, golden.expected), golden.f1), "\(golden)")
        }
    }

    @Test func `entity spans and F1 agree with seqeval, stray tags included`() throws {
        let golden = try Golden.read("metrics.json", as: MetricGoldens.self).entities
        for (row, spans) in zip(golden.rows, golden.spans) {
            let wanted = spans.map { EntitySpan(kind: $0.kind, tokens: $0.start..<$0.end) }
            #expect(EntitySpan.spans(row.expected) == wanted, "\(row.expected)")
        }
        let outcomes = golden.rows.map {
            Outcome(
                predicted: $0.predicted.joined(separator: " "), expected: $0.expected.joined(separator: " "))
        }
        #expect(try agree(Evaluation(outcomes, metric: .entityF1).value, golden.f1))
    }

    @Test func `a tagging of another length is refused with its row`() {
        let rows = [Outcome(predicted: "O", expected: "O"), Outcome(predicted: "O O", expected: "B-PS")]
        let reason = "it has 1 tags and 2 were answered"
        #expect(throws: DatasetError.unscorable(metric: "entity_f1", row: 1, reason: reason)) {
            try Evaluation(rows, metric: .entityF1)
        }
    }

    @Test
    func `BLEU and chrF agree with sacreBLEU, and NIST, ROUGE-L and CIDEr-D with a second implementation`()
        throws
    {
        let golden = try Golden.read("metrics.json", as: MetricGoldens.self).generation
        let rows = golden.rows.map { Outcome(predicted: $0.predicted, expected: $0.references) }
        let expected: [(Metric, Double)] = [
            (.bleu, golden.bleu), (.nist, golden.nist), (.rougeL, golden.rouge_l), (.ciderD, golden.cider_d),
            (.chrF, golden.chrf),
        ]
        for (metric, value) in expected {
            let found = try Evaluation(rows, metric: metric).value
            #expect(agree(found, value, tolerance: 1e-10), "\(metric): \(found) and \(value)")
        }
        let single = golden.rows.map { Outcome(predicted: $0.predicted, expected: [$0.references[0]]) }
        #expect(
            try agree(Evaluation(single, metric: .chrF).value, golden.chrf_one_reference, tolerance: 1e-10))
    }

    @Test func `the two sentences of the E2E scripts give the published numbers`() throws {
        let rows = [
            Outcome(
                predicted: "the cat sat on the mat .",
                expected: ["the cat is on the mat .", "there is a cat on the mat ."]),
            Outcome(
                predicted: "Alimentum is a restaurant.",
                expected: ["Alimentum is a cheap restaurant.", "The restaurant Alimentum is cheap."]),
        ]
        let expected: [(Metric, Double)] = [
            (.bleu, 0.411724), (.nist, 3.442930), (.rougeL, 0.852381), (.ciderD, 3.646917),
        ]
        for (metric, value) in expected {
            let found = try Evaluation(rows, metric: metric).value
            #expect(abs(found - value) < 1e-6, "\(metric): \(found) and \(value)")
        }
    }

    private struct E2EExample: Decodable {
        struct Row: Decodable { var predicted: String, references: [String] }
        var rows: [Row]
        var bleu: Double, nist: Double, rouge_l: Double, cider_d: Double
    }

    @Test func `the ten instances of the E2E scripts score as those scripts score them`() throws {
        let golden = try Golden.read("e2e_example.json", as: E2EExample.self)
        let rows = golden.rows.map { Outcome(predicted: $0.predicted, expected: $0.references) }
        #expect(rows.count == 10 && rows.reduce(0) { $0 + $1.expected.count } == 137)
        let expected: [(Metric, Double)] = [
            (.bleu, golden.bleu), (.nist, golden.nist), (.rougeL, golden.rouge_l), (.ciderD, golden.cider_d),
        ]
        for (metric, value) in expected {
            let found = try Evaluation(rows, metric: metric).value
            #expect(abs(found - value) < 1e-6, "\(metric): \(found) and \(value)")
        }
    }

    @Test(arguments: [Metric.bleu, .rougeL, .exactMatch, .squadF1]) func `a reference itself scores 1`(
        _ metric: Metric,
    ) throws {
        let texts = ["the cat sat on the mat", "고양이 가 집 에서 잔다 조용히"]
        let rows = texts.map { Outcome(predicted: $0, expected: ["something else here now", $0]) }
        #expect(try agree(Evaluation(rows, metric: metric).value, 1))
        #expect(try agree(Evaluation(rows.reversed(), metric: metric).value, 1))
    }

    @Test(arguments: [Metric.bleu, .nist, .rougeL, .ciderD, .chrF])
    func `an empty answer scores next to nothing`(
        _ metric: Metric,
    ) throws {
        let rows = [Outcome(predicted: "", expected: ["a b"]), Outcome(predicted: "", expected: ["c d"])]
        #expect(try Evaluation(rows, metric: metric).value == 0)
        #expect(throws: DatasetError.self) {
            try Evaluation([Outcome(predicted: "a", expected: [])], metric: metric)
        }
    }

    @Test func `BLEU's words are those of mteval`() throws {
        let rows = [
            Outcome(
                predicted: "It's £3.50, 1,000-odd &amp; (self-made).",
                expected: ["it's £3.50 , 1,000 - odd & ( self-made ) ."])
        ]
        #expect(try agree(Evaluation(rows, metric: .bleu).value, 1))
    }
}

/// What `Oracles/datasets/readouts.py` wrote.
@Suite struct ReadoutMetricsTests {
    private struct Goldens: Decodable {
        struct Kind: Decodable {
            let kind: String
            let precision, recall, f1: Double
            let support: Int
        }
        struct Entities: Decodable {
            struct Row: Decodable { let expected, predicted: [String] }
            let rows: [Row]
            let kinds: [Kind]
            let micro_f1: Double
        }
        struct Answer: Decodable {
            let predicted: String
            let expected: [String]
            let exact_match, f1: Double
        }
        let entities: Entities
        let korquad: [Answer]
    }

    @Test func `each kind of entity is counted as seqeval counts it`() throws {
        let golden = try Golden.read("readouts.json", as: Goldens.self).entities
        let outcomes = golden.rows.map {
            Outcome(
                predicted: $0.predicted.joined(separator: " "), expected: $0.expected.joined(separator: " "))
        }
        let report = try EntityReport(outcomes)
        #expect(report.kinds.map(\.kind) == golden.kinds.map(\.kind))
        for (found, wanted) in zip(report.kinds, golden.kinds) {
            #expect(
                agree(found.precision, wanted.precision) && agree(found.recall, wanted.recall),
                "\(found.kind)")
            #expect(agree(found.f1, wanted.f1) && found.wanted == wanted.support, "\(found.kind)")
        }
        #expect(try agree(Evaluation(outcomes, metric: .entityF1).value, golden.micro_f1))
        #expect(throws: DatasetError.self) { try EntityReport([Outcome(predicted: "O", expected: "O O")]) }
    }

    @Test func `Korean answers are compared by characters, as KorQuAD compares them`() throws {
        for golden in try Golden.read("readouts.json", as: Goldens.self).korquad {
            let outcome = [Outcome(predicted: golden.predicted, expected: golden.expected)]
            let f1 = try Evaluation(outcome, metric: .korquadF1).value
            let exact = try Evaluation(outcome, metric: .korquadExactMatch).value
            #expect(agree(f1, golden.f1) && exact == golden.exact_match, "\(golden)")
        }
    }
}
