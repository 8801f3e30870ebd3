public import Datasets
internal import Layers
public import Models
internal import Tensors
internal import Training

/// Teaching a model to tag words, such as names in BIO notation: a head reads each word, and the words before it and
/// (on an encoder) behind it reach it through the model.
///
/// Any method trains beneath the head: the model stays frozen under soft rows, keys and values or a head alone, is
/// changed by LoRA, or is tuned (Liu et al. 2022, §4.3; the baseline is fine-tuning). Soft rows stand in front of the
/// words. What is best on the dev rows by entity F1 is kept.
public struct WordTagging: Sendable {
    private let choice: MethodChoice

    /// Tagging by a method.
    public init(_ choice: MethodChoice) { self.choice = choice }

    /// Learns from rows with the lists `tokens` and `tags`.
    ///
    /// - Parameters:
    ///   - name: the prompt's.
    ///   - train: what is learned from.
    ///   - dev: what the best step is chosen by; none to keep the last.
    ///   - limit: how many positions a row may take.
    ///   - pretrained: the model.
    ///   - run: where to report, and when to stop.
    /// - Throws: ``PromptError/tagsDiffer(row:tokens:tags:)`` and ``PromptError/badTag(row:tag:)``, `DatasetError` for
    ///   a row without the lists, and what the method's settings throw.
    public func fit(
        named name: String, _ train: Dataset, dev: Dataset?, limit: Int = 512, to pretrained: PretrainedModel,
        _ run: RunContext
    ) throws -> Prompt {
        let found = try TagSet(train)
        if found.strays > 0 {
            run.report(
                .warning(
                    "\(found.strays) tags I-KIND of the train rows go on with nothing of their kind; each is read "
                        + "as the beginning of a name"))
        }
        var setup = try ReadoutSetup(
            choice, .tagger, asking: Template("{tokens} {answer}"), limit: limit, pretrained)
        let tagger = TokenTagger(
            tags: found.tags, width: pretrained.model.traits.width, pretrained.tokenizer,
            softRows: setup.layout.rowCount, limit: setup.room)
        let labels = try Verbalizer(found.tags.map { Verbalizer.Entry(label: $0, words: [$0]) })
        let head = tagger.start(&setup.random, on: pretrained.backend)
        let objective = TaggingObjective(tagger, pretrained.model, tensors: setup.parts.tensors)
        let tagged = try objective.rows(train)
        guard found.tags.count > 1 else { throw PromptError.noNames(train.name) }
        let rows = try setup.readOnce(tagged, objective, head: head)
        let judged = try dev.flatMap { $0.examples.isEmpty ? nil : $0 }.map { dev in
            try dev.requireTagAWord()
            return try Dataset(name: dev.name, examples: dev.examples, metric: .entityF1)
        }
        let looked = try judged.map { dev in
            try setup.readOnce(
                dev.examples.map { TaggedWords(words: try tagger.encode($0)) }, objective, head: head)
        }
        let (learned, rate) = try setup.learn(
            objective, rows, head: head, labels: found.tags, run,
            evaluate: judged.map { dev in
                { weights in
                    let answers = try objective.tags(looked ?? [], .inference(weights))
                    return try Evaluation(answers.map { $0.tags.joined(separator: " ") }, to: dev).value
                }
            })
        return Prompt(
            manifest: try setup.manifest(named: name, labels: labels, rate: rate), tensors: learned)
    }
}
