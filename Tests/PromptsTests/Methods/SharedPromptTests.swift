import Datasets
import Foundation
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

/// One prompt that is learned for several tasks in turns.
@Suite struct SharedPromptTests {
    private let tiny: PretrainedModel

    init() throws { tiny = try Tiny.model() }

    private func choice(steps: Int, batch: Int = 16) -> MethodChoice {
        var settings = PromptTuning.Settings()
        (settings.rows, settings.initialisation) = (4, .vocabulary)
        (settings.steps, settings.batch, settings.rate) = (steps, batch, .fixed(0.05))
        return .promptTuning(settings)
    }

    /// The same texts, asked for other words.
    private func other() throws -> PromptTask { try Tiny.task(a: ["21"], b: ["31"]) }

    private func learned(_ choice: MethodChoice, with others: [PromptTask], _ notes: Notes = Notes()) throws
        -> Prompt
    {
        var run = RunContext { notes.add($0) }
        run.companions = try others.map { try Companion($0, Tiny.split(perLabel: 16), choice, tiny) }
        return try choice.method.fit(Tiny.split(perLabel: 16), Tiny.task(), to: tiny, run)
    }

    private func accuracy(_ prompt: Prompt, on task: PromptTask) throws -> Double {
        // The prompt's rows in front of the other task's text.
        let choice = choice(steps: 1)
        let asked = try Prompt(
            method: "prompt-tuning", task, template: choice.method.template(for: task),
            tensors: prompt.tensors, tiny, settings: [:], probing: [])
        let rows = try Tiny.rows(40, seed: 9)
        let answers = try Predictor([asked], tiny).predict(rows.examples, with: asked.id).map(\.label)
        return try Evaluation(answers, to: rows).value
    }

    @Test func `both tasks are learned, and one alone does not learn the other`() throws {
        let shared = try learned(choice(steps: 100), with: [other()])
        #expect(try accuracy(shared, on: Tiny.task()) > 0.9)
        #expect(try accuracy(shared, on: other()) > 0.9)
        let alone = try learned(choice(steps: 50), with: [])
        #expect(try accuracy(alone, on: Tiny.task()) > 0.9)
        #expect(try accuracy(alone, on: other()) < accuracy(shared, on: other()))
    }

    @Test func `a task beside itself is the task alone`() throws {
        // A batch is all rows, whatever their order: every second step would be made anyway.
        let (together, alone) = (Notes(), Notes())
        let choice = choice(steps: 10, batch: 32)
        let shared = try learned(choice, with: [Tiny.task()], together)
        let plain = try learned(choice, with: [], alone)
        #expect(together.losses.count == 10)
        expectClose(together.losses, alone.losses, absolute: 1e-5, "losses")
        for name in plain.tensors.names {
            expectClose(
                shared.tensors[name]?.floats ?? [], plain.tensors[name]?.floats ?? [], absolute: 1e-5, name)
        }
    }

    @Test func `what tasks cannot share is refused`() throws {
        let choices = MethodLearningTests.choices(steps: 1)
        let heads = choices.filter { choice in
            (try? choice.lesson(Tiny.task(), tiny).start.names.contains { $0.hasPrefix("score.") }) ?? false
        }
        #expect(heads.count == 3)
        for choice in heads {
            let error = #expect(throws: PromptError.self) { try learned(choice, with: [Tiny.task()]) }
            #expect(description(of: error).contains("labels of its own"), "\(description(of: error))")
        }
        let longer = try Tiny.task("{soft 7}{text} {answer}")
        let error = #expect(throws: PromptError.self) { try learned(choice(steps: 1), with: [longer]) }
        #expect(description(of: error).contains("as many soft rows"), "\(description(of: error))")
    }
}
