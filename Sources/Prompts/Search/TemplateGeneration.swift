public import Datasets
internal import Layers
public import Models
internal import Tensors
internal import Tokenizers

/// Templates out of the train rows by the masked model itself (after LM-BFF, Gao, Fisch & Chen 2021, §4.2).
///
/// Masks are put around each row's label word and filled one after the other, with the tokens that are likeliest over all
/// train rows together: a beam search for the highest Σ over rows of log P(tokens | row, label word). The templates that
/// were found answer the dev rows without training; the best of them then with the model tuned for each, and the best of
/// those is taken.
///
/// Where we differ from the paper: T5 fills spans of any length there, and 100 beams; here the model that will be prompted
/// fills as many masks as each layout has, later ones being masks still while earlier ones are filled. The paper tunes the
/// model with every template; here with as many as ``Settings/tuned`` says, none by default.
public struct TemplateGeneration: Sendable {
    /// What a search is told.
    public struct Settings: Codable, Hashable, Sendable {
        /// How many masks stand in front of the answer, at most; each smaller number is tried too.
        public var before = 3
        /// How many masks stand behind it, at most.
        public var after = 1
        /// How many beginnings are held.
        public var beams = 10
        /// How many templates of each layout meet the dev rows.
        public var kept = 5
        /// Which tokens may stand in a template; special tokens and label words never do.
        public var filter = TriggerFilter()
        /// With how many of the best templates the model is tuned before the dev rows choose.
        public var tuned = 0
        /// How it is tuned.
        public var tuning = LearningSettings()

        /// The defaults.
        public init() {}
    }

    /// A template that was found.
    public struct Candidate: Codable, Hashable, Sendable {
        /// The template, an ordinary text.
        public var template: Template
        /// The summed log-probability of its tokens over the train rows, in nats.
        public var logLikelihood: Double
        /// How many tokens were filled in.
        public var tokens: Int
        /// The share of dev rows that it answers right without training; nil before they were looked at.
        public var dev: Double?
        /// The same with the model tuned; nil for a template that it was not tuned with.
        public var tunedDev: Double?
    }

    private let settings: Settings

    /// A search with its settings.
    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// Searches templates for the fields of the task's own, and orders them by the dev rows; of equal ones the one with more
    /// likelihood a token comes first. All are given back, the best first.
    ///
    /// - Parameters:
    ///   - split: train rows to write by, dev rows to choose by.
    ///   - task: the fields and the label words; the template's own words are not read.
    ///   - pretrained: a masked model.
    ///   - run: where tuning reports, and when to stop.
    ///   - observe: told of each layout that was searched, of so many.
    /// - Throws: ``PromptError/unsupportedModel(method:reason:)`` for a causal model;
    ///   ``PromptError/badSetting(name:value:allowed:)``.
    public func candidates(
        _ split: FewShotSplit, _ task: PromptTask, _ pretrained: PretrainedModel,
        _ run: RunContext = RunContext(), observe: (Int, Int) -> Void = { _, _ in }
    ) throws -> [Candidate] {
        try check(pretrained)
        _ = try split.train.labelIndices()
        let layouts = try layouts(task.template.fieldNames)
        var found: [Template: Candidate] = [:]
        for (index, layout) in layouts.enumerated() {
            for candidate in try search(layout, split.train.examples, task, pretrained)
            where found[candidate.template] == nil { found[candidate.template] = candidate }
            observe(index + 1, layouts.count)
        }
        let untuned = try found.values.sorted { $0.template.source < $1.template.source }
            .map { try judged($0, split.dev, task, pretrained) }.ordered
        let best = try untuned.prefix(settings.tuned).map { try tuned($0, split, task, pretrained, run) }
        return best.ordered + untuned.dropFirst(settings.tuned)
    }

