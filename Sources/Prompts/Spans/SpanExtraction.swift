public import Datasets
internal import Layers
public import Models
internal import Tensors

/// Teaching a model to answer questions by spans of their contexts: two scores of each token, as start and as end
/// (Devlin et al. 2019, §4.2; Liu et al. 2022, §3.2).
///
/// Any method trains beneath the two scores. On a masked model question and context are a pair of texts; on a causal
/// one a line break stands between them, so that the context sees the question. What is best on the dev rows by
/// SQuAD's F1 is kept.
public struct SpanExtraction: Sendable {
    private let choice: MethodChoice
    private let settings: SpanSettings

    /// Extraction by a method.
    public init(_ choice: MethodChoice, _ settings: SpanSettings = SpanSettings()) {
        self.choice = choice
        self.settings = settings
    }

    /// Learns from rows with a context `text`, a question `text_b`, and the lists `references` and `answer_start`.
    ///
    /// The first of several answers is learned. Without `answer_start` it is the first place where the answer stands.
    /// - Parameters:
    ///   - name: the prompt's.
    ///   - train: what is learned from.
    ///   - dev: what the best step is chosen by; none to keep the last.
    ///   - limit: how many positions a window may take.
    ///   - pretrained: the model.
    ///   - run: where to report, and when to stop.
    /// - Throws: ``PromptError/answerElsewhere(row:answer:place:found:)``, `DatasetError` for a row without the lists,
    ///   and what the settings throw.
    public func fit(
        named name: String, _ train: Dataset, dev: Dataset?, limit: Int = 384, to pretrained: PretrainedModel,
        _ run: RunContext
    ) throws -> Prompt {
        let (setup, encoder, objective, head) = try lesson(limit: limit, pretrained)
        let windows = try train.examples.indices.flatMap { index in
            try self.windows(train.examples[index], named: train.place(of: index), encoder)
        }
        let judged = try dev.flatMap { $0.examples.isEmpty ? nil : $0 }.map { dev in
            for index in dev.examples.indices {
                _ = try Self.answer(of: dev.examples[index], named: dev.place(of: index))
            }
            return dev
        }
        let looked = try judged.map { dev in
            let parts = try dev.examples.map { try encoder.windows($0) }
            var read = try setup.readOnce(parts.flatMap(\.self), objective, head: head)[...]
            return parts.map { windows in
                defer { read = read.dropFirst(windows.count) }
                return Array(read.prefix(windows.count))
            }
        }
        let (learned, rate) = try setup.learn(
            objective, setup.readOnce(windows, objective, head: head), head: head, run,
            evaluate: judged.map { dev in
                { weights in
                    let reader = SpanReader(encoder, objective, weights: weights)
                    let answers = try reader.answers(dev.examples) { looked?[$0] ?? [] }.map(\.text)
                    return try Evaluation(answers, to: dev, metric: .squadF1).value
                }
            })
        var manifest = try setup.manifest(named: name, rate: rate)
        manifest.spans = settings
        return Prompt(manifest: manifest, tensors: learned)
    }

    /// What is trained, and how rows become windows.
    func lesson(limit: Int, _ pretrained: PretrainedModel) throws -> (
        ReadoutSetup, SpanEncoder, SpanObjective, head: NamedTensors
    ) {
        try settings.check()
        var setup = try ReadoutSetup(
            choice, .span, asking: Template("{text_b} {text} {answer}"), limit: limit, pretrained)
        let encoder = SpanEncoder(
            settings, pretrained.tokenizer, softRows: setup.layout.rowCount, room: setup.room,
            isCausal: pretrained.model.traits.isCausal)
        let objective = SpanObjective(pretrained.model, tensors: setup.parts.tensors)
        let head = objective.head.start(&setup.random, on: pretrained.backend)
        return (setup, encoder, objective, head)
    }

    private func windows(_ example: Example, named name: String, _ encoder: SpanEncoder) throws
        -> [SpanWindow]
    {
        let answer = try Self.answer(of: example, named: name)
        return try encoder.windows(example).filter { !$0.places.isEmpty }.map { $0.targeting(answer) }
    }

    /// Where the first answer of a row stands in its context, in code points.
    static func answer(of example: Example, named name: String) throws -> Range<Int> {
        let context = Array((example.fields["text"] ?? "").unicodeScalars)
        let answers = try example.list("references")
        guard let first = answers.first, !first.isEmpty else {
            throw PromptError.emptyTarget(row: name, field: "references")
        }
        let answer = Array(first.unicodeScalars)
        guard example.fields["answer_start"] != nil else {
            let place = (0...max(0, context.count - answer.count)).first {
                context[$0...].starts(with: answer)
            }
            guard let place else {
                throw PromptError.answerElsewhere(row: name, answer: first, place: nil, found: "")
            }
            return place..<place + answer.count
        }
        let place = try example.list("answer_start").first.flatMap { Int($0) } ?? -1
        guard place >= 0, place <= context.count, context[place...].starts(with: answer) else {
            let found = place >= 0 && place < context.count ? context[place...].prefix(answer.count) : []
            throw PromptError.answerElsewhere(
                row: name, answer: first, place: place, found: String(String.UnicodeScalarView(found)))
        }
        return place..<place + answer.count
    }
}
