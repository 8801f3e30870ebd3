import Foundation
import Testing

/// Tags, spans and texts at the command line.
@Suite struct ReadoutCommandTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private static let words = ["gem", "joy", "hit", "win", "mess", "bore", "flop", "loss"]

    private func writeTagged() throws {
        let rows = Self.words.enumerated().map { index, word in
            #"{"id": "t\#(index)", "tokens": ["a", "\#(word)", "of", "a", "film"], "tags": ["O", "B-\#(index < 4 ? "GOOD" : "BAD")", "O", "B-ART", "I-ART"]}"#
        }
        try place.write("tags.jsonl", rows.joined(separator: "\n") + "\n")
    }

    private func writeQuestions() throws {
        let rows = Self.words.enumerated().map { index, word in
            #"{"id": "q\#(index)", "text": "it was a \#(word) of a film", "text_b": "what was it", "references": ["\#(word)"], "answer_start": [9]}"#
        }
        try place.write("questions.jsonl", rows.joined(separator: "\n") + "\n")
    }

    private func writeTables() throws {
        let rows = Self.words.enumerated().map { index, word in
            #"{"id": "g\#(index)", "source": "film[\#(word)]", "references": ["a \#(word) of a film", "the film is a \#(word)"]}"#
        }
        try place.write("tables.jsonl", rows.joined(separator: "\n") + "\n")
    }

    private func masked(_ command: String, _ arguments: String...) throws -> Program.Outcome {
        try masked(command, arguments)
    }

    private func masked(_ command: String, _ arguments: [String]) throws -> Program.Outcome {
        try place.cloze(command, on: Workplace.maskedModel, arguments)
    }

    @Test(arguments: [
        "prompt-tuning", "p-tuning", "prefix-tuning", "deep-prompt", "lora", "model-tuning", "linear-probe",
    ])
    func `a tagger is trained by every method, evaluated and used`(_ method: String) throws {
        try writeTagged()
        let trained = try masked(
            "train", "--readout", "tagger", "--method", method, "--data", "tags.jsonl", "--test",
            "tags.jsonl", "--steps",
            "4", "--batch", "4", "--output", "names", "--json")
        #expect(trained.status == 0, "\(trained.messages)")
        let report = try trained.json()
        #expect(report["readout"] as? String == "tagger" && (report["entities"] as? [String: Any]) != nil)
        let predicted = try masked("predict", "--prompt", "names", "a gem of a film", "--jsonl")
        #expect(try (predicted.json()["tags"] as? [String])?.count == 5, "\(predicted.messages)")
        let evaluated = try masked(
            "evaluate", "--prompt", "names", "--data", "tags.jsonl", "--require", "entity_f1>=1.01",
            "--predictions",
            "answers.jsonl")
        #expect(evaluated.status == 100 && evaluated.output.contains("entity_f1"), "\(evaluated.messages)")
        #expect(
            String(decoding: try place.contents("answers.jsonl"), as: UTF8.self).split(separator: "\n").count
                == 8)
    }

    @Test(arguments: [
        (["--chat"], "--chat does not go with the readout tagger"),
        (["--demonstration-sets", "2"], "--demonstration-sets does not go with"),
        (["--init", "labels"], "--init labels does not go with"),
        (["--placement", "end"], "--placement does not go with"),
        (["--beams", "4"], "--beams goes with the readout text"),
        (["--longest-text", "9223372036854775807"], "write 2 to 1000000"),
        (["--soft-rows", "100000000000", "--method", "prefix-tuning"], "must be a whole number from 1 to"),
        (["--start-from", "x", "--init", "random"], "--init does not go with --start-from"),
    ])
    func `options that would be ignored, and numbers out of all bounds, are refused`(
        _ options: [String], _ expected: String
    ) throws {
        try writeTagged()
        let outcome = try masked(
            "train",
            ["--readout", "tagger", "--data", "tags.jsonl", "--test", "tags.jsonl", "--output", "names"]
                + options)
        #expect(outcome.status == 64 && outcome.messages.contains(expected), "\(outcome.messages)")
        #expect(place.names == ["tags.jsonl"])
    }

    @Test func `a file that is there is not overwritten, and one that is read never`() throws {
        try writeTagged()
        let trained = try masked(
            "train", "--readout", "tagger", "--method", "deep-prompt", "--data", "tags.jsonl", "--test",
            "tags.jsonl", "--steps", "1", "--output", "names", "--quiet")
        #expect(trained.status == 0, "\(trained.messages)")
        try place.write("notes.jsonl", "mine\n")
        func evaluate(_ options: String...) throws -> Program.Outcome {
            try masked("evaluate", ["--prompt", "names", "--data", "tags.jsonl", "--predictions"] + options)
        }
        let refused = try evaluate("notes.jsonl")
        #expect(refused.status == 64 && refused.messages.contains("exists already"), "\(refused.messages)")
        let read = try evaluate("tags.jsonl", "--force")
        #expect(read.status == 64 && read.messages.contains("is read as --data"), "\(read.messages)")
        #expect(String(decoding: try place.contents("notes.jsonl"), as: UTF8.self) == "mine\n")
        #expect(try evaluate("notes.jsonl", "--force").status == 0)
    }

    @Test func `spans are trained, evaluated and predicted`() throws {
        try writeQuestions()
        let trained = try masked(
            "train", "--readout", "span", "--method", "deep-prompt", "--data", "questions.jsonl", "--test",
            "questions.jsonl", "--steps", "4", "--batch", "4", "--output", "answers")
        #expect(trained.status == 0 && trained.output.contains("squad_f1"), "\(trained.messages)")
        let predicted = try masked("predict", "--prompt", "answers", "--file", "questions.jsonl", "--json")
        let rows = try predicted.json()["predictions"] as? [[String: Any]] ?? []
        #expect(
            rows.count == 8
                && rows.allSatisfy {
                    "it was a gem of a film mess bore flop loss joy hit win".contains(
                        ($0["answer"] as? String ?? "?").split(separator: " ").first.map(String.init) ?? "?")
                })
        let evaluated = try masked("evaluate", "--prompt", "answers", "--data", "questions.jsonl", "--json")
        let metrics = try evaluated.json()["metrics"] as? [[String: Any]] ?? []
        #expect(metrics.map { $0["metric"] as? String } == ["squad_f1", "exact_match"])
        let plain = try masked("predict", "--prompt", "answers", "a text")
        #expect(plain.status == 64 && plain.messages.contains("--file rows.jsonl"))
    }

    @Test func `texts are written greedily, by chance and by beams`() throws {
        try writeTables()
        let trained = try place.cloze(
            "train",
            [
                "--readout", "text", "--template",
                "warm and funny, the best hour of the year, {source} :{answer}", "--method", "prefix-tuning",
                "--data",
                "tables.jsonl", "--test", "tables.jsonl", "--steps", "4", "--batch", "4", "--longest-text",
                "12", "--output",
                "writer",
            ])
        #expect(trained.status == 0 && trained.output.contains("rouge_l"), "\(trained.messages)")
        let ways = [
            [], ["--beams", "2", "--length-penalty", "0.5"],
            ["--temperature", "0.7", "--top-k", "5", "--draw-seed", "3"],
        ]
        for way in ways {
            let arguments = ["--prompt", "writer", "film[gem]", "--json", "--longest-text", "6"] + way
            let first = try place.cloze("predict", arguments)
            #expect(first.status == 0, "\(first.messages)")
            #expect(try place.cloze("predict", arguments).output == first.output)
            let rows = try first.json()["predictions"] as? [[String: Any]] ?? []
            #expect(rows.first?["end"] as? String != nil)
        }
        let compiled = try place.cloze("compile", ["--prompt", "writer", "--output", "ready"])
        #expect(compiled.status == 0, "\(compiled.messages)")
        let texts = try ["writer", "ready"].map {
            try place.cloze("predict", ["--prompt", $0, "film[gem]"]).output
        }
        #expect(texts[0] == texts[1] && texts[0].contains("\tfilm[gem]"))
        let evaluated = try place.cloze(
            "evaluate", ["--prompt", "writer", "--data", "tables.jsonl", "--test-rows", "2", "--json"])
        #expect(try (evaluated.json()["metrics"] as? [[String: Any]])?.count == 5, "\(evaluated.messages)")
        let both = try place.cloze(
            "predict", ["--prompt", "writer", "x", "--beams", "2", "--temperature", "1"])
        #expect(both.status == 64)
    }

    @Test func `a task's folder says how its rows are answered`() throws {
        try writeTagged()
        let task = place.folder.appendingPathComponent("task")
        try FileManager.default.createDirectory(at: task, withIntermediateDirectories: true)
        for name in ["pool.jsonl", "dev.jsonl", "test.jsonl"] {
            try place.contents("tags.jsonl").write(to: task.appendingPathComponent(name))
        }
        try place.write(
            "task/task.json", #"{"name": "films", "kind": "tagging", "labels": ["GOOD", "BAD", "ART"]}"#)
        let trained = try masked(
            "train", "--task", "task", "--method", "linear-probe", "--steps", "4", "--train-rows", "6",
            "--output", "names",
            "--json")
        let report = try trained.json()
        #expect(report["trainRows"] as? Int == 6 && report["devRows"] as? Int == 2, "\(trained.messages)")
        let evaluated = try masked("evaluate", "--prompt", "names", "--task", "task")
        #expect(evaluated.status == 0, "\(evaluated.messages)")
        let inspected = try place.cloze("inspect", "names")
        #expect(inspected.status == 0 && inspected.output.contains("linear-probe"), "\(inspected.messages)")
    }

    @Test func `bad rows and options are refused with their place`() throws {
        try place.write("bad.jsonl", #"{"id": "x", "tokens": ["a", "b"], "tags": ["O"]}"# + "\n")
        let train = ["--readout", "tagger", "--method", "linear-probe", "--steps", "2", "--output", "out"]
        let bad = try place.cloze("train", train + ["--data", "bad.jsonl", "--test", "bad.jsonl"])
        #expect(
            bad.status == 65 && bad.messages.contains("row 1 ('x') of 'bad.jsonl' has 2 tokens but 1 tags"),
            "\(bad.messages)")
        try place.write("tag.jsonl", #"{"tokens": ["a"], "tags": ["PER"]}"# + "\n")
        let tag = try place.cloze("train", train + ["--data", "tag.jsonl", "--test", "tag.jsonl"])
        #expect(
            tag.status == 65 && tag.messages.contains("row 1 of 'tag.jsonl' has the tag 'PER'"),
            "\(tag.messages)")
        try place.write("none.jsonl", #"{"text": "a"}"# + "\n")
        let none = try place.cloze("train", train + ["--data", "none.jsonl", "--test", "none.jsonl"])
        #expect(none.status == 65 && none.messages.contains("'tokens'"), "\(none.messages)")
        try place.write(
            "span.jsonl",
            #"{"text": "a film", "text_b": "q", "references": ["gem"], "answer_start": [2]}"# + "\n")
        let span = try place.cloze(
            "train",
            [
                "--readout", "span", "--method", "linear-probe", "--steps", "2", "--output", "out", "--data",
                "span.jsonl",
                "--test", "span.jsonl",
            ])
        #expect(
            span.status == 65
                && span.messages.contains("row 1 of 'span.jsonl' says that its answer 'gem' stands at 2"),
            "\(span.messages)")
        let words = try place.cloze(
            "train", train + ["--data", "tag.jsonl", "--test", "tag.jsonl", "--words", "a=b"])
        #expect(words.status == 64 && words.messages.contains("--words go with labels"))
        let drawn = try place.cloze(
            "train", train + ["--data", "tag.jsonl", "--test", "tag.jsonl", "--per-label", "4"])
        #expect(drawn.status == 64 && drawn.messages.contains("write --train-rows"), "\(drawn.messages)")
        let timed = try place.cloze("bench", ["step", "--task", "none", "--readout", "tagger"])
        #expect(timed.status == 64 && timed.messages.contains("--readout tagger is not timed"))
        let head = try place.cloze(
            "train",
            ["--data", "tag.jsonl", "--readout", "prototypes", "--method", "lora", "--output", "out"])
        #expect(
            head.status == 64 && head.messages.contains("--readout prototypes does not go with --method lora")
        )
    }
}
