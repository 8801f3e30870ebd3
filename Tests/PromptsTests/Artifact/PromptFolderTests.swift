import Checkpoints
import Datasets
import Foundation
import Models
import Prompts
import Tensors
import TestSupport
import Testing

@Suite struct PromptFolderTests {
    private let tiny: PretrainedModel
    private let place: TemporaryFolder

    init() throws {
        tiny = try Tiny.model()
        place = try TemporaryFolder()
    }

    private func folder(_ name: String = "prompt") -> PromptFolder { PromptFolder(place.file(name)) }

    private func bits(_ prompt: Prompt) -> [UInt32]? { prompt.softRows?.floats.map(\.bitPattern) }

    private func refusal(_ body: () throws -> some Any) -> String {
        description(of: #expect(throws: PromptError.self) { _ = try body() })
    }

    // MARK: Whole

    @Test func `a prompt comes back as it was, with rows to the last bit`() throws {
        var prompt = try Tiny.prompt(tiny)
        prompt.manifest.measurements = ["test accuracy": 0.875]
        try folder().write(prompt)
        let again = try folder().read(on: CPUBackend.shared)
        #expect(bits(again) == bits(prompt))
        #expect(again.parameterCount == 3 * 48 && again.id == "soft")
        var manifest = again.manifest
        #expect(manifest.tensorHash?.count == 64)
        manifest.tensorHash = nil
        #expect(manifest == prompt.manifest)
        #expect(manifest.probe.count == 2 && manifest.probe[0].fields == ["text": "5 6"])
        #expect(try again.verify(tiny) == 0)
        #expect(place.names() == ["prompt"])
        #expect(
            place.names(in: "prompt") == ["adapter_config.json", "adapter_model.safetensors", "cloze.json"])
    }

    @Test func `the byte count is that of the three files`() throws {
        try folder().write(Tiny.prompt(tiny))
        let sizes = try place.names(in: "prompt").map {
            try Data(contentsOf: place.file("prompt/\($0)")).count
        }
        #expect(folder().byteCount == sizes.reduce(0, +))
    }

    @Test func `a prompt of words alone is one file`() throws {
        let prompt = try Prompt.hard(Tiny.task("1 {text} {answer}"), tiny, probing: Tiny.rows(1).examples)
        try folder().write(prompt)
        #expect(place.names(in: "prompt") == ["cloze.json"])
        let again = try folder().read(on: CPUBackend.shared)
        #expect(again.manifest == prompt.manifest && again.tensors.isEmpty && again.softRows == nil)
        #expect(again.parameterCount == 0 && again.manifest.probe.count == 2)
    }

