import Checkpoints
import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing

/// The two files that PEFT reads and writes; the goldens were saved by PEFT (Oracles/prompts/peft_prompt_tuning.py).
@Suite struct PEFTTests {
    private static let folder = Golden.folder.appendingPathComponent("prompts/peft_prompt_tuning")
    private static let configuration = "adapter_config.json"
    private static let tensors = "adapter_model.safetensors"

    @Test func `rows that PEFT saved give PEFT's logits at every token`() throws {
        let tiny = try Tiny.model()
        let golden = try Golden("prompts/peft_prompt_tuning/golden")
        let rows = try PromptFolder(Self.folder).readPEFT(on: CPUBackend.shared)
        #expect(rows.shape == [5, tiny.model.traits.width])
        let soft = (0..<5).map(PromptRow.soft)
        let tokens = try golden.integers("tokens")
        var (start, requests) = (0, [PackedPrompts.Request]())
        for length in try golden.integers("lengths").map(Int.init) {
            for end in 1...length {
                requests.append(
                    .init(prompt: soft + Array(tokens[start..<start + end]).rows, candidates: [[5].rows]))
            }
            start += length
        }
        let packed = PackedPrompts(requests)
        let pass = Pass.inference(tiny.weights)
        let logits = tiny.model.logits(packed.input(tiny.model, soft: rows, pass), pass)
        expectClose(logits, try golden.floats("logits"), absolute: 1e-4, relative: 1e-4)
    }

    /// A prompt with PEFT's rows, saved in a folder.
    private func saved(in place: TemporaryFolder) throws -> URL {
        let tiny = try Tiny.model()
        let rows = try PromptFolder(Self.folder).readPEFT(on: CPUBackend.shared)
        let prompt = try Prompt(
            method: PromptTuning.name, Tiny.task(), template: Template("{soft 5}{text} {answer}"),
            tensors: NamedTensors([SoftPrompt.parameterName: rows]), tiny, settings: [:], probing: [])
        let url = place.file("saved")
        try PromptFolder(url).write(prompt)
        return url
    }

    private func json(_ url: URL) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    }

    @Test func `what is written is what PEFT writes for the same rows`() throws {
        let place = try TemporaryFolder()
        let url = try saved(in: place)
        let ours = try Data(contentsOf: url.appendingPathComponent(Self.tensors))
        #expect(ours == (try Data(contentsOf: Self.folder.appendingPathComponent(Self.tensors))))
        var (mine, theirs) = (
            try json(url.appendingPathComponent(Self.configuration)),
            try json(Self.folder.appendingPathComponent(Self.configuration))
        )
        #expect(mine["task_type"] as? String == "CAUSAL_LM")
        #expect(mine.keys.sorted() == theirs.keys.sorted())
        for key in ["base_model_name_or_path", "peft_version"] {
            mine[key] = nil
            theirs[key] = nil
        }
        #expect(NSDictionary(dictionary: mine) == NSDictionary(dictionary: theirs))
    }

    @Test func `what was written is read back to the last bit`() throws {
        let place = try TemporaryFolder()
        let again = try PromptFolder(try saved(in: place)).readPEFT(on: CPUBackend.shared)
        let rows = try PromptFolder(Self.folder).readPEFT(on: CPUBackend.shared)
        #expect(again.floats.map(\.bitPattern) == rows.floats.map(\.bitPattern))
    }

    /// A copy of PEFT's folder, its configuration changed.
    private func copy(
        in place: TemporaryFolder, of source: String = "peft_prompt_tuning",
        _ change: (inout [String: Any]) -> Void
    ) throws -> PromptFolder {
        let url = place.file("copy")
        try FileManager.default.copyItem(
            at: Golden.folder.appendingPathComponent("prompts/\(source)"), to: url)
        let file = url.appendingPathComponent(Self.configuration)
        var values = try json(file)
        change(&values)
        try JSONSerialization.data(withJSONObject: values).write(to: file)
        return PromptFolder(url)
    }

    private func refusal(_ folder: PromptFolder) -> String {
        description(of: #expect(throws: PromptError.self) { try folder.readPEFT(on: CPUBackend.shared) })
    }

    @Test func `a smallest configuration, and unknown keys, are read`() throws {
        let place = try TemporaryFolder()
        let folder = try copy(in: place) {
            $0 = [
                "peft_type": "PROMPT_TUNING", "task_type": "CAUSAL_LM", "num_virtual_tokens": 5,
                "of_tomorrow": [1],
            ]
        }
        #expect(try folder.readPEFT(on: CPUBackend.shared).shape.rows == 5)
    }

    @Test(arguments: ["peft_p_tuning", "peft_prefix_tuning", "peft_multitask_prompt_tuning", "peft_lora"])
    func `an adapter of another kind is refused by its name`(_ source: String) throws {
        let place = try TemporaryFolder()
        let folder = try copy(in: place, of: source) { _ in }
        let text = refusal(folder)
        #expect(
            text.contains("is not supported") && text.contains("PROMPT_TUNING")
                && text.contains(Self.configuration))
    }

    @Test func `a number of rows that is not the tensor's is refused with both`() throws {
        let place = try TemporaryFolder()
        let text = refusal(try copy(in: place) { $0["num_virtual_tokens"] = 6 })
        #expect(text.contains("[5, 48]") && text.contains("num_virtual_tokens is 6"))
    }

    @Test(arguments: [nil, 0, -1, "5", 2.5] as [(any Sendable)?])
    func `a number of rows that is none is refused`(_ value: (any Sendable)?) throws {
        let place = try TemporaryFolder()
        #expect(
            refusal(try copy(in: place) { $0["num_virtual_tokens"] = value }).contains("num_virtual_tokens"))
    }

    @Test func `a configuration without a kind is refused`() throws {
        let place = try TemporaryFolder()
        #expect(
            refusal(try copy(in: place) { $0["peft_type"] = nil }).contains("the key peft_type is missing"))
    }

    @Test func `an adapter for another task is refused`() throws {
        let place = try TemporaryFolder()
        #expect(refusal(try copy(in: place) { $0["task_type"] = "SEQ_CLS" }).contains("task_type SEQ_CLS"))
    }

    @Test func `a tensor of another name is not taken for the rows`() throws {
        let place = try TemporaryFolder()
        let folder = try copy(in: place) { _ in }
        let file = folder.url.appendingPathComponent(Self.tensors)
        let rows = try PromptFolder(Self.folder).readPEFT(on: CPUBackend.shared)
        try SafetensorsFile.write(NamedTensors(["rows": rows]), to: file)
        #expect(refusal(folder).contains("it has no tensor prompt_embeddings"))
    }

    @Test(arguments: ["", "{", "[]", "5", "{\"peft_type\": \"PROMPT_TUNING\"", "\u{FEFF}nonsense"])
    func `a configuration that is no JSON object is refused`(_ text: String) throws {
        let place = try TemporaryFolder()
        let folder = try copy(in: place) { _ in }
        try Data(text.utf8).write(to: folder.url.appendingPathComponent(Self.configuration))
        #expect(refusal(folder).contains("it is not a JSON object"))
    }

    @Test func `a folder without a configuration, or without tensors, is refused by the file's name`() throws
    {
        let place = try TemporaryFolder()
        #expect(refusal(PromptFolder(place.file("absent"))).contains("absent/adapter_config.json is missing"))
        let folder = try copy(in: place) { _ in }
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent(Self.tensors))
        #expect(throws: (any Error).self) { try folder.readPEFT(on: CPUBackend.shared) }
    }
}
