import Foundation
import Testing

/// Pattern-Exploiting Training at the command line.
@Suite struct PetCommandTests {
    private let place: Workplace

    init() throws {
        place = try Workplace()
        let texts = ["a gem", "warm and funny", "good food", "kind people", "best hour", "great film"]
        let others = ["dull", "tired film", "bad food", "rude people", "worst hour", "terrible film"]
        let rows = zip(texts, others).map { good, bad in
            #"{"text": "\#(good)", "label": "good"}"# + "\n" + #"{"text": "\#(bad)", "label": "bad"}"#
        }
        try place.write("rows.jsonl", rows.joined(separator: "\n") + "\n")
        // Labels of another task: they are not read.
        try place.write("other.jsonl", #"{"text": "a film", "label": "sports"}"# + "\n")
    }

    private func pet(_ arguments: String...) throws -> Program.Outcome {
        try pet(on: Workplace.maskedModel, arguments)
    }

    private func pet(on model: URL, _ arguments: [String]) throws -> Program.Outcome {
        try place.cloze(
            "pet", on: model,
            [
                "--data", "rows.jsonl", "--test", "rows.jsonl", "--template", "{text} It was {answer}.",
                "--words",
                "bad=terrible,good=great", "--per-label", "2", "--seeds", "1", "--steps", "2",
                "--distillation-steps", "2",
            ] + arguments)
    }

    @Test func `patterns, generations, distillation and baselines are one command and one table`() throws {
        let outcome = try pet(
            "--pattern", "{text} It was {answer}.", "--pattern", "{answer} : {text}", "--pattern-words",
            "bad=terrible,good=great", "--ipet", "--generations", "1", "--baselines", "--output",
            "classifier",
            "--json")
        #expect(outcome.status == 0, "\(outcome.messages)")
        let rows = try outcome.json()["rows"] as? [[String: Any]] ?? []
        let names = rows.compactMap { $0["name"] as? String }
        #expect(
            names == [
                "majority class", "zero-shot, mean of patterns", "one pattern, tuned",
                "PET, ensemble, uniform",
                "PET, ensemble, weighted", "iPET, ensemble, uniform", "iPET, ensemble, weighted",
                "iPET, distilled", "fine-tuned head", "linear probe", "random label words, tuned",
                "no pattern, tuned",
            ])
        let predicted = try place.cloze(
            "predict", on: Workplace.maskedModel, ["--prompt", "classifier", "a gem"])
        #expect(predicted.status == 0, "\(predicted.messages)")
    }

    @Test func `labels of unlabelled rows are not read`() throws {
        let outcome = try pet("--unlabelled", "other.jsonl", "--json")
        #expect(outcome.status == 0, "\(outcome.messages)")
        #expect(try outcome.json()["unlabelledRows"] as? Int == 1)
    }

    @Test func `a pattern without a slot, and one with other labels, are refused`() throws {
        #expect(try pet("--pattern", "{text} It was.").status == 64)
        let other = try pet("--pattern", "{text} {answer}", "--pattern-words", "bad=terrible,fine=great")
        #expect(other.status != 0 && other.messages.contains("fine"))
    }

    @Test func `iPET without labelled rows, primed, is one command and names its rows for what they are`()
        throws
    {
        let outcome = try pet(
            "--ipet", "--per-label", "0", "--generations", "1", "--priming", "1", "--output", "classifier",
            "--json")
        #expect(outcome.status == 0, "\(outcome.messages)")
        let document = try outcome.json()
        let names = (document["rows"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        #expect(
            names == [
                "majority class", "zero-shot, mean of patterns", "one pattern, tuned",
                "zero-shot, ensemble, uniform", "iPET, ensemble, uniform", "iPET, distilled",
            ])
        #expect(document["trainRows"] as? Int == 0 && document["unlabelledRows"] as? Int == 12)
        let predicted = try place.cloze(
            "predict", on: Workplace.maskedModel, ["--prompt", "classifier", "a gem"])
        #expect(predicted.status == 0, "\(predicted.messages)")
    }

    @Test func `PET without labelled rows, and baselines without them, are refused`() throws {
        let plain = try pet("--per-label", "0")
        #expect(plain.status == 64 && plain.messages.contains("--ipet"))
        let baselines = try pet("--per-label", "0", "--ipet", "--baselines")
        #expect(baselines.status == 64 && baselines.messages.contains("--baselines"))
    }

    @Test func `words of several tokens are tuned by their margin`() throws {
        let words = ["--words", "bad=terrible film,good=great"]
        let outcome = try pet(on: Workplace.maskedModel, words + ["--json"])
        #expect(outcome.status == 0, "\(outcome.messages)")
        let entropy = try pet(on: Workplace.maskedModel, words + ["--loss", "cross-entropy", "--json"])
        #expect(entropy.status == 0, "\(entropy.messages)")
    }

    @Test func `a causal model is tuned with a warning`() throws {
        let outcome = try pet(on: Workplace.model, ["--json"])
        #expect(outcome.status == 0, "\(outcome.messages)")
        #expect(outcome.messages.contains("is a causal model"))
        #expect((try outcome.json()["warnings"] as? [String])?.first?.contains("causal") == true)
        let primed = try pet(on: Workplace.model, ["--priming", "1"])
        #expect(primed.status == 69 && primed.messages.contains("priming"), "\(primed.messages)")
    }

    @Test(arguments: ["pet", "autoprompt"]) func `bench times a step of it beside the floor`(_ work: String)
        throws
    {
        let outcome = try place.cloze(
            "bench", on: Workplace.maskedModel,
            [
                work, "--data", "rows.jsonl", "--template", "{text} It was {answer}.", "--words",
                "bad=terrible,good=great", "--steps", "2", "--batch", "3", "--candidates", "2", "--json",
            ])
        #expect(outcome.status == 0, "\(outcome.messages)")
        let document = try outcome.json()
        #expect(document["examples"] as? Int == 12)
        #expect((document["seconds"] as? Double ?? 0) > 0 && (document["floorSeconds"] as? Double ?? 0) > 0)
    }
}
