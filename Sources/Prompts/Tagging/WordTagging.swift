public import Datasets
internal import Layers
public import Models
internal import Tensors
internal import Training

/// Teaching a model to tag words, such as names in BIO notation: a head reads each word, and the words before it and
/// (on an encoder) behind it reach it through the model.
///
/// The model stays frozen under a deep prompt or a head alone, or is tuned: the method of a run says which
/// (Liu et al. 2022, §4.3; the baseline is fine-tuning). What is best on the dev rows by entity F1 is kept.
public struct WordTagging: Sendable {
    private let choice: MethodChoice

    /// Tagging by a method that can have a head: `deep-prompt`, `model-tuning` or `linear-probe`.
    ///
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` for another method.
    public init(_ choice: MethodChoice) throws {
        switch choice {
        case .deepPrompt, .modelTuning: self.choice = choice
        default:
            throw PromptError.badSetting(
                name: "the method of a tagger", value: choice.name,
                allowed: "deep-prompt, model-tuning or linear-probe")
        }
    }

    /// Learns from rows with the lists `tokens` and `tags`.
    ///
    /// - Parameters:
    ///   - name: the prompt's.
    ///   - train: what is learned from.
    ///   - dev: what the best step is chosen by; none to keep the last.
    ///   - limit: how many positions a row may take.
    ///   - pretrained: the model.
    ///   - run: where to report, and when to stop.
    /// - Throws: ``PromptError/tagsDiffer(row:tokens:tags:)``, `DatasetError` for a row without the lists, and what
    ///   the method's settings throw.
    public func fit(
        named name: String, _ train: Dataset, dev: Dataset?, limit: Int = 512, to pretrained: PretrainedModel,
        _ run: RunContext
    ) throws -> Prompt {
        let tags = try Set(train.examples.flatMap { try $0.list("tags") }).sorted()
        let parts = try parts(pretrained)
        let room = min(limit, pretrained.model.traits.contextLength - (parts.prefix?.rows ?? 0))
        let tagger = TokenTagger(
            tags: tags, width: pretrained.model.traits.width, pretrained.tokenizer, limit: room)
        var random = CounterRandom(seed: choice.learning.seed, stream: 2)
        let start = parts.start.overlaid(by: tagger.start(&random, on: pretrained.backend))
        let prefix = parts.prefix
        let objective = TaggingObjective(tagger, pretrained.model) { pass in
            PromptTensors(pasts: prefix.map { [$0.past(pass)] } ?? [])
        }
        let rows = try train.examples.map { try objective.row($0) }
        guard !rows.isEmpty else {
            throw PromptError.badSetting(name: "the number of train rows", value: "0", allowed: "at least 1")
        }
        let learned = try learn(objective, rows, dev, from: start, pretrained, run)
        let manifest = try manifest(named: name, tags, limit: limit, pretrained)
        return Prompt(manifest: manifest, tensors: prefix?.folded(learned) ?? learned)
    }

    private func learn(
        _ objective: TaggingObjective, _ rows: [TaggedWords], _ dev: Dataset?, from start: NamedTensors,
        _ pretrained: PretrainedModel, _ run: RunContext
    ) throws -> NamedTensors {
        let learning = choice.learning
        run.report(.trainable(start.parameterCount))
        let (rate, reason): (Float, String) =
            if case .fixed(let given) = learning.rate { (given, "given") } else {
                (Self.rate(choice), "the method's own")
            }
        run.report(.rate(rate, reason: reason))
        var plan = learning.training(rate: rate)
        if dev?.examples.isEmpty ?? true { plan.evaluationInterval = nil }
        let fitting = Fitting(
            trainer: Trainer(objective, plan), frozen: pretrained.weights, backend: pretrained.backend,
            run: run)
        let batches = ShuffledBatches(rows, size: min(learning.batch, rows.count), seed: learning.seed)
        return try fitting.learn(start, batches: batches) { weights in
            guard let dev else { return 0 }
            let answers = try objective.tags(dev.examples, .inference(weights)).map {
                $0.joined(separator: " ")
            }
            let judged = try Dataset(name: dev.name, examples: dev.examples, metric: .entityF1)
            return try Evaluation(answers, to: judged).value
        }
    }

    private static func rate(_ choice: MethodChoice) -> Float {
        switch choice.name {
        case DeepPrompt.name: DeepPrompt.rate
        case ModelTuning.probeName: ModelTuning.probeRate
        default: ModelTuning.rate
        }
    }

    /// The prefix of a deep prompt, or the tuned weights, as they start.
    private func parts(_ pretrained: PretrainedModel) throws -> (prefix: Prefix?, start: NamedTensors) {
        try choice.learning.check()
        switch choice {
        case .deepPrompt(let settings):
            var random = CounterRandom(seed: settings.learning.seed, stream: 1)
            let (prefix, start) = try PrefixStart(
                rows: settings.rows, initialisation: settings.initialisation,
                reparametrisation: settings.reparametrisation, layers: settings.layers,
                dropout: settings.dropout
            ).make(pretrained, &random)
            return (prefix, start)
        case .modelTuning(let settings):
            return (nil, try settings.tuned.weights(of: pretrained, readout: .tagger))
        default: return (nil, NamedTensors())
        }
    }

    private func manifest(
        named name: String, _ tags: [String], limit: Int, _ pretrained: PretrainedModel
    ) throws -> PromptManifest {
        PromptManifest(
            name: name, method: choice.name, template: try Template("{tokens} {answer}"),
            verbalizer: try Verbalizer(tags.map { Verbalizer.Entry(label: $0, words: [$0]) }), rule: .sum,
            readout: .tagger, limit: limit, shortening: .tail, model: pretrained.identity,
            tokenizer: pretrained.tokenizerProbe, probe: [], settings: choice.learning.described(rate: 0),
            measurements: [:])
    }
}
