public import Datasets
internal import Layers
public import Models
internal import Tensors

/// Tags words with a prompt that was taught by ``WordTagging``.
public struct Tagger: RowAnswering {
    private let objective: TaggingObjective
    private let weights: NamedTensors

    /// Prepares a prompt for a model.
    ///
    /// - Throws: ``PromptError`` where it is no tagger, is of another model, or its tensors do not fit.
    public init(_ prompt: Prompt, _ pretrained: PretrainedModel) throws {
        let (tags, width) = (prompt.manifest.verbalizer.labels, pretrained.model.traits.width)
        let ready = try ReadyPrompt(
            prompt, as: .tagger, head: ClassificationHead(labels: tags, width: width).parameters, pretrained)
        let tagger = TokenTagger(
            tags: tags, width: width, pretrained.tokenizer, softRows: ready.layout.rowCount, limit: ready.room
        )
        weights = ready.weights
        objective = TaggingObjective(tagger, pretrained.model) { _ in ready.tensors }
    }

    /// The tag of every word of the rows' lists `tokens`.
    public func tags(_ examples: [Example]) throws -> [[String]] {
        try objective.tags(examples, .inference(weights)).map(\.tags)
    }

    /// The tags of the rows' words, with spaces between them.
    public func answers(_ examples: [Example], progress: (Int) -> Void = { _ in }) throws -> [RowAnswer] {
        try objective.tags(examples, .inference(weights), progress: progress).map { tags, wordsCut in
            var answer = RowAnswer(text: tags.joined(separator: " "))
            (answer.tags, answer.tokensCut) = (tags, wordsCut)
            return answer
        }
    }
}
