import Datasets
import Experiments
import Foundation
import Models
import Prompts
import Tensors

/// A prompt with what the command line says about examples and corrections.
struct InContextSetup {
    let base: Prompt
    let plan: InContextPlan
    let vectorizer: (any TextVectorizer)?

    /// - Parameters:
    ///   - made: the prompt as the other options make it.
    ///   - voting: which prompts answer with it; nil for none.
    ///   - limit: the limit that the user gives.
    ///   - pool: the pool of the task's folder, where there is one.
    init(
        _ made: Prompt, _ shown: DemonstrationOptions, _ corrected: CalibrationOptions, _ rows: RowOptions,
        voting: VoteOptions? = nil, limit: Int?, pool: URL?, _ pretrained: PretrainedModel, _ console: Console
    ) throws {
        var (made, plan) = (made, InContextPlan())
        if shown.isAsked, limit == nil { made.manifest.limit = pretrained.model.traits.contextLength }
        plan.pool = try shown.rows(made, rows, usual: pool)
        try made.fitChoices(to: plan.pool)
        plan.settings = try shown.settings()
        plan.seeds = try shown.shots > 0 ? shown.seeds : Array(shown.seeds.prefix(1))
        plan.calibrations = try corrected.methods
        if !corrected.contentFree.isEmpty { plan.contentFree = corrected.contentFree }
        plan.heldOut = try corrected.heldOut.map {
            try LabelledRows(made, rows).read(URL(fileURLWithPath: $0))
        }
        plan.precision = corrected.abstain
        try voting?.check(shown, corrected)
        plan.voters = try voting?.prompts(pretrained) ?? []
        base = made
        self.plan = plan
        vectorizer = try shown.vectorizer(console)
    }

    func learning(_ pretrained: PretrainedModel) -> InContextLearning {
        InContextLearning(base, plan, pretrained, vectorizer: vectorizer)
    }

    /// The draw of a prompt that is used, not measured.
    func onlySeed() throws -> UInt64 {
        guard plan.seeds.count == 1, plan.calibrations.count < 2 else {
            throw UsageError(
                "one prompt has one draw of examples and one correction; name one --demo-seeds and one --calibrate"
            )
        }
        return plan.seeds[0]
    }
}

extension Prompt {
    /// Leaves as many labels as the longest list of choices has places.
    mutating func fitChoices(to rows: [Example]) throws {
        guard let field = manifest.choices, !rows.isEmpty else { return }
        let most = try rows.map { try $0.list(field).count }.max() ?? 0
        let places = (0..<max(2, most)).map(String.init)
        manifest.verbalizer = try Verbalizer(labels: places, words: places)
    }
}
