internal import Layers
internal import Models
internal import Tensors

/// A prompt made ready for one model, once: its encoder, its scorer, and all tensors that its rows read.
struct PreparedPrompt: Sendable {
    let prompt: Prompt
    let encoder: PromptEncoder
    let scorer: any LabelScorer
    /// Soft rows, and the blocks that every row reads first.
    let tensors: PromptTensors
    /// The model's weights, the prompt's own laid over them.
    let weights: NamedTensors
    /// Whether the prompt changes the model itself: its rows cannot share a walk with other prompts'.
    let changesModel: Bool
    /// Puts a question behind its instruction and examples.
    let questions: QuestionEncoder
    /// What all questions start with; nil where that is not worth a block.
    let front: FrontBlock?

    /// Prepares a prompt.
    ///
    /// - Throws: ``PromptError`` if the prompt belongs to another model or tokenizer, or its tensors do not fit;
    ///   ``TemplateError`` and ``VerbalizerError`` if its text does not.
    init(
        _ prompt: Prompt, _ pretrained: PretrainedModel, vectorizer: (any TextVectorizer)? = nil
    ) throws {
        let (manifest, traits) = (prompt.manifest, pretrained.model.traits)
        try pretrained.check(manifest)
        let readout = manifest.readout ?? .verbalizer
        guard Readout.ofLabels.contains(readout) else {
            throw PromptError.badSetting(
                name: "the readout of '\(prompt.id)'", value: readout.rawValue,
                allowed: "one that gives a label; the others answer each row with its own")
        }
        let kind = try pretrained.promptKind(readout)
        let prefix = try Prefix(prompt.tensors, of: prompt.id, traits)
        guard prefix?.rows ?? 0 < traits.contextLength else {
            throw PromptError.badSetting(
                name: "the length of the prefix of '\(prompt.id)'", value: "\(prefix?.rows ?? 0)",
                allowed: "below the model's \(traits.contextLength) positions")
        }
        guard kind == .causal || manifest.neutral == nil else {
            throw PromptError.unsupportedModel(
                method: "comparisons with a neutral text", reason: "they need a causal model")
        }
        let words =
            kind == .masked && manifest.choices != nil
            ? EncodedVerbalizer(places: manifest.verbalizer.labels)
            : try EncodedVerbalizer(
                manifest.verbalizer, behind: manifest.template, pretrained.tokenizer, kind: kind)
        encoder = try PromptEncoder(
            manifest.template, pretrained.tokenizer,
            limit: min(manifest.limit, traits.contextLength - (prefix?.rows ?? 0)),
            kind: kind, longestAnswer: manifest.rule.slotRows(words), shortening: manifest.shortening)
        scorer = try Self.scorer(of: prompt, words, pretrained.model)
        tensors = PromptTensors(
            soft: try Self.softRows(of: prompt, encoder.softLayout, traits),
            pasts: [prefix?.past(.inference(prompt.tensors))].compactMap(\.self))
        let own = prompt.ownWeights
        let head = (scorer as? any TrainedReadout).map { $0.parameters + $0.constants } ?? []
        try Self.check(own, of: prompt, head: head, pretrained)
        weights = pretrained.weights.overlaid(by: own)
        changesModel = !Set(own.names).isSubset(of: head.map(\.name))
        questions = try QuestionEncoder(prompt, pretrained, encoder, words, vectorizer)
        front = try Self.front(of: prompt, questions, pretrained)
        self.prompt = prompt
    }

    /// The block that was compiled, if it is still this prompt's; else one to be computed.
    private static func front(
        of prompt: Prompt, _ questions: QuestionEncoder, _ pretrained: PretrainedModel
    ) throws -> FrontBlock? {
        guard pretrained.model.traits.isCausal else { return nil }
        let rows = questions.sharedRows()
        if let compiled = prompt.front {
            try compiled.check(against: rows, of: prompt, pretrained)
            return FrontBlock(rows: rows, compiled.keyValues)
        }
        return rows.count >= FrontBlock.smallestCount ? FrontBlock(rows: rows) : nil
    }

    private static func scorer(
        of prompt: Prompt, _ words: EncodedVerbalizer, _ model: any LanguageModel
    ) throws -> any LabelScorer {
        let manifest = prompt.manifest
        if manifest.choices != nil {
            return try model.choiceScorer(
                rule: manifest.rule, decoding: manifest.decoding, masks: manifest.template.fixedMasks)
        }
        return try model.scorer(
            manifest.readout ?? .verbalizer, words, rule: manifest.rule, decoding: manifest.decoding,
            masks: manifest.template.fixedMasks,
            isCalibrated: prompt.tensors[WeightedWords.calibrationName] != nil)
    }

    /// Throws where a weight of the prompt's own has no place in the model, or another shape there.
    ///
    /// - Parameter head: what the prompt's own head has to have.
    static func check(
        _ own: NamedTensors, of prompt: Prompt, head: [Parameter], _ pretrained: PretrainedModel
    ) throws {
        var (shapes, needed) = ([String: Shape](), head.map(\.name))
        for parameter in pretrained.model.parameters + head { shapes[parameter.name] = parameter.shape }
        for parameter in pretrained.model.parameters where parameter.shape.rank == 2 {
            guard let change = LowRankChange(of: parameter, in: own) else { continue }
            for part in change.parameters { shapes[part.name] = part.shape }
            needed += change.parameters.map(\.name)
        }
        let missing = needed.filter { own[$0] == nil }
        for name in own.names + missing where own[name]?.shape != shapes[name] || own[name] == nil {
            throw PromptError.wrongShape(
                prompt: prompt.id, expected: shapes[name].map { "\($0) as \(name)" } ?? "no \(name)",
                found: own[name].map { "\($0.shape)" } ?? "absent")
        }
    }

    static func softRows(of prompt: Prompt, _ layout: SoftLayout, _ traits: ModelTraits) throws
        -> Tensor?
    {
        let needed: Shape = [layout.rowCount, traits.inputWidth]
        let rows = prompt.softRows
        guard rows.map({ $0.shape == needed }) ?? (layout.rowCount == 0) else {
            throw PromptError.wrongShape(
                prompt: prompt.id, expected: "\(needed)", found: rows.map { "\($0.shape)" } ?? "absent")
        }
        return rows
    }

    /// What rows read, with the block that they start with or without.
    func tensors(withFront: Bool, _ model: any LanguageModel) -> PromptTensors {
        guard withFront, let front else { return tensors }
        let block = front.keyValues(model, tensors, .inference(weights))
        return PromptTensors(soft: tensors.soft, pasts: tensors.pasts + [block])
    }

    /// The answer that label probabilities are.
    func prediction(_ probabilities: [Float], _ encoded: EncodedPrompt) -> Prediction {
        let isChoice = prompt.manifest.choices != nil
        let labels = isChoice ? encoded.choices.indices.map(String.init) : scorer.labels
        var shares = Array(probabilities.prefix(labels.count))
        if let calibration = prompt.manifest.calibration { shares = calibration.calibrated(shares) }
        let best = shares.indices.reduce(0) { shares[$1] > shares[$0] ? $1 : $0 }
        return Prediction(
            label: labels[best], probabilities: shares, labels: labels,
            tokensCut: encoded.cuts.reduce(0) { $0 + $1.cut }, examplesShown: encoded.examplesShown,
            examplesDropped: encoded.examplesDropped,
            isWithheld: prompt.manifest.abstention?.withholds(shares[best]) ?? false)
    }
}
