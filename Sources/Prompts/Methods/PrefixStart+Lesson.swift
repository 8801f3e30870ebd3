internal import Models
internal import Tensors

extension PrefixStart {
    /// The keys and values that are trained, whatever reads the answer.
    func parts(
        _ pretrained: PretrainedModel, _ random: inout CounterRandom,
        automaticRate: (rate: Float, reason: String)
    ) throws -> (TrainedParts, Prefix) {
        let (prefix, start) = try make(pretrained, &random)
        return (TrainedParts(prefix, start: start, automaticRate: automaticRate), prefix)
    }

    /// What a method with a prefix trains: its keys and values, and the readout's own weights.
    func lesson(
        _ task: PromptTask, template: Template, _ pretrained: PretrainedModel, readout: Readout, seed: UInt64,
        automaticRate: (rate: Float, reason: String)
    ) throws -> (Lesson, Prefix) {
        var random = CounterRandom(seed: seed, stream: 1)
        let (parts, prefix) = try parts(pretrained, &random, automaticRate: automaticRate)
        let setup = try PromptSetup(
            task, template: template, pretrained, readout: readout, prefixRows: prefix.rows)
        let head = setup.readoutStart(&random)
        return (Lesson(setup, parts, pretrained.model, head: head), prefix)
    }
}
