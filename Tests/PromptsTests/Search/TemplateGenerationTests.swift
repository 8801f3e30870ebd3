import Datasets
import Models
import Prompts
import TestSupport
import Testing

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
