internal import Layers
internal import Models
internal import Tensors

/// A saved prompt of one of the readouts that answer rows with their own, made ready for a model.
struct ReadyPrompt: Sendable {
    let layout: SoftLayout
    /// What its rows read beside their tokens.
    let tensors: PromptTensors
    /// The model's weights, the prompt's own laid over them.
    let weights: NamedTensors
    /// How many positions a row may take, soft rows counted.
    let room: Int

    /// - Parameter head: the weights that the readout needs beside the model's.
    /// - Throws: ``PromptError`` where it is of another readout or model, or its tensors do not fit.
    init(_ prompt: Prompt, as readout: Readout, head: [Parameter], _ pretrained: PretrainedModel) throws {
        let (manifest, traits) = (prompt.manifest, pretrained.model.traits)
        guard prompt.readout == readout else {
            throw PromptError.badSetting(
                name: "the readout of '\(prompt.id)'", value: prompt.readout.rawValue,
                allowed: readout.rawValue)
        }
        _ = try pretrained.promptKind(readout)
        try pretrained.check(manifest)
        layout = try SoftLayout(manifest.template, pretrained.tokenizer)
        let prefix = try Prefix(prompt.tensors, of: prompt.id, traits)
        let past = prefix?.past(.inference(prompt.tensors))
        tensors = PromptTensors(
            soft: try PreparedPrompt.softRows(of: prompt, layout, traits), pasts: past.map { [$0] } ?? [])
        room = try pretrained.room(manifest.limit, prefixRows: prefix?.rows ?? 0)
        try PreparedPrompt.check(prompt.ownWeights, of: prompt, head: head, pretrained)
        weights = pretrained.weights.overlaid(by: prompt.ownWeights)
    }
}
