import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing

/// Writes one learned prompt of each kind that PEFT has, and what it gives, for Oracles/prompts/peft_reverse.py: set
/// CLOZE_PEFT_PROBES to a folder.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["CLOZE_PEFT_PROBES"] != nil))
struct PEFTReverseTests {
    @Test(arguments: ["prompt-tuning", "prefix-tuning", "p-tuning", "lora"])
    func `an adapter and its probe are written`(_ name: String) throws {
        let tiny = try Tiny.model()
        let choice = try #require(MethodLearningTests.choices(steps: 5).first { $0.name == name })
        let prompt = try choice.method.fit(Tiny.split(), Tiny.task(), to: tiny, RunContext())
        let folder = Self.place.appendingPathComponent(name)
        try PromptFolder(folder).write(prompt, replacing: true)

        try write([prompt], Self.rows.map { ($0, 0) }, tiny, to: folder)
    }

    @Test func `LoRA on GPT-2's one map of queries, keys and values is written`() throws {
        let tiny = try Tiny.model("gpt2")
        var settings = LoRA.Settings()
        (settings.steps, settings.rate, settings.rank) = (5, .fixed(0.05), 4)
        let prompt = try LoRA(settings).fit(Tiny.split(), Tiny.task(), to: tiny, RunContext())
        let folder = Self.place.appendingPathComponent("lora-gpt2")
        try PromptFolder(folder).write(prompt, replacing: true)
        try write([prompt], Self.rows.map { ($0, 0) }, tiny, to: folder)
    }

    @Test(arguments: ["bert", "distilbert"]) func `LoRA on an encoder is written`(_ name: String) throws {
        let tiny = try Tiny.masked(name)
        var settings = LoRA.Settings()
        (settings.steps, settings.rate, settings.rank) = (5, .fixed(0.05), 4)
        let prompt = try LoRA(settings).fit(Tiny.split(), Tiny.task(), to: tiny, RunContext())
        let folder = Self.place.appendingPathComponent("lora-\(name)")
        try PromptFolder(folder).write(prompt, replacing: true)
        try write([prompt], Self.rows.map { ($0, 0) }, tiny, to: folder)
    }

    @Test func `several prompts are written as one multitask adapter`() throws {
        let tiny = try Tiny.model()
        let prompts = try (0..<3).map { try Tiny.prompt(tiny, name: "task \($0)", rows: 4, seed: UInt64($0)) }
        let folder = Self.place.appendingPathComponent("multitask-prompt-tuning")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try PEFTAdapter(multitask: prompts).write(to: folder)
        try write(prompts, Array(zip(Self.rows, [2, 0, 1])), tiny, to: folder)
    }

    private static let rows: [[Int32]] = [[5, 17, 8, 60], [9], [44, 45, 46]]

    private static var place: URL {
        URL(fileURLWithPath: ProcessInfo.processInfo.environment["CLOZE_PEFT_PROBES"] ?? "")
    }

    /// Writes the last logits of rows, each under the prompt of a number.
    private func write(
        _ prompts: [Prompt], _ rows: [(tokens: [Int32], task: Int)], _ tiny: PretrainedModel, to folder: URL
    ) throws {
        let logits = try rows.map { tokens, task in
            let prompt = prompts[task]
            let past = try Prefix(prompt.tensors, of: prompt.id, tiny.model.traits)?.past(
                .inference(prompt.tensors))
            let tensors = PromptTensors(soft: prompt.softRows, pasts: past.map { [$0] } ?? [])
            let all = (0..<(prompt.softRows?.shape.rows ?? 0)).map(PromptRow.soft) + tokens.rows
            let packed = PackedPrompts([.init(prompt: all, question: .rows([all.count - 1]))])
            let pass = Pass.inference(tiny.weights.overlaid(by: prompt.ownWeights))
            return tiny.model.logits(packed.input(tiny.model, [tensors], pass), pass).floats.map(Double.init)
        }
        var probe: [String: Any] = ["tokens": rows.map { $0.tokens.map(Int.init) }, "logits": logits]
        if prompts.count > 1 { probe["tasks"] = rows.map(\.task) }
        try JSONSerialization.data(withJSONObject: probe).write(
            to: folder.appendingPathComponent("probe.json"))
    }
}
