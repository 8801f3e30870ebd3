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
        let place = ProcessInfo.processInfo.environment["CLOZE_PEFT_PROBES"] ?? ""
        let choice = try #require(MethodLearningTests.choices(steps: 5).first { $0.name == name })
        let prompt = try choice.method.fit(Tiny.split(), Tiny.task(), to: tiny, RunContext())
        let folder = URL(fileURLWithPath: place).appendingPathComponent(name)
        try PromptFolder(folder).write(prompt, replacing: true)

        let rows: [[Int32]] = [[5, 17, 8, 60], [9], [44, 45, 46]]
        let past = try Prefix(prompt.tensors, of: prompt.id, tiny.model.traits)?.past(
            .inference(prompt.tensors))
        let tensors = PromptTensors(soft: prompt.softRows, pasts: past.map { [$0] } ?? [])
        let soft = (0..<(prompt.softRows?.shape.rows ?? 0)).map(PromptRow.soft)
        let packed = PackedPrompts(
            rows.map { tokens in
                let all = soft + tokens.rows
                return .init(prompt: all, question: .rows([all.count - 1]))
            })
        let pass = Pass.inference(tiny.weights.overlaid(by: prompt.ownWeights))
        let logits = tiny.model.logits(packed.input(tiny.model, [tensors], pass), pass)
        let width = logits.shape.width
        let values = logits.floats
        let probe: [String: Any] = [
            "tokens": rows.map { $0.map(Int.init) },
            "logits": rows.indices.map { values[$0 * width..<($0 + 1) * width].map(Double.init) },
        ]
        try JSONSerialization.data(withJSONObject: probe).write(
            to: folder.appendingPathComponent("probe.json"))
    }
}