    private func check(_ pretrained: PretrainedModel) throws {
        guard try pretrained.promptKind() == .masked else {
            throw PromptError.unsupportedModel(
                method: "generating templates", reason: "its masks are filled by a masked model only")
        }
        func require(_ range: ClosedRange<Int>, _ value: Int, _ name: String) throws {
            guard range.contains(value) else {
                throw PromptError.badSetting(
                    name: name, value: "\(value)",
                    allowed: "between \(range.lowerBound) and \(range.upperBound)")
            }
        }
        try require(1...16, settings.before, "the number of masks in front of the answer")
        try require(0...16, settings.after, "the number of masks behind the answer")
        try require(1...1000, settings.beams, "the number of beams")
        try require(1...1000, settings.kept, "the number of templates kept")
        try require(0...1000, settings.tuned, "the number of templates that the model is tuned with")
    }

    // MARK: Layouts

    /// Where masks and answer stand: behind the only field, in front of it, or between the first field and the others
    /// (LM-BFF, §4.2).
    private func layouts(_ fields: [String]) throws -> [Template] {
        guard let first = fields.first else {
            throw PromptError.badSetting(
                name: "the template", value: "without a field", allowed: "one that reads a field of the rows")
        }
        func slot(_ count: Int) -> String { count > 0 ? " {soft \(count)}" : "" }
        func field(_ name: String) -> String { "{field \(TemplatePart.quoted(name))}" }
        let rest = fields.dropFirst().map { " " + field($0) }.joined()
        var sources: [String] = []
        for before in 1...settings.before {
            for after in 0...settings.after {
                let middle = "\(slot(before)) {answer}\(slot(after))"
                sources.append(field(first) + middle + rest)
                // In front of a single field, the masks stand between the answer and the text.
                if rest.isEmpty { sources.append("{answer}\(slot(before)) " + field(first)) }
            }
        }
        var seen: Set<String> = []
        return try sources.filter { seen.insert($0).inserted }.map { try Template($0) }
    }

    // MARK: Beams

    /// Tokens of a layout, from its first on.
    package struct Beam: Sendable {
        package var tokens: [Int32]
        /// Summed over the rows, in nats.
        package var logLikelihood: Double
    }

    private func search(
        _ layout: Template, _ examples: [Example], _ task: PromptTask, _ pretrained: PretrainedModel
    ) throws -> [Candidate] {
        let words = try EncodedVerbalizer(
            task.verbalizer, behind: layout, pretrained.tokenizer, kind: .masked)
        let template = try TriggerTemplate(task, layout, words, pretrained)
        let probes = Array(examples.prefix(3))
        let found = try beams(template, words, examples, pretrained).lazy.compactMap { beam in
            template.text(beam.tokens, examples: probes).map {
                Candidate(template: $0, logLikelihood: beam.logLikelihood, tokens: beam.tokens.count)
            }
        }
        return Array(found.prefix(settings.kept))
    }

    /// The likeliest tokens of a layout, whose soft slots they fill; best first.
    package func beams(
        of layout: Template, _ examples: [Example], _ task: PromptTask, _ pretrained: PretrainedModel
    ) throws -> [Beam] {
        let words = try EncodedVerbalizer(
            task.verbalizer, behind: layout, pretrained.tokenizer, kind: .masked)
        return try beams(TriggerTemplate(task, layout, words, pretrained), words, examples, pretrained)
    }

    private func beams(
        _ template: TriggerTemplate, _ words: EncodedVerbalizer, _ examples: [Example],
        _ pretrained: PretrainedModel
    ) throws -> [Beam] {
        let allowed = settings.filter.allowed(
            pretrained.tokenizer, words, rows: pretrained.model.traits.vocabularySize)
        let prompts = try examples.map { example in
            let label = words.labels.firstIndex(of: example.label ?? "") ?? 0
            let encoded = try template.encoder.encode(example)
            return (encoded, words.words[words.wordsOfLabel[label].lowerBound].tokens)
        }
        var beams = [Beam(tokens: [], logLikelihood: 0)]
        for place in 0..<template.count {
            var next: [Beam] = []
            for beam in beams {
                try Task.checkCancellation()
                let scores = try likelihoods(prompts, beam.tokens, place, template.count, pretrained)
                next += scores.placesByFall.lazy.filter { allowed[$0] }.prefix(settings.beams).map {
                    Beam(
                        tokens: beam.tokens + [Int32($0)],
                        logLikelihood: beam.logLikelihood + Double(scores[$0]))
                }
            }
            beams = next.enumerated().sorted {
                ($1.element.logLikelihood, $0.offset) < ($0.element.logLikelihood, $1.offset)
            }.prefix(settings.beams).map(\.element)
        }
        return beams
    }

