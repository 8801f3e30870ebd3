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

    /// Every kind, and whether it has grouped heads' keys and values.
    static let kinds = [
        "peft_prompt_tuning", "peft_prefix_tuning", "peft_p_tuning", "peft_multitask_prompt_tuning",
        "peft_lora", "peft_lora_gpt2", "peft_masked_prompt_tuning", "peft_masked_prefix_tuning",
        "peft_masked_lora", "peft_masked_lora_distilbert",
    ]

    /// The model that a golden was made with.
    private static func model(_ kind: String) throws -> PretrainedModel {
        kind.contains("masked")
            ? try Tiny.masked(kind.hasSuffix("distilbert") ? "distilbert" : "bert")
            : try Tiny.model(kind.hasSuffix("gpt2") ? "gpt2" : "llama")
    }

    private func rows(_ folder: PromptFolder) throws -> Tensor {
        let target = PEFTAdapter.Target(try Tiny.model().model.traits)
        let tensors = try folder.readPEFT(on: CPUBackend.shared).promptTensors(for: target)
        return try #require(tensors[SoftPrompt.parameterName])
    }

    private static func folder(_ kind: String) -> PromptFolder {
        PromptFolder(Golden.folder.appendingPathComponent("prompts/\(kind)"))
    }

    @Test(arguments: kinds) func `what PEFT saved gives PEFT's logits at every token`(_ kind: String) throws {
        let tiny = try Self.model(kind)
        let golden = try Golden("prompts/\(kind)/golden")
        let adapter = try Self.folder(kind).readPEFT(on: CPUBackend.shared)
        let target = PEFTAdapter.Target(tiny.model.traits)
        let soft = adapter.hasSoftRows ? (0..<5).map(PromptRow.soft) : []
        let (tokens, lengths) = (try golden.integers("tokens"), try golden.integers("lengths").map(Int.init))
        let tasks =
            golden.contains("tasks") ? try golden.integers("tasks").map(Int.init) : lengths.map { _ in 0 }
        var (start, logits) = (0, [Float]())
        for (length, task) in zip(lengths, tasks) {
            let tensors = try adapter.promptTensors(for: target, task: task)
            let prompt = Prompt(manifest: try Prompt.hard(Tiny.task(), tiny).manifest, tensors: tensors)
            let prefix = try Prefix(tensors, of: "golden", tiny.model.traits)
            let own = PromptTensors(
                soft: prompt.softRows, pasts: prefix.map { [$0.past(.inference(tensors))] } ?? [])
            let rows = soft + Array(tokens[start..<start + length]).rows
            let places = Array(soft.count..<rows.count)
            let packed = PackedPrompts([.init(prompt: rows, question: .rows(places))])
            let pass = Pass.inference(tiny.weights.overlaid(by: prompt.ownWeights))
            logits += tiny.model.logits(packed.input(tiny.model, [own], pass), pass).floats
            start += length
        }
        expectClose(logits, try golden.floats("logits"), absolute: 1e-4, relative: 1e-4, kind)
    }

    @Test(arguments: kinds) func `every kind is saved as PEFT saves it, and read back`(_ kind: String) throws
    {
        let place = try TemporaryFolder()
        let tiny = try Self.model(kind)
        let adapter = try Self.folder(kind).readPEFT(on: CPUBackend.shared)
        let prompt = try Prompt(adapter, Tiny.task(), tiny)
        let url = place.file("saved")
        try PromptFolder(url).write(prompt)
        let again = try PromptFolder(url).read(on: CPUBackend.shared)
        #expect(again.tensors.names == prompt.tensors.names && again.manifest.method == adapter.method)
        for name in prompt.tensors.names {
            #expect(again.tensors[name]?.floats == prompt.tensors[name]?.floats)
        }
        let examples = try Tiny.rows(3).examples
        #expect(
            try Predictor([again], tiny).predict(examples, with: again.id)
                == Predictor([prompt], tiny).predict(examples, with: prompt.id))
        // A task's share of a multitask adapter is a prompt of its own.
        guard kind != "peft_multitask_prompt_tuning" else { return }
        let ours = try Data(contentsOf: url.appendingPathComponent(Self.tensors))
        #expect(ours == (try Data(contentsOf: Self.folder(kind).url.appendingPathComponent(Self.tensors))))
        let mine = try json(url.appendingPathComponent(Self.configuration))
        let theirs = try json(Self.folder(kind).url.appendingPathComponent(Self.configuration))
        #expect(
            mine["task_type"] as? String == (kind.contains("masked") ? "FEATURE_EXTRACTION" : "CAUSAL_LM"))
        // PEFT does not read the sizes of an encoder that is not in the file, nor how a start was drawn.
        let free = [
            "base_model_name_or_path", "peft_version", "encoder_reparameterization_type",
            "encoder_hidden_size",
            "init_lora_weights",
        ]
        for (key, value) in mine where !free.contains(key) {
            #expect(NSDictionary(dictionary: ["": value]) == ["": try #require(theirs[key])], "\(key)")
        }
    }

    @Test func `changes of DistilBERT's maps are written by the names that transformers gives them`() throws {
        let (place, tiny) = (try TemporaryFolder(), try Tiny.masked("distilbert"))
        var settings = LoRA.Settings()
        (settings.steps, settings.rate, settings.rank) = (3, .fixed(0.05), 2)
        let prompt = try LoRA(settings).fit(Tiny.split(), Tiny.task(), to: tiny, RunContext())
        let folder = PromptFolder(place.file("saved"))
        try folder.write(prompt)
        let names = try SafetensorsFile(contentsOf: folder.url.appendingPathComponent(Self.tensors)).names
        let maps = ["q_lin", "v_lin"].flatMap { map in
            (0..<tiny.model.traits.layers).flatMap { layer in
                ["A", "B"].map {
                    "base_model.model.distilbert.transformer.layer.\(layer).attention.\(map).lora_\($0).weight"
                }
            }
        }
        #expect(Set(names) == Set(maps))
        let configuration = try json(folder.url.appendingPathComponent(Self.configuration))
        #expect(configuration["target_modules"] as? [String] == ["q_lin", "v_lin"])
        let again = try folder.read(on: CPUBackend.shared)
        #expect(again.tensors.names == prompt.tensors.names)
        try again.verify(tiny)
    }

    @Test
    func `prompts that were learned apart are written as one multitask adapter, and read back to the bit`()
        throws
    {
        let (place, tiny) = (try TemporaryFolder(), try Tiny.model())
        let prompts = try (0..<3).map { try Tiny.prompt(tiny, name: "task \($0)", rows: 4, seed: UInt64($0)) }
        try PEFTAdapter(multitask: prompts).write(to: place.url)
        let again = try PromptFolder(place.url).readPEFT(on: CPUBackend.shared)
        #expect(again.kind == "MULTITASK_PROMPT_TUNING" && again.taskCount == 3 && again.rows == 4)
        for (task, prompt) in prompts.enumerated() {
            let read = try again.promptTensors(for: PEFTAdapter.Target(tiny.model.traits), task: task)
            #expect(read[SoftPrompt.parameterName]?.floats == prompt.softRows?.floats)
        }
        #expect(throws: PromptError.self) { try PEFTAdapter(multitask: []) }
        #expect(throws: PromptError.self) {
            try PEFTAdapter(multitask: [prompts[0], Tiny.prompt(tiny, name: "longer", rows: 5)])
        }
    }

    /// A prompt with PEFT's rows, saved in a folder.
    private func saved(in place: TemporaryFolder) throws -> URL {
        let tiny = try Tiny.model()
        let rows = try rows(PromptFolder(Self.folder))
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
        let again = try rows(PromptFolder(saved(in: place)))
        let rows = try rows(PromptFolder(Self.folder))
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
        #expect(try rows(folder).shape.rows == 5)
    }

    @Test(arguments: ["IA3", "ADAPTION_PROMPT", ""])
    func `an adapter of another kind is refused by its name`(_ kind: String) throws {
        let place = try TemporaryFolder()
        let text = refusal(try copy(in: place) { $0["peft_type"] = kind })
        #expect(
            text.contains("peft_type \(kind) is not supported") && text.contains("PREFIX_TUNING")
                && text.contains(Self.configuration))
    }

    @Test(arguments: [
        ("use_dora", true as any Sendable), ("rank_pattern", ["a": 1]), ("r", 0), ("lora_alpha", "8"),
        ("alora_invocation_tokens", [1]), ("layer_replication", [[0, 1]]), ("init_lora_weights", "pissa"),
    ])
    func `a LoRA that is not the plain one is refused by its key`(_ key: String, _ value: any Sendable) throws
    {
        let place = try TemporaryFolder()
        #expect(refusal(try copy(in: place, of: "peft_lora") { $0[key] = value }).contains(key))
    }

    @Test func `a rank that is not that of the matrices is refused with both`() throws {
        let place = try TemporaryFolder()
        let text = refusal(try copy(in: place, of: "peft_lora") { $0["r"] = 3 })
        #expect(text.contains("the configuration's r is 3") && text.contains("lora_A"))
    }

    @Test(arguments: [".lora_A.", ".lora_B."])
    func `a change of which half is missing is refused by the tensor's name`(_ half: String) throws {
        let place = try TemporaryFolder()
        let folder = try copy(in: place, of: "peft_lora") { _ in }
        let file = folder.url.appendingPathComponent(Self.tensors)
        let all = try SafetensorsFile(contentsOf: file).tensors(on: CPUBackend.shared)
        let gone = try #require(all.names.first { $0.contains(half) })
        try SafetensorsFile.write(all.filter { $0 != gone }, to: file)
        #expect(refusal(folder).contains("it has no tensor \(gone)"))
        try SafetensorsFile.write(NamedTensors(), to: file)
        #expect(refusal(folder).contains("it has no tensors"))
    }

    @Test func `half a change in a prompt of our own is refused, too`() throws {
        let tiny = try Tiny.model()
        var settings = LoRA.Settings()
        (settings.steps, settings.rank) = (1, 2)
        var prompt = try LoRA(settings).fit(Tiny.split(), Tiny.task(), to: tiny, RunContext())
        let gone = try #require(prompt.tensors.names.first { $0.contains(".lora_B.") })
        prompt.tensors = prompt.tensors.filter { $0 != gone }
        let error = #expect(throws: PromptError.self) { try Predictor([prompt], tiny) }
        #expect(description(of: error).contains(gone))
    }

    @Test(arguments: ["peft_prompt_tuning", "peft_lora"], [Float.nan, .infinity])
    func `a tensor that holds no number is refused by its name`(_ kind: String, _ value: Float) throws {
        let place = try TemporaryFolder()
        let folder = try copy(in: place, of: kind) { _ in }
        let file = folder.url.appendingPathComponent(Self.tensors)
        var all = try SafetensorsFile(contentsOf: file).tensors(on: CPUBackend.shared)
        let name = try #require(all.names.first)
        var numbers = try #require(all[name]).floats
        numbers[numbers.count / 2] = value
        all[name] = Tensor(numbers, shape: try #require(all[name]).shape, on: CPUBackend.shared)
        try SafetensorsFile.write(all, to: file)
        #expect(refusal(folder).contains("\(name) holds values that are no finite numbers"))
    }

    @Test func `rows that do not stand in front of everything are no adapter, which PEFT would put there`()
        throws
    {
        let (place, tiny) = (try TemporaryFolder(), try Tiny.model())
        let rows = try rows(PromptFolder(Self.folder))
        for (source, isPEFT) in [
            ("{soft 5}{text} {answer}", true), ("{soft 2}{soft 3}{text} {answer}", true),
            ("{text}{soft 5} {answer}", false), ("{soft 2}{text}{soft 3} {answer}", false),
        ] {
            let prompt = try Prompt(
                method: PTuning.name, Tiny.task(), template: Template(source),
                tensors: NamedTensors([SoftPrompt.parameterName: rows]), tiny, settings: [:], probing: [])
            let folder = PromptFolder(place.file("saved"))
            try folder.write(prompt, replacing: true)
            #expect(place.names(in: "saved").contains(Self.configuration) == isPEFT, "\(source)")
            #expect(try folder.read(on: CPUBackend.shared).softRows?.floats == rows.floats)
        }
    }

    @Test func `an adapter without a task is applied all the same, one of an encoder-decoder is not`() throws
    {
        let place = try TemporaryFolder()
        let folder = try copy(in: place) { $0["task_type"] = nil }
        #expect(try rows(folder).floats == rows(PromptFolder(Self.folder)).floats)
        let other = try TemporaryFolder()
        let text = refusal(try copy(in: other) { $0["task_type"] = "SEQ_2_SEQ_LM" })
        #expect(text.contains("PEFT's seq2seq prefixes do not reach the encoder"))
    }

    @Test func `an adapter of another model is refused with both sizes`() throws {
        let other = PEFTAdapter.Target(try Tiny.model("gpt2").model.traits)
        let adapter = try Self.folder("peft_prefix_tuning").readPEFT(on: CPUBackend.shared)
        let error = #expect(throws: PromptError.self) { try adapter.promptTensors(for: other) }
        let text = description(of: error)
        #expect(
            text.contains("hold 64 numbers") && text.contains("2 layers of 4 heads of 12 are 192"), "\(text)")
    }

    @Test func `a task that a multitask adapter does not have is refused`() throws {
        let adapter = try Self.folder("peft_multitask_prompt_tuning").readPEFT(on: CPUBackend.shared)
        let target = PEFTAdapter.Target(try Tiny.model().model.traits)
        #expect(adapter.taskCount == 3)
        let error = #expect(throws: PromptError.self) { try adapter.promptTensors(for: target, task: 3) }
        #expect(description(of: error).contains("it has tasks 0 to 2, not 3"))
    }

    @Test func `a prefix of some layers is saved under its own names, and no file for PEFT with half of it`()
        throws
    {
        let place = try TemporaryFolder()
        let tiny = try Tiny.model()
        let prefix = Prefix(rows: 3, tiny.model.traits, layers: [1])
        let prompt = try Prompt(
            method: DeepPrompt.name, Tiny.task(), template: Tiny.task().template,
            tensors: prefix.named(tiny.keyValues([44, 45, 46])), tiny, settings: [:], probing: [])
        let folder = PromptFolder(place.file("saved"))
        try folder.write(prompt)
        #expect(place.names(in: "saved") == ["cloze.json", "cloze.safetensors"])
        let again = try folder.read(on: CPUBackend.shared)
        #expect(again.tensors.names == prompt.tensors.names)
        #expect(folder.byteCount > again.tensors.byteCount)
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
        let rows = try rows(PromptFolder(Self.folder))
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
