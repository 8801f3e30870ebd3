import Foundation
import Testing

@Suite struct TrainTests {
    @Test func `training writes a prompt and prints one table and the command that uses it`() throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.train("learned")
        #expect(outcome.status == 0)
        for words in [
            "majority class", "zero-shot", "prompt-tuning", "95 % interval", "peak memory",
            "cloze predict --model",
        ] {
            #expect(outcome.output.contains(words), "\(words)")
        }
        for words in ["great", "train: 8 rows", "learning rate", "learning"] {
            #expect(outcome.messages.contains(words), "\(words)")
        }
        #expect(place.names == ["learned", "pool.jsonl", "test.jsonl"])
        let command = outcome.output.split(separator: "\n").last.map(String.init)?.trimmingCharacters(
            in: .whitespaces)
        let used = try Program(in: place.folder).shell(
            "\"$CLOZE\"" + (command ?? "").dropFirst("cloze".count))
        #expect(used.status == 0)
        #expect(used.output.hasSuffix("\tyour text\n"))
    }

    @Test func `json has the rows of the table and what they cost`() throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.train("learned", ["--json", "--quiet"])
        let document = try outcome.json()
        let rows = document["rows"] as? [[String: Any]] ?? []
        #expect(rows.map { $0["name"] as? String } == ["majority class", "zero-shot", "prompt-tuning"])
        #expect(rows.last?["trainedParameters"] as? Int == 4 * 32)
        #expect((document["losses"] as? [Any])?.count == 12)
        #expect(document["schema"] as? Int == 1)
        #expect((document["predict"] as? String)?.hasPrefix("cloze predict") == true)
    }

    @Test(arguments: [
        ("prefix-tuning", ["--soft-rows", "4"], "adapter_model.safetensors"),
        ("prefix-tuning", ["--soft-rows", "4", "--layers", "1"], "cloze.safetensors"),
        ("p-tuning", ["--soft-rows", "4", "--placement", "front"], "adapter_model.safetensors"),
        // PEFT would put these rows in front.
        ("p-tuning", ["--soft-rows", "4", "--placement", "end"], "cloze.safetensors"),
        ("deep-prompt", ["--soft-rows", "4", "--readout", "classifier"], "cloze.safetensors"),
        ("lora", ["--rank", "2"], "adapter_model.safetensors"),
        ("model-tuning", ["--tuned", "top:1"], "cloze.safetensors"),
        ("linear-probe", [], "cloze.safetensors"),
    ])
    func `each method trains, saves and answers again`(
        _ method: String, _ options: [String], _ file: String
    ) throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.cloze(
            "train",
            [
                "--data", "pool.jsonl", "--test", "test.jsonl", "--per-label", "4", "--steps", "3",
                "--method", method,
            ]
                + options + Workplace.question + ["--output", "learned", "--json", "--quiet"])
        let document = try outcome.json()
        let row = (document["rows"] as? [[String: Any]] ?? []).last ?? [:]
        #expect(row["name"] as? String == method && (row["trainedParameters"] as? Int ?? 0) > 0)
        let (tasks, bytes) = (document["tasksAGigabyte"] as? Int ?? 0, row["bytes"] as? Int ?? 0)
        #expect(bytes > 0 && tasks == 1_000_000_000 / bytes)
        #expect((document["stepSeconds"] as? Double ?? 0) > 0)
        #expect(try place.contents("learned/" + file).isEmpty == false)
        let used = try place.cloze("predict", ["--prompt", "learned", "a text"])
        #expect(used.status == 0, "\(used.messages)")
    }

    @Test(arguments: [
        (["--rank", "4"], "--rank does not go with --method prompt-tuning, only with lora"),
        (["--method", "lora", "--layers", "0-1"], "--layers does not go with --method lora"),
        (
            ["--method", "prefix-tuning", "--soft-rows", "4", "--layers", "3-1"],
            "layers is '3-1', but must be numbers and ranges, such as 0-3,7"
        ),
        (["--method", "deep-prompt", "--layers", "9"], "the list of layers is [9], but must be"),
        (["--method", "prefix-tuning", "--soft-rows", "100000"], "the length of the prefix is 100000"),
        (["--method", "model-tuning", "--tuned", "half"], "tuned is 'half', but must be all, none or top:K"),
        (["--method", "lora", "--rank", "1000"], "the rank is 1000, but must be between 1 and"),
        (["--method", "p-tuning", "--encoder", "mlp"], "rows without a network are prompt-tuning"),
        (["--method", "linear-probe", "--readout", "tagger"], "--words go with labels"),
        (["--start-from", "absent"], "absent"),
    ])
    func `what a method cannot have is refused with what is allowed`(_ options: [String], _ message: String)
        throws
    {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.cloze(
            "train",
            ["--data", "pool.jsonl", "--test", "test.jsonl", "--per-label", "4", "--steps", "2"]
                + options + Workplace.question + ["--output", "learned"])
        #expect(outcome.status != 0 && outcome.messages.contains(message), "\(outcome.messages)")
        #expect(place.names == ["pool.jsonl", "test.jsonl"])
    }

    @Test(arguments: ["prompt-tuning", "p-tuning"], [Workplace.model, Workplace.maskedModel])
    func `soft rows stand where the template has them, and zero-shot is asked without`(
        _ method: String, _ model: URL
    ) throws {
        let place = try Workplace()
        try place.writeRows()
        let asked = ["--template", "{text} {soft 2} It was {soft 2} {answer}.", "--words"]
        let trained = try place.cloze(
            "train", on: model,
            [
                "--data", "pool.jsonl", "--test", "test.jsonl", "--per-label", "4", "--steps", "3",
                "--method",
                method, "--output", "learned", "--json",
            ] + asked + ["negative=terrible,positive=great"])
        #expect(trained.status == 0, "\(trained.messages)")
        let rows = try trained.json()["rows"] as? [[String: Any]] ?? []
        let hard = try place.cloze(
            "evaluate", on: model, Workplace.question + ["--data", "test.jsonl", "--json"])
        let metrics = try hard.json()["metrics"] as? [[String: Any]]
        let value = metrics?.first { $0["metric"] as? String == "accuracy" }?["value"] as? Double
        #expect(rows.count == 3 && rows[1]["value"] as? Double == value, "\(hard.output)")
        #expect(try place.cloze("predict", on: model, ["--prompt", "learned", "a gem"]).status == 0)
    }

    @Test func `a prompt is learned for two tasks, and starts the training of each`() throws {
        let place = try Workplace()
        try place.writeRows()
        let other = place.folder.appendingPathComponent("other")
        try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
        for file in ["pool.jsonl", "test.jsonl"] { try place.write("other/" + file, place.contents(file)) }
        try place.write(
            "other/task.json",
            #"{"name": "other", "template": "{text} So it was {answer}.", "words": {"negative": " bad", "positive": " good"}}"#
        )
        let shared = try place.train("shared", ["--with-task", "other"])
        #expect(shared.status == 0, "\(shared.messages)")
        let shown = try place.cloze("inspect", ["shared"])
        #expect(shown.output.contains("together with"), "\(shown.output)")
        let alone = try place.train("alone", ["--start-from", "shared"])
        #expect(alone.status == 0, "\(alone.messages)")
        let again = try place.cloze("runs", "reproduce", "last")
        #expect(again.status == 0, "\(again.messages)")
        let absent = try place.train("none", ["--with-task", "absent"])
        #expect(absent.status != 0 && absent.messages.contains("absent/task.json"), "\(absent.messages)")
    }

    @Test func `quiet says nothing but warnings`() throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.train("learned", ["--quiet"])
        let lines = outcome.messages.split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("warning:") }, "\(lines)")
    }

    @Test func `the same seed gives the same bytes, another seed others`() throws {
        let place = try Workplace()
        try place.writeRows()
        for (name, seed) in [("one", "3"), ("two", "3"), ("three", "4")] {
            #expect(try place.train(name, ["--seed", seed]).status == 0)
        }
        let (one, two) = (
            try place.contents("one/adapter_model.safetensors"),
            try place.contents("two/adapter_model.safetensors")
        )
        #expect(one == two)
        #expect(try one != place.contents("three/adapter_model.safetensors"))
    }

    @Test func `a prompt that is there is kept unless force is given`() throws {
        let place = try Workplace()
        try place.writeRows()
        #expect(try place.train("learned").status == 0)
        let before = try place.contents("learned/adapter_model.safetensors")
        let refused = try place.train("learned", ["--seed", "9"])
        #expect(refused.status == 64)
        #expect(refused.messages.contains("--force"))
        #expect(try place.contents("learned/adapter_model.safetensors") == before)
        #expect(try place.train("learned", ["--seed", "9", "--force"]).status == 0)
        #expect(try place.contents("learned/adapter_model.safetensors") != before)
    }

    @Test func `a dry run checks everything and writes nothing`() throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.train("learned", ["--dry-run"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("nothing was trained"))
        #expect(outcome.messages.contains("great"))
        #expect(place.names == ["pool.jsonl", "test.jsonl"])
        let document = try place.train("learned", ["--dry-run", "--json"]).json()
        #expect(document["trainedParameters"] as? Int == 128)
    }

    @Test func `a task folder brings template and words`() throws {
        let place = try Workplace()
        try place.writeRows()
        try place.write(
            "task.json",
            #"{"name":"films","template":"{text} It was {answer}.","words":{"positive":"great","negative":["terrible","bad"]}}"#
        )
        let outcome = try place.cloze(
            "train",
            [
                "--task", ".", "--per-label", "4", "--soft-rows", "3", "--steps", "4", "--output", "learned",
                "--json",
            ])
        #expect(outcome.status == 0)
        #expect(try outcome.json()["task"] as? String == "films")
        let evaluated = try place.cloze("evaluate", ["--prompt", "learned", "--task", ".", "--json"]).json()
        #expect(evaluated["rows"] as? Int == 12)
    }

    @Test(arguments: zip(["vocabulary", "labels", "random", "text"], ["front", "middle", "end", "front"]))
    func `every start and every placement trains`(start: String, placement: String) throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.train("learned", ["--init", start, "--placement", placement, "--steps", "2"])
        #expect(outcome.status == 0)
        #expect(place.exists("learned/cloze.json"))
    }

    @Test func `a trained prompt answers the same through predict, evaluate and its saved probe`() throws {
        let place = try Workplace()
        try place.writeRows()
        #expect(try place.train("learned").status == 0)
        let evaluated = try place.cloze(
            "evaluate", ["--prompt", "learned", "--data", "test.jsonl", "--predictions", "answers.jsonl"])
        #expect(evaluated.status == 0)
        let predicted = try place.cloze(
            "predict", ["--prompt", "learned", "--file", "test.jsonl", "--jsonl"])
        func labels(_ text: String) throws -> [String] {
            try text.split(separator: "\n").map {
                let row = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
                return "\(row["id"] ?? "") \(row["label"] ?? "")"
            }
        }
        let answers = String(decoding: try place.contents("answers.jsonl"), as: UTF8.self)
        #expect(try labels(answers) == labels(predicted.output))
    }
}
