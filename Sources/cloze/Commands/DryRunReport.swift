import Datasets
import Experiments
import Foundation
import Models
import Prompts
import Tensors

/// What `cloze train --dry-run` has checked.
struct DryRunReport: Encodable {
    struct Word: Encodable {
        let label: String
        let text: String
        let tokens: [Int32]
    }

    let task: String
    let template: String
    let words: [Word]
    let data: DataReport?
    let trainedParameters: Int
    let modelParameters: Int
    /// The model's weights; those of a file are mapped, not copied.
    let modelBytes: Int
    /// What this process has held at once so far.
    let peakProcessBytes: Int
    let machineBytes: UInt64
    let output: String

    init(_ plan: TeachingPlan, _ heard: TrainNarrator.Heard, _ pretrained: PretrainedModel) throws {
        let prompt = plan.task.promptTask(limit: plan.limit)
        let template = try plan.method.method.template(for: prompt)
        task = plan.task.name
        self.template = template.source
        words = (heard.words?.words ?? []).map { [labels = plan.task.verbalizer.labels] in
            Word(label: labels[$0.label], text: $0.text, tokens: $0.tokens)
        }
        data = heard.data
        trainedParameters = try plan.method.method.trainedCount(for: prompt, pretrained)
        modelParameters = pretrained.weights.parameterCount
        modelBytes = pretrained.weights.byteCount
        peakProcessBytes = ProcessMemory.peakBytes
        machineBytes = ProcessInfo.processInfo.physicalMemory
        output = plan.output.path
    }

    /// What was checked, a line each.
    var text: String {
        """
        The task '\(task)' is ready; nothing was trained.
        template    \(template.quoted)
        words       \(words.count) for \(Set(words.map(\.label)).count) labels
        rows        \(data?.summaries.map { "\($0.split) \($0.rows)" }.joined(separator: ", ") ?? "none")
        findings    \(data?.findings.count ?? 0)
        trained     \(Figures.count(trainedParameters)) numbers beside \(Figures.count(modelParameters))
        memory      weights \(Figures.bytes(modelBytes)), so far \(Figures.bytes(peakProcessBytes)) \
        of \(Figures.bytes(Int(machineBytes)))
        output      \(output) can be written
        """
    }
}
