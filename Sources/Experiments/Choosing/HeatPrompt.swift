internal import Datasets
internal import Models
internal import Prompts

/// Makes the prompt of one piece of a comparison.
struct HeatPrompt {
    private let comparison: Comparison
    private let task: PromptTask
    /// The same without the template's own soft slots, for what trains none.
    private let hardTask: PromptTask
    private let candidate: Candidate
    private let heat: Heat
    private let split: FewShotSplit?
    /// Told of every iteration of a search.
    private let observe: @Sendable (AutoPrompt.Iteration) -> Void
    private var pretrained: PretrainedModel { comparison.pretrained }

    init(
        _ comparison: Comparison, _ setup: Comparison.Setup, _ heat: Heat, _ split: FewShotSplit?,
        observe: @escaping @Sendable (AutoPrompt.Iteration) -> Void
    ) {
        self.observe = observe
        self.comparison = comparison
        (task, hardTask, candidate) = (setup.task, setup.hardTask, setup.candidates[heat.candidate])
        (self.heat, self.split) = (heat, split)
    }

    /// How many steps or iterations a candidate makes for a share of them.
    static func steps(of candidate: Candidate, share: Double) -> Int? {
        switch candidate.recipe {
        case .search(let settings): part(settings.iterations, share)
        case .training(let choice): part(choice.learning.steps, share)
        case .template, .pattern, .corrected, .examples: nil
        }
    }

    private static func part(_ count: Int, _ share: Double) -> Int {
        max(1, Int((Double(count) * share).rounded()))
    }

    /// Makes it.
    func make(_ context: RunContext) throws -> Prompt {
        switch candidate.recipe {
        case .template: return try Prompt.hard(hardTask, pretrained)
        case .pattern(let text):
            var asked = task
            asked.template = try Template(text)
            return try Prompt.hard(asked, pretrained)
        case .corrected(let method):
            var plan = InContextPlan()
            (plan.calibrations, plan.heldOut) = ([method], split?.train)
            return try InContextLearning(Prompt.hard(hardTask, pretrained), plan, pretrained)
                .corrected(seed: heat.seed)
        case .examples(let settings): return try shown(settings)
        case .search(let settings): return try searched(settings, context)
        case .training(let choice): return try trained(choice, context)
        }
    }

    /// Examples need room: as much as the model has.
    private func shown(_ settings: DemonstrationSettings) throws -> Prompt {
        var asked = hardTask
        asked.limit = pretrained.model.traits.contextLength
        var plan = InContextPlan()
        (plan.settings, plan.pool) = (settings, split?.train.examples ?? [])
        return try InContextLearning(Prompt.hard(asked, pretrained), plan, pretrained).prompt(seed: heat.seed)
    }

    private func searched(_ settings: AutoPrompt.Settings, _ context: RunContext) throws -> Prompt {
        var settings = settings
        settings.iterations = Self.part(settings.iterations, heat.share)
        settings.seed = heat.seed
        var method = AutoPrompt(settings)
        method.observe = observe
        return try method.fit(try needed(), task, to: pretrained, context)
    }

    private func trained(_ choice: MethodChoice, _ context: RunContext) throws -> Prompt {
        var choice = choice
        choice.learning.steps = Self.part(choice.learning.steps, heat.share)
        choice.learning.seed = heat.seed
        // A short rehearsal is looked at more than once, too.
        choice.learning.evaluationInterval = min(
            choice.learning.evaluationInterval, max(1, choice.learning.steps / 3))
        return try choice.method.fit(try needed(), task, to: pretrained, context)
    }

    private func needed() throws -> FewShotSplit {
        guard let split else {
            throw PromptError.badSetting(name: "the number of shots", value: "0", allowed: "at least 1 here")
        }
        return split
    }
}
