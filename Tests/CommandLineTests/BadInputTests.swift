import Foundation
import Testing

/// A command that must fail, with what it must leave.
struct BadInput: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int32
    /// Prepares files and gives the model and the arguments.
    let arrange: @Sendable (Workplace) throws -> [String]

    init(_ name: String, _ status: Int32, _ arrange: @escaping @Sendable (Workplace) throws -> [String]) {
        self.name = name
        self.status = status
        self.arrange = arrange
    }

    var testDescription: String { name }
}

@Suite struct BadInputTests {
    @Test(
        arguments: dataInputs + questionInputs + modelInputs + promptInputs + inContextInputs + maskedInputs)
    func `a bad input is explained in one message with its exit code`(bad: BadInput) throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.run(bad.arrange(place))
        #expect(outcome.status == bad.status, "\(outcome.messages)")
        #expect(outcome.output.isEmpty)
        try Snapshots.expect(outcome.messages, named: "messages/\(bad.name)", in: place)
    }

    private static func training(_ more: String...) -> [String] {
        [
            "train", "--model", Workplace.model.path, "--test", "test.jsonl", "--per-label", "4", "--output",
            "out",
        ] + more
    }

    private static let ask = Workplace.question

    private static let dataInputs: [BadInput] = [
        BadInput("not-utf8", 65) { place in
            try place.write(
                "bad.jsonl",
                Data("{\"text\":\"".utf8) + [0xB8, 0xC0] + Data("\",\"label\":\"positive\"}\n".utf8))
            return training("--data", "bad.jsonl") + ask
        },
        BadInput("not-utf8-lines", 65) { place in
            try place.write("bad.txt", Data("fine\nnot ".utf8) + [0xFF] + Data(" fine\n".utf8))
            return ["predict", "--model", Workplace.model.path, "--file", "bad.txt"] + ask
        },
        BadInput("missing-field", 65) { place in
            try place.write(
                "bad.jsonl",
                "{\"text\":\"a\",\"label\":\"positive\"}\n{\"txt\":\"b\",\"label\":\"positive\"}\n")
            return training("--data", "bad.jsonl") + ask
        },
        BadInput("missing-label", 65) { place in
            try place.write("bad.jsonl", "{\"text\":\"a\"}\n")
            return training("--data", "bad.jsonl") + ask
        },
        BadInput("unknown-label", 65) { place in
            try place.write("bad.jsonl", "{\"text\":\"a\",\"label\":\"postive\"}\n")
            return training("--data", "bad.jsonl") + ask
        },
        BadInput("not-json", 65) { place in
            try place.write("bad.jsonl", "text: a gem\n")
            return training("--data", "bad.jsonl") + ask
        },
        BadInput("empty-file", 65) { place in
            try place.write("bad.jsonl", "")
            return training("--data", "bad.jsonl") + ask
        },
        BadInput("no-file", 66) { _ in training("--data", "nowhere.jsonl") + ask },
        BadInput("unknown-format", 64) { place in
            try place.write("bad.dat", "x")
            return training("--data", "bad.dat") + ask
        },
        BadInput("too-few-rows", 65) { _ in
            training("--data", "pool.jsonl", "--per-label", "16") + ask
        },
        BadInput("no-test-rows", 64) { _ in
            ["train", "--model", Workplace.model.path, "--data", "pool.jsonl", "--output", "out"] + ask
        },
        BadInput("no-task", 66) { _ in
            ["train", "--model", Workplace.model.path, "--task", "nowhere", "--output", "out"]
        },
        BadInput("bad-columns", 64) { _ in training("--data", "pool.jsonl", "--columns", "text") + ask },
        BadInput("input-too-long", 65) { _ in
            ["predict", "--model", Workplace.model.path, "--limit", "4", "a gem"] + ask
        },
    ]

    private static func asking(_ template: String, _ words: String = "negative=bad,positive=good") -> [String]
    {
        training("--data", "pool.jsonl", "--template", template, "--words", words)
    }

    private static func chatting(_ more: String...) -> [String] {
        ["predict", "--model", Workplace.model.path, "--chat", "a film"] + more
    }

    private static let questionInputs: [BadInput] = [
        BadInput("chat-no-template", 78) { _ in chatting() + ask },
        BadInput("chat-with-examples", 64) { _ in chatting("--shots", "2", "--pool", "pool.jsonl") + ask },
        BadInput("template-without-answer", 64) { _ in asking("{text} It was") },
        BadInput("template-unknown-field", 64) { _ in asking("{txt} It was {answer}") },
        BadInput("template-unbalanced", 64) { _ in asking("{text It was {answer}") },
        BadInput("template-empty", 64) { _ in asking(" ") },
        BadInput("template-two-answers", 64) { _ in asking("{answer}{text}{answer}") },
        BadInput("words-shared", 64) { _ in asking("{text} It was {answer}", "negative=good,positive=good") },
        BadInput("words-label-twice", 64) { _ in
            asking("{text} It was {answer}", "positive=good,positive=great")
        },
        BadInput("words-empty", 64) { _ in asking("{text} It was {answer}", "negative=,positive=good") },
        BadInput("soft-rows-out-of-range", 64) { _ in
            asking("{text} It was {answer}") + ["--soft-rows", "151"]
        },
        BadInput("bad-rate", 64) { _ in asking("{text} It was {answer}") + ["--rate", "fast"] },
        BadInput("fill-field", 64) { _ in
            ["fill", "--model", Workplace.model.path, "{text} is {answer}", "a gem"]
        },
        BadInput("several-fields", 64) { _ in
            [
                "predict", "--model", Workplace.model.path, "--template", "{a} and {b}: {answer}", "--words",
                "yes,no", "x",
            ]
        },
    ]

    private static func loading(_ model: URL) -> [String] {
        ["fill", "--model", model.path, "It was {answer}"]
    }

    private static let modelInputs: [BadInput] = [
        BadInput("model-absent", 66) { place in loading(place.folder.appendingPathComponent("nowhere")) },
        BadInput("model-not-in-cache", 66) { _ in ["fill", "--model", "owner/name", "It was {answer}"] },
        BadInput("model-truncated", 65) { place in
            let model = try place.copyModel("model")
            let file = model.appendingPathComponent("model.safetensors")
            try Data(contentsOf: file).dropLast(64).write(to: file)
            return loading(model)
        },
        BadInput("model-wrong-kind", 65) { place in
            loading(try place.write("model.gguf", "%PDF-1.7\n" + String(repeating: "x", count: 100)))
        },
        BadInput("model-empty-folder", 65) { place in
            let folder = place.folder.appendingPathComponent("empty")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            return loading(folder)
        },
        BadInput("model-tensor-missing", 65) { place in
            loading(
                try place.copyModel("model") { bytes in
                    let name = "model.layers.1.mlp.up_proj.weight"
                    bytes.header["model.layers.1.mlp.something.weight"] = bytes.header.removeValue(
                        forKey: name)
                })
        },
        BadInput("model-tensor-misshaped", 65) { place in
            loading(
                try place.copyModel("model") {
                    $0.set("shape", of: "model.layers.0.mlp.up_proj.weight", to: [32, 48])
                })
        },
        BadInput("model-unsupported-type", 69) { place in
            loading(try place.copyModel("model") { $0.set("dtype", of: "model.norm.weight", to: "I32") })
        },
        BadInput("model-unknown-family", 69) { place in
            let model = try place.copyModel("model")
            let file = model.appendingPathComponent("config.json")
            let text = try String(contentsOf: file, encoding: .utf8).replacingOccurrences(
                of: "\"llama\"", with: "\"camel\"")
            try Data(text.utf8).write(to: file)
            return loading(model)
        },
        BadInput("model-without-tokenizer", 66) { place in
            let model = try place.copyModel("model")
            for name in ["tokenizer.json", "tokenizer_config.json"] {
                try FileManager.default.removeItem(at: model.appendingPathComponent(name))
            }
            return loading(model)
        },
    ]

    private static let promptInputs: [BadInput] = [
        BadInput("prompt-absent", 66) { _ in
            ["predict", "--model", Workplace.model.path, "--prompt", "nowhere", "a gem"]
        },
        BadInput("prompt-other-model", 78) { place in
            _ = try place.train("learned")
            let other = try place.copyModel("other") { $0.tensors[1000] ^= 1 }
            return ["predict", "--model", other.path, "--prompt", "learned", "a gem"]
        },
        BadInput("prompt-changed", 65) { place in
            _ = try place.train("learned")
            let file = place.folder.appendingPathComponent("learned/adapter_model.safetensors")
            var data = try Data(contentsOf: file)
            data[data.count - 1] ^= 1
            try data.write(to: file)
            return ["predict", "--model", Workplace.model.path, "--prompt", "learned", "a gem"]
        },
        BadInput("prompt-bad-manifest", 65) { place in
            _ = try place.train("learned")
            try place.write("learned/cloze.json", "{\"format\":1}")
            return ["predict", "--model", Workplace.model.path, "--prompt", "learned", "a gem"]
        },
        BadInput("prompt-later-format", 65) { place in
            _ = try place.train("learned")
            try place.write("learned/cloze.json", "{\"format\":99}")
            return ["predict", "--model", Workplace.model.path, "--prompt", "learned", "a gem"]
        },
        BadInput("output-exists", 64) { place in
            _ = try place.train("learned")
            return ["train", "--model", Workplace.model.path] + place.trainingArguments("learned")
        },
        BadInput("output-under-a-file", 74) { place in
            ["train", "--model", Workplace.model.path] + place.trainingArguments("pool.jsonl/learned")
        },
        BadInput("predictions-under-a-file", 74) { _ in
            [
                "evaluate", "--model", Workplace.model.path, "--quiet", "--data", "test.jsonl",
                "--predictions", "pool.jsonl/x",
            ] + ask
        },
    ]
}

extension Workplace {
    /// Runs the program with these arguments.
    fileprivate func run(_ arguments: [String]) throws -> Program.Outcome {
        try Program(in: folder).run(arguments)
    }
}
