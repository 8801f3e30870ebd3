import Foundation
import Tensors
import TestSupport
import Testing

/// The commands on a masked model.
@Suite struct MaskedModelTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func cloze(_ command: String, _ arguments: String...) throws -> Program.Outcome {
        try place.cloze(command, on: Workplace.maskedModel, arguments)
    }

    private func answers(_ list: Any?) -> [[String: Any]] { list as? [[String: Any]] ?? [] }

    @Test(arguments: [
        (0, "a gem of a film. It was {answer}."), (1, "{answer} : good food"), (2, "맛있고 친절해요 {answer 2} ."),
    ])
    func `fill gives the best answers at each mask, as the reference has them`(
        _ index: Int, _ template: String
    ) throws {
        let golden = try Golden("command_line/masks")
        let shape = try golden.shape("\(index).scores")
        let scores = try golden.floats("\(index).scores")
        let document = try cloze("fill", template, "--top", "4", "--json").json()
        let masks = document["masks"] as? [Any] ?? [document["answers"] ?? []]
        #expect(masks.count == shape.rows)
        for (mask, list) in masks.enumerated() {
            let row = Array(scores[mask * shape.width..<(mask + 1) * shape.width])
            let best = row.indices.sorted { row[$0] > row[$1] }.prefix(4)
            #expect(answers(list).map { $0["tokens"] as? [Int] ?? [] } == best.map { [$0] })
            for (answer, token) in zip(answers(list), best) {
                #expect(abs((answer["logProbability"] as? Double ?? 0) - Double(row[token])) < 1e-4)
            }
        }
    }

    @Test func `fill shows a table for each mask`() throws {
        let text = try cloze("fill", "a film {answer 2} .", "--top", "2").output
        #expect(text.contains("mask 1 of 2") && text.contains("mask 2 of 2"))
    }

    @Test func `words are scored at the mask, of one token and of several`() throws {
        let document = try cloze("fill", "It was {answer}.", "--words", "great,funny", "--json").json()
        let found = answers(document["answers"])
        #expect(found.count == 2)
        let shares = found.map { $0["share"] as? Double ?? 0 }
        #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
        #expect(Set(found.compactMap { ($0["tokens"] as? [Int])?.count }).count == 2)
    }

    @Test func `train, predict and evaluate go the way of causal models`() throws {
        let texts = ["a gem", "warm and funny", "good food", "kind people", "best hour", "great film"]
        let rows =
            texts.map { "{\"text\": \"\($0)\", \"label\": \"positive\"}" }
            + ["dull", "tired film", "bad food", "rude people", "worst hour", "terrible film"].map {
                "{\"text\": \"\($0)\", \"label\": \"negative\"}"
            }
        try place.write("rows.jsonl", rows.joined(separator: "\n") + "\n")
        let trained = try cloze(
            "train", "--data", "rows.jsonl", "--test", "rows.jsonl", "--template", "{text} It was {answer}.",
            "--words", "negative=terrible,positive=great", "--per-label", "3", "--soft-rows", "3", "--steps",
            "4",
            "--output", "prompt", "--json")
        #expect(trained.status == 0, "\(trained.messages)")
        let predicted = try cloze("predict", "--prompt", "prompt", "a gem")
        #expect(predicted.status == 0 && predicted.output.contains("\ta gem"))
        let evaluated = try cloze(
            "evaluate", "--template", "{text} It was {answer}.", "--words",
            "negative=terrible|bad,positive=great|good", "--rule", "mean-logit", "--data", "rows.jsonl",
            "--json")
        #expect(evaluated.status == 0, "\(evaluated.messages)")
    }

    @Test func `search finds an ordinary template, with label words of its own, and saves it as a prompt`()
        throws
    {
        let texts = ["a gem", "warm and funny", "good food", "kind people", "best hour", "great film"]
        let others = ["dull", "tired film", "bad food", "rude people", "worst hour", "terrible film"]
        let rows = zip(texts, others).map { good, bad in
            #"{"text": "\#(good)", "label": "good"}"# + "\n" + #"{"text": "\#(bad)", "label": "bad"}"#
        }
        try place.write("rows.jsonl", rows.joined(separator: "\n") + "\n")
        let found = try cloze(
            "search", "--data", "rows.jsonl", "--test", "rows.jsonl", "--template", "{text} It was {answer}.",
            "--words", "bad=terrible,good=great", "--per-label", "3", "--iterations", "4", "--candidates",
            "4",
            "--label-words", "2", "--measure", "likelihood", "--output", "found", "--json")
        #expect(found.status == 0, "\(found.messages)")
        let document = try found.json()
        let template = document["template"] as? String ?? ""
        #expect(template.contains("{text}") && template.contains("{answer}") && !template.contains("{soft"))
        #expect((document["iterations"] as? [Any])?.count == 4)
        #expect((document["words"] as? [String: [String]])?.values.allSatisfy { $0.count == 2 } == true)
        #expect(try cloze("predict", "--prompt", "found", "a gem").status == 0)
        #expect(!place.names.contains { $0.contains("search") })
        let again = try cloze(
            "search", "--data", "rows.jsonl", "--test", "rows.jsonl", "--template", "{text} It was {answer}.",
            "--words", "bad=terrible,good=great", "--output", "found")
        #expect(again.status == 64)
    }

    @Test func `a larger dev is asked for, named in the report and warned of`() throws {
        try place.writeRows()
        let arguments = [
            "--data", "pool.jsonl", "--test", "test.jsonl", "--per-label", "2", "--dev-per-label", "4",
            "--template", "{text} It was {answer}.", "--words", "negative=terrible,positive=great",
        ]
        let model = Workplace.maskedModel
        let trained = try place.cloze(
            "train", on: model, arguments + ["--steps", "2", "--output", "learned"])
        #expect(trained.status == 0, "\(trained.messages)")
        #expect(trained.output.contains("With 4 labelled rows") && trained.output.contains("8 to choose by"))
        #expect(trained.output.contains("not true few-shot learning"))
        let found = try place.cloze(
            "search", on: model, arguments + ["--iterations", "1", "--output", "found", "--json"])
        #expect(found.status == 0, "\(found.messages)")
        #expect(try found.json()["devRows"] as? Int == 8)
        #expect((try found.json()["warnings"] as? [String])?.count == 1)
        let plain = try place.cloze(
            "train", on: model,
            Array(arguments[..<6]) + arguments[8...] + ["--steps", "2", "--output", "plain"])
        #expect(plain.output.contains("as many to choose by") && !plain.output.contains("true few-shot"))
        let tooMany = try place.cloze(
            "train", on: model, arguments + ["--dev-per-label", "9", "--output", "none"])
        #expect(tooMany.status == 65 && tooMany.messages.contains("11"), "\(tooMany.messages)")
        #expect(
            try place.cloze("search", on: model, arguments + ["--per-label", "0", "--output", "x"]).status
                == 64)
    }

    @Test func `choices that come with each row are asked and learned`() throws {
        let rows = ["good food", "bad food", "a gem", "dull film"].enumerated().map { index, text in
            let label = index % 2
            return #"{"text":"\#(text)","choices":["kind people","the worst hour"],"label":\#(label)}"#
        }
        try place.write("choices.jsonl", rows.joined(separator: "\n") + "\n")
        let asked = try cloze(
            "evaluate", "--template", "{text} : {answer} .", "--choices", "choices", "--data",
            "choices.jsonl",
            "--json")
        #expect(asked.status == 0, "\(asked.messages)")
        #expect(try asked.json()["rows"] as? Int == 4)
        let arguments = [
            "--data", "choices.jsonl", "--test", "choices.jsonl", "--template", "{text} : {answer} .",
            "--choices",
            "choices", "--per-label", "1",
        ]
        let learned = try place.cloze(
            "train", on: Workplace.maskedModel,
            arguments + ["--method", "model-tuning", "--steps", "3", "--output", "learned", "--json"])
        #expect(learned.status == 0, "\(learned.messages)")
        let predicted = try cloze("predict", "--prompt", "learned", "--file", "choices.jsonl")
        #expect(predicted.status == 0 && predicted.output.split(separator: "\n").count == 4)
        let refused = try place.cloze("pet", on: Workplace.maskedModel, arguments)
        #expect(refused.status == 64 && refused.messages.contains("--choices"))
    }

    @Test func `compile refuses a masked model and says why`() throws {
        let outcome = try cloze(
            "compile", "--template", "a long instruction in front of it all: {text} It was {answer}.",
            "--words",
            "bad=terrible,good=great", "--output", "compiled")
        #expect(outcome.status == 69)
        #expect(outcome.messages.contains("sees both ways"), "\(outcome.messages)")
        #expect(!place.exists("compiled"))
    }

    @Test func `inspect says that the model is a masked one`() throws {
        let text = try place.cloze("inspect", Workplace.maskedModel.path).output
        #expect(text.contains("family bert, a masked model"))
        #expect(text.contains("mask [MASK] 4"))
    }

    @Test func `a word that the tokenizer does not know is refused`() throws {
        let outcome = try cloze("fill", "It was {answer}.", "--words", "Ω")
        #expect(outcome.status == 78)
        #expect(outcome.messages.contains("does not know"))
    }
}
