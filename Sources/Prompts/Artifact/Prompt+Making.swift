internal import Checkpoints
package import Datasets
internal import Layers
package import Models
package import Tensors
internal import Tokenizers

extension Prompt {
    /// A prompt that was just made, with what proves later that a copy is sound.
    ///
    /// - Parameter probing: the first few of these examples are scored and stored.
    /// - Throws: ``TemplateError``, ``VerbalizerError`` or ``PromptError`` where the parts do not fit the
    ///   model.
    package init(
        method: String, _ task: PromptTask, template: Template, tensors: NamedTensors,
        _ pretrained: PretrainedModel, rule: ScoringRule = .sum, readout: Readout = .verbalizer,
        settings: [String: String],
        probing: [Example]
    ) throws {
        var manifest = PromptManifest(
            name: task.name, method: method, template: template, verbalizer: task.verbalizer, rule: rule,
            readout: readout == .verbalizer ? nil : readout, limit: task.limit, shortening: task.shortening,
            model: pretrained.identity,
            tokenizer: pretrained.tokenizerProbe, probe: [], settings: settings, measurements: [:])
        manifest.choices = task.choices
        manifest.demonstrationSets = task.demonstrationSets
        self.init(manifest: manifest, tensors: tensors)
        let examples = Array(probing.prefix(3))
        let predictions = try Predictor([self], pretrained, vectorizer: task.vectorizer).predict(
            examples, with: id)
        self.manifest.probe = zip(examples, predictions).map { example, prediction in
            PromptManifest.ScoreProbe(
                fields: example.fields.filter {
                    template.fieldNames.contains($0.key) || $0.key == task.choices
                },
                scores: prediction.probabilities.map { logProbability($0) })
        }
    }

    /// A prompt of text only.
    package static func hard(
        _ task: PromptTask, _ pretrained: PretrainedModel, rule: ScoringRule = .sum, probing: [Example] = []
    ) throws -> Prompt {
        try Prompt(
            method: "hard", task, template: task.template, tensors: NamedTensors(), pretrained, rule: rule,
            settings: [:], probing: probing)
    }

    /// How far the stored probe's scores are from those this prompt gives now, in nats.
    ///
    /// - Parameters:
    ///   - pretrained: the model.
    ///   - vectorizer: as ``Predictor`` takes it.
    /// - Throws: ``PromptError/probeFailed(prompt:worst:)`` where that is more than a rounding difference.
    @discardableResult
    package func verify(
        _ pretrained: PretrainedModel, vectorizer: (any TextVectorizer)? = nil
    ) throws -> Float {
        let examples = manifest.probe.map { Example(fields: $0.fields) }
        let predictions = try Predictor([self], pretrained, vectorizer: vectorizer).predict(
            examples, with: id)
        let worst =
            zip(manifest.probe, predictions).flatMap { probe, prediction in
                zip(probe.scores, prediction.probabilities).map { abs($0 - logProbability($1)) }
            }.max() ?? 0
        guard worst <= Self.probeTolerance else { throw PromptError.probeFailed(prompt: id, worst: worst) }
        return worst
    }

    /// Other processors add in another order; a wrong tensor is off by far more.
    static let probeTolerance: Float = 5e-3
}

/// The logarithm of a probability, with a floor so that a stored score is a number.
private func logProbability(_ probability: Float) -> Float { LabelScores.log(max(probability, 1e-12)) }

extension PretrainedModel {
    /// What a manifest says of this model.
    package var identity: PromptManifest.ModelIdentity {
        let traits = model.traits
        return PromptManifest.ModelIdentity(
            family: traits.family, fingerprint: fingerprint.digest, file: name, width: traits.width,
            layers: traits.layers, keyValueHeads: traits.keyValueHeads, heads: traits.heads,
            headWidth: traits.headWidth)
    }

    /// What a manifest says of this model's tokenizer.
    package var tokenizerProbe: PromptManifest.TokenizerProbe {
        PromptManifest.TokenizerProbe(
            vocabulary: tokenizer.vocabularySize, tokens: tokenizer.encode(PromptManifest.TokenizerProbe.text)
        )
    }

    /// Throws ``PromptError`` if a prompt was made for another model or tokenizer.
    func check(_ manifest: PromptManifest) throws {
        let (expected, found) = (manifest.model, identity)
        let isSame =
            expected.family == found.family && expected.width == found.width
            && expected.layers == found.layers
            && expected.fingerprint == found.fingerprint
        let isText = manifest.method == "hard" && manifest.calibration == nil && manifest.abstention == nil
        guard isSame || isText else {
            throw PromptError.otherModel(
                prompt: manifest.name, expected: expected.sentence, found: found.sentence)
        }
        guard manifest.tokenizer == tokenizerProbe || manifest.method == "hard" else {
            throw PromptError.otherTokenizer(prompt: manifest.name)
        }
    }
}

extension PromptManifest.ModelIdentity {
    /// The model in words.
    fileprivate var sentence: String {
        "\(file) (\(family.rawValue), \(layers) layers, \(width) wide, \(fingerprint.prefix(12)))"
    }
}
