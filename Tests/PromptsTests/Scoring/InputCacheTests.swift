import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

@Suite struct InputCacheTests {
    private func lesson(_ template: String, _ tiny: PretrainedModel) throws -> Lesson {
        var settings = PromptTuning.Settings()
        settings.initialisation = .vocabulary
        return try PromptTuning(settings).lesson(Tiny.task(template, a: ["20", "21"], b: ["30 31"]), tiny)
    }

    static let templates = [
        ("{text} {soft 3} {answer}", true), ("11 {text} {soft 2} 12 {answer} 13", true),
        ("{text} {answer} {soft 1}", true), ("{soft 3}{text} {answer}", false),
    ]

    @Test(arguments: Tiny.names, templates)
    func `rows that were read before give the same loss and the same gradient`(
        _ name: String, _ layout: (template: String, isCached: Bool)
    ) throws {
        let tiny = try Tiny.model(name)
        let lesson = try lesson(layout.template, tiny)
        let items = try lesson.setup.prompts(Tiny.rows(6))
        let spilled = try InputCache(tiny.model, tiny.weights, limit: 0).reading(items)
        let held = try InputCache(tiny.model, tiny.weights).reading(items)
        #expect(items.allSatisfy { $0.past == nil })
        let weights = tiny.weights.overlaid(by: lesson.start)
        func look(_ items: [LabelledPrompt]) throws -> (loss: Float, gradient: [Float]) {
            let tape = Tape()
            let loss = try lesson.objective.loss(
                items, .training(weights, on: tape) { $0 == SoftPrompt.parameterName })
            return (loss.scalar, tape.gradients(of: loss)[SoftPrompt.parameterName]?.floats ?? [])
        }
        let plain = try look(items)
        for cached in [held, spilled] {
            #expect(cached.allSatisfy { ($0.past != nil) == layout.isCached }, "\(layout.template)")
            let other = try look(cached)
            expectClose([other.loss], [plain.loss], absolute: 1e-5)
            expectClose(other.gradient, plain.gradient, absolute: 1e-5, relative: 1e-4, layout.template)
        }
    }

    @Test func `a run learns the same with rows read once and with rows read at every step`() throws {
        let tiny = try Tiny.model()
        let prompts = try [true, false].map { isOnce in
            var settings = PromptTuning.Settings()
            (settings.rows, settings.placement, settings.initialisation) = (3, .end, .vocabulary)
            (settings.steps, settings.readsInputsOnce) = (12, isOnce)
            return try PromptTuning(settings).fit(Tiny.split(), Tiny.task(), to: tiny, RunContext())
        }
        #expect(prompts[0].manifest.template == prompts[1].manifest.template)
        expectClose(
            prompts[0].softRows?.floats ?? [], prompts[1].softRows?.floats ?? [], absolute: 1e-3,
            relative: 1e-3)
    }

    @Test func `only the trained rows and what is behind them are computed at a step`() throws {
        let tiny = try Tiny.model()
        let lesson = try lesson("{text} {soft 3} {answer}", tiny)
        let items = try InputCache(tiny.model, tiny.weights).reading(lesson.setup.prompts(Tiny.rows(2)))
        let rows = items.map(\.prompt.rows.count)
        #expect(rows.allSatisfy { $0 == 3 })
        #expect(items.allSatisfy { $0.past?.count == 3 })
    }
}