    /// The sum over the rows of each token's log-probability at a place, `[V]`; places behind it are masks.
    private func likelihoods(
        _ prompts: [(EncodedPrompt, [Int32])], _ beginning: [Int32], _ place: Int, _ count: Int,
        _ pretrained: PretrainedModel
    ) throws -> [Float] {
        let (model, pass) = (pretrained.model, Pass.inference(pretrained.weights))
        var sum: Tensor?
        for start in stride(from: 0, to: prompts.count, by: 32) {
            let part = prompts[start..<min(start + 32, prompts.count)]
            let requests = part.map { prompt, answer in
                let rows = prompt.filled(with: answer)
                let position = rows.firstIndex(of: .soft(place)) ?? 0
                let mask = prompt.masks(1)[0]
                let tokens = rows.map { row -> PromptRow in
                    guard case .soft(let slot) = row else { return row }
                    return .token(slot < beginning.count ? beginning[slot] : mask)
                }
                return PackedPrompts.Request(
                    prompt: tokens, question: .rows([position]), separator: prompt.separator)
            }
            let packed = PackedPrompts(requests, sharesPrefix: false)
            let hidden = model.hidden(packed.input(model, soft: nil, pass), pass)
            let ones = Tensor(repeating: 1, shape: [1, part.count], on: hidden.backend)
            let own = ones.matmul(model.scores(hidden, vocabulary: nil, pass).logSoftmax().transposed())
            sum = sum.map { $0 + own } ?? own
        }
        return sum?.floats ?? []
    }

    // MARK: Choice

    private func judged(
        _ candidate: Candidate, _ dev: Dataset, _ task: PromptTask, _ pretrained: PretrainedModel
    ) throws -> Candidate {
        var judged = candidate
        var asked = task
        asked.template = candidate.template
        let setup = try PromptSetup(asked, template: candidate.template, pretrained)
        let score = try setup.objective.score(try setup.prompts(dev), pretrained.weights)
        judged.dev = dev.examples.isEmpty ? nil : score.score
        return judged
    }

    /// What the dev rows say once the model is tuned with a template; the tuned weights are dropped.
    private func tuned(
        _ candidate: Candidate, _ split: FewShotSplit, _ task: PromptTask, _ pretrained: PretrainedModel,
        _ run: RunContext
    ) throws -> Candidate {
        var asked = task
        asked.template = candidate.template
        var method = ModelTuning.Settings()
        method.learning = settings.tuning
        let lesson = try ModelTuning(method).lesson(asked, pretrained)
        let learned = try lesson.learn(split, method.learning, over: pretrained, run).learned
        var tuned = candidate
        tuned.tunedDev =
            try split.dev.examples.isEmpty
            ? nil
            : lesson.objective.score(
                lesson.setup.prompts(split.dev), pretrained.weights.overlaid(by: learned)
            ).score
        return tuned
    }
}

extension [TemplateGeneration.Candidate] {
    /// The best on dev first, tuned where all are; of equal ones that with more likelihood a token.
    fileprivate var ordered: Self {
        func worth(_ candidate: Element) -> (Double, Double) {
            (
                candidate.tunedDev ?? candidate.dev ?? 0,
                candidate.logLikelihood / Double(Swift.max(1, candidate.tokens))
            )
        }
        return sorted { worth($0) > worth($1) }
    }
}
