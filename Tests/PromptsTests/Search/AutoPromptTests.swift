import Datasets
import Foundation
import Models
import Prompts
import Synchronization
import Tensors
import TestSupport
import Testing
import Tokenizers
import Training

@Suite struct AutoPromptTests {
    private final class Iterations: Sendable {
        private let state = Mutex<[AutoPrompt.Iteration]>([])
        var all: [AutoPrompt.Iteration] { state.withLock { $0 } }
        func add(_ iteration: AutoPrompt.Iteration) { state.withLock { $0.append(iteration) } }
    }

    private func settings(_ iterations: Int = 8, measure: AutoPrompt.Measure = .likelihood)
        -> AutoPrompt.Settings
    {
        var settings = AutoPrompt.Settings()
        (settings.iterations, settings.candidates, settings.batch, settings.measure) = (
            iterations, 5, 64, measure
        )
        settings.start = "50"
        return settings
    }

    private func model(_ name: String) throws -> PretrainedModel {
        name == "bert" ? try Tiny.masked() : try Tiny.model(name)
    }

    private func search(
        _ settings: AutoPrompt.Settings, _ pretrained: PretrainedModel, template: String = "{text} {answer}",
        _ context: RunContext = RunContext()
    ) throws -> (prompt: Prompt, iterations: [AutoPrompt.Iteration]) {
        let iterations = Iterations()
        var method = AutoPrompt(settings)
        method.observe = { iterations.add($0) }
        let prompt = try method.fit(
            Tiny.split(), Tiny.task(template, limit: 30), to: pretrained, context)
        return (prompt, iterations.all)
    }

    @Test(arguments: ["bert", "llama"])
    func `on the same rows the score never falls, and what is found is better than the start`(_ name: String)
        throws
    {
        // Two batches are all rows: proposing and judging see the same, so what is taken is better for certain.
        var settings = settings(12)
        settings.batchesAnIteration = 2
        let (_, iterations) = try search(settings, try model(name))
        let taken = iterations.filter(\.isTaken)
        #expect(iterations.count == 12 && !taken.isEmpty)
        for (earlier, later) in zip(iterations, iterations.dropFirst()) {
            let reached = earlier.isTaken ? earlier.best : earlier.current
            #expect(abs(later.current - reached) < 1e-5)
            #expect(!later.isTaken || later.best > later.current)
        }
        #expect((iterations.last?.current ?? 0) > iterations[0].current)
    }

    @Test(arguments: ["bert", "llama"])
    func `the result is an ordinary text that scores as what was searched`(_ name: String) throws {
        let tiny = try model(name)
        let (prompt, iterations) = try search(settings(12), tiny)
        let template = prompt.manifest.template
        #expect(prompt.tensors.isEmpty && prompt.manifest.method == "hard" && !template.hasSoftRows)
        #expect(template.printed == iterations.last?.template)
        let split = try Tiny.split()
        let answers = try Predictor([prompt], tiny).predict(split.dev.examples, with: prompt.id)
        let likelihood = zip(answers, split.dev.examples).reduce(0.0) { sum, pair in
            sum + log(Double(pair.0.probabilities[pair.0.labels.firstIndex(of: pair.1.label ?? "") ?? 0]))
        }
        let best = iterations.compactMap(\.dev).max() ?? 0
        #expect(abs(likelihood / Double(split.dev.examples.count) - best) < 1e-4, "\(template.printed)")
        #expect(template.printed.split(separator: " ").count >= 3)
    }

    @Test(arguments: ["bert", "llama"])
    func `the same seed finds the same triggers, another looks elsewhere`(_ name: String) throws {
        let tiny = try model(name)
        let (first, second) = (try search(settings(), tiny), try search(settings(), tiny))
        #expect(first.iterations == second.iterations)
        #expect(first.prompt.manifest.template == second.prompt.manifest.template)
        var other = settings()
        other.seed = 3
        #expect(try search(other, tiny).iterations.map(\.place) != first.iterations.map(\.place))
    }

    @Test func `a search that was stopped goes on to the same template`() throws {
        let tiny = try Tiny.masked()
        let place = try TemporaryFolder()
        let whole = try search(settings(6), tiny)
        let stop = StopSignal()
        var method = AutoPrompt(settings(6))
        method.observe = { if $0.number == 3 { stop.raise() } }
        let checkpoint = TrainingCheckpoint(place.file("state"), identity: "one")
        let (split, task) = (try Tiny.split(), try Tiny.task(limit: 30))
        #expect(throws: CancellationError.self) {
            try method.fit(split, task, to: tiny, RunContext(stop: stop, checkpoint: checkpoint))
        }
        let rest = try search(settings(6), tiny, RunContext(checkpoint: checkpoint))
        #expect(rest.iterations.map(\.number) == [4, 5, 6])
        #expect(rest.iterations == Array(whole.iterations.suffix(3)))
        #expect(rest.prompt.manifest.template == whole.prompt.manifest.template)
    }

    @Test func `triggers stand where the template's soft slots are, also in front`() throws {
        let tiny = try Tiny.masked()
        for template in ["{soft 2} {text} {answer}", "{soft 1} {text} {soft 1} {answer} 50"] {
            var settings = settings()
            settings.candidates = 40
            let (prompt, iterations) = try search(settings, tiny, template: template)
            let taken = iterations.filter(\.isTaken)
            #expect(!taken.isEmpty, "\(template): \(iterations)")
            let found = prompt.manifest.template
            #expect(!found.hasSoftRows && found.fieldNames == ["text"])
        }
    }

    @Test func `settings out of range are refused`() throws {
        for change in [
            \AutoPrompt.Settings.triggers, \.iterations, \.candidates, \.batch, \.batchesAnIteration,
        ] {
            var settings = settings()
            settings[keyPath: change] = 0
            #expect(throws: PromptError.self) { try search(settings, Tiny.masked()) }
        }
    }
}
