public import Checkpoints
public import Foundation
import Layers
public import Tensors
public import Tokenizers

/// A model as it was published: its plan, its weights and its tokenizer.
public struct PretrainedModel: Sendable {
    /// The plan.
    public let model: any LanguageModel
    /// The weights; those of a file are read from it as they are needed.
    public let weights: NamedTensors
    /// Text to tokens and back.
    public let tokenizer: any Tokenizer
    /// Says which weights these are.
    public let fingerprint: ModelFingerprint
    /// The file's or folder's name, for people.
    public let name: String
    /// The chat template as it was published, unread; ``chatTemplate`` reads it.
    public let chatTemplateSource: String?

    /// Opens a Hugging Face folder or a GGUF file.
    ///
    /// - Throws: `CheckpointError`, ``ModelError`` or `TokenizerError`, each with the file, what is wrong
    ///   with it and what to do.
    public init(contentsOf url: URL, on backend: any Backend) throws {
        try self.init(ModelSource(contentsOf: url), on: backend)
    }

    /// Loads the model of an opened source.
    public init(_ source: ModelSource, on backend: any Backend) throws {
        let (model, weights) = try Self.load(source, on: backend)
        let tokenizer = try source.tokenizer().droppingAddedTokens(from: model.traits.vocabularySize)
        guard tokenizer.vocabularySize <= model.traits.vocabularySize else {
            throw ModelError.tokenizerTooLarge(
                file: source.location.path, tokens: tokenizer.vocabularySize,
                rows: model.traits.vocabularySize)
        }
        self.init(
            model: model, weights: weights, tokenizer: tokenizer,
            fingerprint: ModelFingerprint(source.checkpoint),
            name: source.location.lastPathComponent, chatTemplateSource: try source.chatTemplate())
    }

    package init(
        model: any LanguageModel, weights: NamedTensors, tokenizer: any Tokenizer,
        fingerprint: ModelFingerprint,
        name: String = "model", chatTemplateSource: String? = nil
    ) {
        self.model = model
        self.weights = weights
        self.tokenizer = tokenizer
        self.fingerprint = fingerprint
        self.name = name
        self.chatTemplateSource = chatTemplateSource
    }

    /// Where this model's arithmetic happens.
    package var backend: any Backend {
        weights.names.first.flatMap { weights[$0]?.backend } ?? CPUBackend.shared
    }

    /// The same model with some weights replaced, as a method that tunes the model leaves it.
    public func overlaid(by tuned: NamedTensors) -> PretrainedModel {
        PretrainedModel(
            model: model, weights: weights.overlaid(by: tuned), tokenizer: tokenizer,
            fingerprint: fingerprint,
            name: name, chatTemplateSource: chatTemplateSource)
    }

    /// The plan and the weights of a source, which need not have a tokenizer.
    package static func load(
        _ source: ModelSource, on backend: any Backend
    ) throws -> (model: any LanguageModel, weights: NamedTensors) {
        let (model, rules) = try source.model()
        let parameters = model.parameters.map { (name: $0.name, shape: $0.shape) }
        return (model, try rules.load(parameters, from: source.checkpoint, on: backend))
    }
}
