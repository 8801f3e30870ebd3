import Datasets
import Experiments
import Foundation
import Layers
import Models
import Prompts
import Tensors
import Testing

@Suite struct PromptDiagnosisTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func learned(_ name: String, seed: UInt64 = 0) throws -> (prompt: Prompt, plan: TeachingPlan) {
        let plan = try place.plan { ($0.output, $0.seed) = (place.file(name), seed) }
        _ = try Teaching(plan, place.model).run()
        return (try PromptFolder(plan.output).read(on: CPUBackend.shared), plan)
    }

    @Test func `a prompt's leaning, rows and likeness are those of its answers`() throws {
        let (prompt, plan) = try learned("one")
        let rows = try plan.task.rows(try #require(plan.task.test))
        let found = try PromptDiagnosis(prompt, place.model, rows: rows, others: [prompt])
        #expect(abs(found.priors.map(\.probability).reduce(0, +) - 1) < 1e-5)
        let bare = try Predictor(
            [Prompt.hard(plan.task.promptTask(limit: plan.limit), place.model)], place.model
        )
        .predict([Example(fields: ["text": ""])], with: "films")[0]
        for (prior, probability) in zip(found.priors, bare.probabilities) {
            #expect(abs((prior.withoutRows ?? -1) - Double(probability)) < 1e-5)
        }
        let right = zip(
            try place.answers(rows.examples.map { $0.fields["text"] ?? "" }, plan, trained: true),
            rows.examples
        )
        .count { $0 == $1.label }
        #expect(found.value == Double(right) / Double(rows.examples.count))
        #expect(found.drops.map(\.row) == [0, 1, 2, 3] && found.drops.allSatisfy { $0.shift > 0 })
        #expect(found.snapped != nil)
        let itself = try #require(found.agreements.first)
        #expect(itself.sameAnswers == 1 && abs((itself.cosine ?? 0) - 1) < 1e-6)
    }

    @Test func `another seed agrees less than the prompt with itself`() throws {
        let (first, plan) = try learned("one")
        let (second, _) = try learned("two", seed: 5)
        let rows = try plan.task.rows(try #require(plan.task.test))
        let other = try #require(
            PromptDiagnosis(first, place.model, rows: rows, others: [second]).agreements.first)
        #expect((other.cosine ?? 1) < 0.9999 && (other.sameAnswers ?? 0) > 0)
    }

    @Test func `without rows only what needs none is looked at`() throws {
        let hard = try Prompt.hard(Workplace.task(place, test: nil).promptTask(limit: 64), place.model)
        let found = try PromptDiagnosis(hard, place.model)
        #expect(found.priors.count == 2 && found.priors.allSatisfy { $0.withoutRows == nil })
        #expect(found.drops.isEmpty && found.value == nil && found.snapped == nil)
    }

    @Test func `an embedding's nearest token is its own`() throws {
        let tokens: [Int32] = [5, 42, 300]
        let embeddings = place.model.model.embed(tokens, .inference(place.model.weights))
        let rows = try VocabularyNeighbours(place.model).rows(embeddings, of: "p")
        #expect(rows.map { $0.nearest.first?.token } == tokens)
        #expect(
            rows.allSatisfy { ($0.distance ?? 1) < 1e-2 && abs(($0.nearest.first?.cosine ?? 0) - 1) < 1e-5 })
        let width = place.model.model.traits.width + 1
        let wrong = Tensor([Float](repeating: 0, count: width), shape: [1, width], on: CPUBackend.shared)
        #expect(throws: PromptError.self) { try VocabularyNeighbours(place.model).rows(wrong, of: "p") }
    }
}