    @Test func `the same prompt is the same bytes`() throws {
        for name in ["one", "two"] { try folder(name).write(Tiny.prompt(tiny)) }
        for name in place.names(in: "one") {
            #expect(
                try Data(contentsOf: place.file("one/\(name)")) == Data(contentsOf: place.file("two/\(name)"))
            )
        }
    }

    // MARK: Replacing

    @Test func `a prompt that is there is replaced only where that was asked for`() throws {
        let (first, second) = (try Tiny.prompt(tiny, seed: 1), try Tiny.prompt(tiny, seed: 2))
        try folder().write(first)
        #expect(refusal { try folder().write(second) }.contains("exists already"))
        #expect(refusal { try folder().checkWritable(replacing: false) }.contains("--force"))
        #expect(try bits(folder().read(on: CPUBackend.shared)) == bits(first))
        try folder().checkWritable(replacing: true)
        try folder().write(second, replacing: true)
        #expect(try bits(folder().read(on: CPUBackend.shared)) == bits(second))
        #expect(place.names() == ["prompt"])
    }

    @Test func `what is no prompt is never replaced, nor the working folder`() throws {
        let prompt = try Tiny.prompt(tiny)
        try FileManager.default.createDirectory(at: place.file("mine"), withIntermediateDirectories: true)
        try Data("dear diary".utf8).write(to: place.file("mine/diary.txt"))
        #expect(
            refusal { try folder("mine").write(prompt, replacing: true) }.contains("it holds 'diary.txt'"))
        try folder("mine2").write(prompt)
        try Data("a note".utf8).write(to: place.file("mine2/note.txt"))
        #expect(
            refusal { try folder("mine2").checkWritable(replacing: true) }.contains("it holds 'note.txt'"))
        #expect(
            refusal { try folder("mine/diary.txt").write(prompt, replacing: true) }.contains("no folder"))
        let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
        for url in [here, here.deletingLastPathComponent(), URL(fileURLWithPath: "")] {
            #expect(
                refusal { try PromptFolder(url).checkWritable(replacing: true) }.contains(
                    "the working folder"))
        }
        #expect(try String(contentsOf: place.file("mine/diary.txt"), encoding: .utf8) == "dear diary")
        #expect(place.names(in: "mine2").contains("note.txt"))
        try FileManager.default.createDirectory(at: place.file("empty"), withIntermediateDirectories: true)
        try folder("empty").write(prompt, replacing: true)
        #expect(try bits(folder("empty").read(on: CPUBackend.shared)) == bits(prompt))
    }

    @Test func `words alone in the place of soft rows leave no adapter behind`() throws {
        try folder().write(Tiny.prompt(tiny))
        try folder().write(Prompt.hard(Tiny.task(), tiny), replacing: true)
        #expect(place.names(in: "prompt") == ["cloze.json"])
    }

    // MARK: Interrupted saves

    @Test func `what a save killed in its first part left is neither read nor kept`() throws {
        let first = try Tiny.prompt(tiny)
        try folder().write(first)
        try folder(".prompt.new").write(Tiny.prompt(tiny, seed: 2))
        #expect(try bits(folder().read(on: CPUBackend.shared)) == bits(first))
        try folder().write(Prompt.hard(Tiny.task(), tiny), replacing: true)
        #expect(place.names() == ["prompt"] && place.names(in: "prompt") == ["cloze.json"])
    }

    @Test func `a save killed between its renames is said, with where the prompt is`() throws {
        let first = try Tiny.prompt(tiny)
        try folder(".prompt.old").write(first)
        try folder(".prompt.new").write(Tiny.prompt(tiny, seed: 2))
        for text in [
            refusal { try folder().read(on: CPUBackend.shared) }, refusal { try folder().write(first) },
            refusal { try folder().checkWritable(replacing: false) },
        ] {
            #expect(text.contains("interrupted") && text.contains(place.file(".prompt.old").path))
            #expect(text.contains("move it back"))
        }
        try FileManager.default.moveItem(at: place.file(".prompt.old"), to: place.file("prompt"))
        #expect(try bits(folder().read(on: CPUBackend.shared)) == bits(first))
    }

    @Test func `a save over an interrupted one removes its traces`() throws {
        try folder(".prompt.old").write(Tiny.prompt(tiny, seed: 1))
        let second = try Tiny.prompt(tiny, seed: 2)
        try folder().write(second, replacing: true)
        #expect(try bits(folder().read(on: CPUBackend.shared)) == bits(second))
        #expect(place.names() == ["prompt"])
    }

    @Test func `a save killed after its renames has happened`() throws {
        let second = try Tiny.prompt(tiny, seed: 2)
        try folder().write(second)
        try folder(".prompt.old").write(Tiny.prompt(tiny, seed: 1))
        #expect(try bits(folder().read(on: CPUBackend.shared)) == bits(second))
        #expect(refusal { try folder().write(second) }.contains("exists already"))
        try folder().write(second, replacing: true)
        #expect(place.names() == ["prompt"])
    }

    @Test func `a place below a file is refused before any work, and leaves nothing`() throws {
        try Data("text".utf8).write(to: place.file("file"))
        let below = PromptFolder(place.file("file/prompt"))
        #expect(refusal { try below.checkWritable(replacing: false) }.contains("cannot be written"))
        let prompt = try Tiny.prompt(tiny)
        #expect(refusal { try below.write(prompt) }.contains(place.file("file/prompt").path))
        #expect(place.names() == ["file"])
    }

    @Test func `checking a place leaves nothing there`() throws {
        try PromptFolder(place.file("deep/er/prompt")).checkWritable(replacing: false)
        #expect(place.names(in: "deep/er").isEmpty)
    }

    // MARK: Damage

    /// Rewrites the manifest of a saved prompt.
    private func change(_ body: (inout [String: Any]) -> Void) throws {
        let file = place.file("prompt/cloze.json")
        var values = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        body(&values)
        try JSONSerialization.data(withJSONObject: values).write(to: file)
    }

    @Test func `a manifest of a later format is refused with both numbers`() throws {
        try folder().write(Tiny.prompt(tiny))
        // A later version may have changed everything else too.
        try change { $0 = ["format": 2] }
        let text = refusal { try folder().read(on: CPUBackend.shared) }
        #expect(text.contains("format 2") && text.contains("up to 1") && text.contains("update"))
    }

    @Test func `a key that is missing is named`() throws {
        try folder().write(Tiny.prompt(tiny))
        let file = place.file("prompt/cloze.json")
        let whole = try Data(contentsOf: file)
        for key in [
            "name", "method", "template", "verbalizer", "rule", "limit", "shortening", "model", "tokenizer",
            "probe",
            "settings", "measurements",
        ] {
            try change { $0[key] = nil }
            let text = refusal { try folder().read(on: CPUBackend.shared) }
            #expect(text.contains("the key '\(key)' is missing"), "\(key): \(text)")
            try whole.write(to: file)
        }
    }

    @Test func `a value that breaks a rule is named by its place`() throws {
        try folder().write(Tiny.prompt(tiny))
        let file = place.file("prompt/cloze.json")
        let whole = try Data(contentsOf: file)
        let broken: [(String, Any)] = [
            ("template", "{text"), ("rule", "guess"), ("limit", "many"), ("format", "one"),
            ("verbalizer", [["label": "a", "words": []]]), ("model", 5),
        ]
        for (key, value) in broken {
            try change { $0[key] = value }
            let text = refusal { try folder().read(on: CPUBackend.shared) }
            #expect(text.contains("is not a manifest of a prompt") && text.contains(key), "\(key): \(text)")
            try whole.write(to: file)
        }
    }

    @Test func `a manifest cut anywhere is refused`() throws {
        try folder().write(Tiny.prompt(tiny))
        let file = place.file("prompt/cloze.json")
        let whole = try Data(contentsOf: file)
        for count in stride(from: 0, to: whole.count - 1, by: 9) {
            try whole.prefix(count).write(to: file)
            #expect(throws: PromptError.self) { try folder().read(on: CPUBackend.shared) }
        }
    }

    @Test func `tensors that are not those of the manifest are refused`() throws {
        try folder().write(Tiny.prompt(tiny))
        let file = place.file("prompt/adapter_model.safetensors")
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: file)
        #expect(refusal { try folder().read(on: CPUBackend.shared) }.contains("is not the file"))
        try FileManager.default.removeItem(at: file)
        #expect(
            refusal { try folder().read(on: CPUBackend.shared) }.contains(
                "adapter_model.safetensors is missing"))
    }

    @Test func `a folder that is not there is missing`() {
        #expect(refusal { try folder().read(on: CPUBackend.shared) }.contains("cloze.json is missing"))
    }

    // MARK: Use

    @Test func `a soft row that was altered no longer gives the stored scores`() throws {
        var prompt = try Tiny.prompt(tiny)
        #expect(try prompt.verify(tiny) == 0)
        var rows = try #require(prompt.softRows).floats
        rows[50] += 0.2
        prompt.tensors[SoftPrompt.parameterName] = Tensor(rows, shape: [3, 48], on: CPUBackend.shared)
        #expect(refusal { try prompt.verify(tiny) }.contains("no longer gives the scores"))
        prompt.tensors[SoftPrompt.parameterName] = Tensor(
            repeating: .nan, shape: [3, 48], on: CPUBackend.shared)
        #expect(throws: PromptError.self) { try prompt.verify(tiny) }
    }

    @Test func `soft rows are refused by another model and by another tokenizer; words alone are not`() throws
    {
        let prompt = try Tiny.prompt(tiny)
        let text = refusal { try Predictor([prompt], Tiny.model(digest: "other")) }
        #expect(text.contains("'soft' was made for tiny-llama") && text.contains("its own model only"))
        #expect(throws: PromptError.self) { try Predictor([prompt], Tiny.model("mistral")) }
        let smaller = try Tiny.model(tokenizer: NumberTokenizer(vocabularySize: 90))
        #expect(refusal { try Predictor([prompt], smaller) }.contains("gives other tokens"))
        let hard = try Prompt.hard(Tiny.task(), tiny)
        _ = try Predictor([hard], Tiny.model("mistral"))
        _ = try Predictor([hard], smaller)
    }

    @Test func `rows that do not fit the template are refused`() throws {
        var prompt = try Tiny.prompt(tiny)
        prompt.tensors[SoftPrompt.parameterName] = Tiny.soft(4, tiny)
        #expect(refusal { try Predictor([prompt], tiny) }.contains("[4, 48], but [3, 48] are needed"))
        prompt.tensors = NamedTensors()
        #expect(refusal { try Predictor([prompt], tiny) }.contains("absent, but [3, 48]"))
    }
}
