internal import Layers
internal import Models
internal import Tensors

extension PrefixStart {
    /// What a method with a prefix trains: its keys and values, and the head where labels are read by one.
    func lesson(
        _ task: PromptTask, template: Template, _ pretrained: PretrainedModel, readout: Readout, seed: UInt64,
        automaticRate: (Float, String)
    ) throws -> (Lesson, Prefix) {
        var random = CounterRandom(seed: seed, stream: 1)
        let (prefix, start) = try make(pretrained, &random)
        let setup = try PromptSetup(
            task, template: template, pretrained, readout: readout, prefixRows: prefix.rows)
        let head =
            (setup.scorer as? ClassificationHead)?.start(&random, on: pretrained.backend) ?? NamedTensors()
        let objective = AnswerObjective(setup.scorer, pretrained.model) {
            PromptTensors(pasts: [prefix.past($0)])
        }
        var lesson = Lesson(
            setup, objective, start: start.overlaid(by: head), automaticRate: automaticRate)
        if !template.hasSoftRows { lesson.firstTrainedLayer = prefix.layers.first ?? 0 }
        return (lesson, prefix)
    }
}
