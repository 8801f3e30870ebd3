import Datasets
import Models
import Prompts
import TestSupport
import Testing
import Training

/// Templates that a masked model writes (Oracles/prompts/lm_bff.py).
@Suite struct TemplateGenerationTests {
    private func rows() throws -> Dataset {
        let golden = try Golden("prompts/lm_bff")
        let tokens = try golden.integers("texts")
        var start = 0
        return try Dataset(
            name: "texts", labels: ["a", "b"],
            examples: zip(golden.integers("lengths"), golden.integers("labels")).map { length, label in
                defer { start += Int(length) }
                let text = tokens[start..<start + Int(length)].map(String.init).joined(separator: " ")
                return Example(fields: ["text": text], label: ["a", "b"][Int(label)])
            })
    }

    @Test func `the beams of a layout are the reference's, with their likelihoods`() throws {
        let golden = try Golden("prompts/lm_bff")
        var settings = TemplateGeneration.Settings()
        settings.beams = 4
        let found = try TemplateGeneration(settings).beams(
            of: Template("{text} {soft 2} {answer} {soft 1}"), rows().examples, Tiny.task(limit: 40),
            Tiny.masked())
        #expect(found.flatMap(\.tokens) == (try golden.integers("beams")))
        expectClose(
            found.map { Float($0.logLikelihood) }, try golden.floats("likelihoods"), absolute: 1e-3,
            relative: 1e-4)
    }

    @Test func `templates are ordinary texts with one answer, the best on dev first`() throws {
        var settings = TemplateGeneration.Settings()
        (settings.before, settings.after, settings.beams, settings.kept) = (2, 1, 3, 2)
        let split = try Tiny.split(perLabel: 4)
        let found = try TemplateGeneration(settings).candidates(split, Tiny.task(), Tiny.masked())
        #expect(!found.isEmpty && Set(found.map(\.template)).count == found.count)
        for candidate in found {
            #expect(!candidate.template.hasSoftRows && candidate.template.fieldNames == ["text"])
            #expect(candidate.dev != nil && candidate.logLikelihood < 0)
        }
        #expect(found.compactMap(\.dev) == found.compactMap(\.dev).sorted(by: >))
        // Both sides of the field are tried.
        #expect(found.contains { $0.template.source.hasPrefix("{answer}") })
        #expect(found.contains { !$0.template.source.hasPrefix("{answer}") })
        #expect(try TemplateGeneration(settings).candidates(split, Tiny.task(), Tiny.masked()) == found)
    }

    @Test func `the best templates are chosen with the model tuned`() throws {
        var settings = TemplateGeneration.Settings()
        (settings.before, settings.after, settings.beams, settings.kept) = (2, 1, 3, 2)
        let (split, task, tiny) = (try Tiny.split(perLabel: 4), try Tiny.task(), try Tiny.masked())
        let plain = try TemplateGeneration(settings).candidates(split, task, tiny)
        (settings.tuned, settings.tuning.steps, settings.tuning.rate) = (3, 10, .fixed(5e-3))
        let found = try TemplateGeneration(settings).candidates(split, task, tiny)
        #expect(Set(found.prefix(3).map(\.template)) == Set(plain.prefix(3).map(\.template)))
        #expect(found.dropFirst(3).map(\.template) == plain.dropFirst(3).map(\.template))
        let scores = found.compactMap(\.tunedDev)
        #expect(scores.count == 3 && scores == scores.sorted(by: >))
        #expect(scores.last != found.prefix(3).last?.dev)
        // What the dev rows say of the same tuning as a method of its own.
        var (method, asked) = (ModelTuning.Settings(), task)
        method.learning = settings.tuning
        asked.template = found[0].template
        let notes = Notes()
        _ = try ModelTuning(method).fit(split, asked, to: tiny, RunContext { notes.add($0) })
        #expect(notes.evaluations.map(\.score).max() == scores.first)
    }

    @Test func `a causal model and numbers out of range are refused`() throws {
        let split = try Tiny.split(perLabel: 4)
        #expect(throws: PromptError.self) {
            try TemplateGeneration().candidates(split, Tiny.task(), Tiny.model("llama"))
        }
        var settings = TemplateGeneration.Settings()
        settings.before = 0
        #expect(throws: PromptError.self) {
            try TemplateGeneration(settings).candidates(split, Tiny.task(), Tiny.masked())
        }
        (settings.before, settings.beams) = (1, 0)
        #expect(throws: PromptError.self) {
            try TemplateGeneration(settings).candidates(split, Tiny.task(), Tiny.masked())
        }
    }
}
