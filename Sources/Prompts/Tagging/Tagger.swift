public import Datasets
internal import Layers
public import Models
internal import Tensors

/// Tags words with a prompt that was taught by ``WordTagging``.
public struct Tagger: Sendable {
    private let objective: TaggingObjective
    private let weights: NamedTensors

    /// Prepares a prompt for a model.
    ///
    /// - Throws: ``PromptError`` where it is no tagger, is of another model, or its tensors do not fit.
    public init(_ prompt: Prompt, _ pretrained: PretrainedModel) throws {
        let (manifest, traits) = (prompt.manifest, pretrained.model.traits)
        guard manifest.readout == .tagger else {
            throw PromptError.badSetting(
                name: "the readout of '\(prompt.id)'", value: (manifest.readout ?? .verbalizer).rawValue,
                allowed: "tagger")
        }
        try pretrained.check(manifest)
        let prefix = try Prefix(prompt.tensors, of: prompt.id, traits)
        let past = prefix?.past(.inference(prompt.tensors))
        let room = min(manifest.limit, traits.contextLength - (prefix?.rows ?? 0))
        let tagger = TokenTagger(
            tags: manifest.verbalizer.labels, width: traits.width, pretrained.tokenizer, limit: room)
        try PreparedPrompt.check(prompt.ownWeights, of: prompt, head: tagger.parameters, pretrained)
        weights = pretrained.weights.overlaid(by: prompt.ownWeights)
        objective = TaggingObjective(tagger, pretrained.model) { _ in
            PromptTensors(pasts: past.map { [$0] } ?? [])
        }
    }

    /// The tag of every word of the rows' lists `tokens`.
    public func tags(_ examples: [Example]) throws -> [[String]] {
        try objective.tags(examples, .inference(weights))
    }
}
