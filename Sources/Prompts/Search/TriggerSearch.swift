internal import Datasets
internal import Models
internal import Tensors
internal import Tokenizers
internal import Training

/// AutoPrompt's walk, iteration by iteration: a function of settings, rows and state, so that a search which was
/// stopped goes on to the same triggers.
struct TriggerSearch {
    /// A search between two iterations.
    struct State: Codable, Hashable, Sendable {
        var iteration = 0
        var triggers: [Int32]
        /// Those that were best on the dev rows, and their score.
        var best: [Int32]
        var bestScore: Double
    }

    var state: State
    private let settings: AutoPrompt.Settings
    private let template: TriggerTemplate
    private let objective: TriggerObjective
    private let contest: TriggerContest
    private let hotFlip: HotFlip
    private let train: ShuffledBatches<LabelledPrompt>
    private let dev: [LabelledPrompt]
    /// Prompts of these must come out of the text as they were scored.
    private let probes: [Example]

    init(
        _ settings: AutoPrompt.Settings, _ slots: Template, _ split: FewShotSplit, _ task: PromptTask,
        _ pretrained: PretrainedModel
    ) throws {
        let kind = try pretrained.promptKind()
        let words = try EncodedVerbalizer(task.verbalizer, behind: slots, pretrained.tokenizer, kind: kind)
        let template = try TriggerTemplate(task, slots, words, pretrained)
        self.settings = settings
        self.template = template
        objective = TriggerObjective(pretrained, words, masks: slots.fixedMasks)
        contest = TriggerContest(objective, by: settings.measure)
        hotFlip = HotFlip(
            pretrained.model, pretrained.weights,
            allowed: settings.filter.allowed(
                pretrained.tokenizer, words, rows: pretrained.model.traits.vocabularySize))
        func prompts(_ rows: Dataset) throws -> [LabelledPrompt] {
            try rows.examples.compactMap { example in
                guard let label = example.label else { return nil }
                guard let index = words.labels.firstIndex(of: label) else {
                    throw PromptError.labelsDiffer(missing: [label], known: words.labels)
                }
                return LabelledPrompt(prompt: try template.encoder.encode(example), label: Int32(index))
            }
        }
        let rows = try prompts(split.train)
        guard !rows.isEmpty else {
            throw PromptError.badSetting(name: "the number of train rows", value: "0", allowed: "at least 1")
        }
        // Few rows are halved, so that candidates are judged on as many as proposed them.
        train = ShuffledBatches(rows, size: min(settings.batch, (rows.count + 1) / 2), seed: settings.seed)
        dev = try prompts(split.dev)
        probes = Array(split.train.examples.prefix(3))
        let start = try Self.start(settings, template.count, pretrained.tokenizer)
        state = State(triggers: start, best: start, bestScore: -.infinity)
        state.bestScore = try devScore(start) ?? -.infinity
    }

    /// Masks, as the paper has it, or the first token of a text on a model without one.
    private static func start(_ settings: AutoPrompt.Settings, _ count: Int, _ tokenizer: any Tokenizer)
        throws
        -> [Int32]
    {
        if let mask = tokenizer.specialTokens.mask { return Array(repeating: mask, count: count) }
        guard let first = tokenizer.plainTokens(of: settings.start).first else {
            throw PromptError.badSetting(
                name: "what triggers start from", value: "'\(settings.start)'", allowed: "a text with a token"
            )
        }
        return Array(repeating: first, count: count)
    }

    /// One iteration.
    mutating func iterate() throws -> AutoPrompt.Iteration {
        // Gradients and scores come from different batches: tokens are not chosen on what proposed them.
        let part = settings.batchesAnIteration
        let first = 2 * part * state.iteration
        let proposing = (first..<first + part).map(train.batch)
        let judging = (first + part..<first + 2 * part).flatMap(train.batch)
        var random = CounterRandom(seed: settings.seed, stream: UInt64(state.iteration))
        let place = Int(random.next().multipliedFullWidth(by: UInt64(template.count)).high)
        let gradient = try objective.gradient(proposing, at: state.triggers).rows(place..<place + 1)
        let sets = candidates(at: place, gradient)
        let outcome = try contest.outcome(state.triggers, against: sets, on: judging)
        state.iteration += 1
        var dev: Double?
        if let winner = outcome.winner {
            state.triggers = sets[winner]
            dev = try devScore(state.triggers) ?? outcome.reached
            if let dev, dev > state.bestScore { (state.best, state.bestScore) = (state.triggers, dev) }
        }
        return AutoPrompt.Iteration(
            number: state.iteration, place: place, current: outcome.current, best: outcome.reached,
            readings: outcome.readings, isTaken: outcome.winner != nil, dev: dev,
            template: try result().printed)
    }

    /// The sets of triggers with another token in one place, of those tokens whose text is themselves.
    private func candidates(at place: Int, _ gradient: Tensor) -> [[Int32]] {
        var sets: [[Int32]] = []
        // Far down the list the gradient says little: what is looked at is bounded.
        for (token, _) in hotFlip.candidates(20 * settings.candidates, along: gradient)
        where token != state.triggers[place] {
            var set = state.triggers
            set[place] = token
            if template.text(set, examples: probes) != nil { sets.append(set) }
            if sets.count == settings.candidates { break }
        }
        return sets
    }

    /// Nil without dev rows.
    private func devScore(_ triggers: [Int32]) throws -> Double? {
        guard !dev.isEmpty else { return nil }
        return contest.value(try objective.score(triggers, on: dev))
    }

    /// The ordinary template with the best triggers so far.
    func result() throws -> Template {
        guard let text = template.text(state.best, examples: probes) else {
            throw PromptError.badSetting(
                name: "the start of the triggers", value: "a text",
                allowed: "one that this tokenizer gives back")
        }
        return text
    }
}
