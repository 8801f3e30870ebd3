import Datasets
import Foundation
import Models
import Prompts
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

/// Runs that are stopped or killed and go on from what they left.
@Suite struct InterruptionTests {
    private let tiny: PretrainedModel
    private let place: TemporaryFolder

    init() throws {
        tiny = try Tiny.model()
        place = try TemporaryFolder()
    }

    private func settings(patience: Int? = nil) -> PromptTuning.Settings {
        var settings = PromptTuning.Settings()
        (settings.rows, settings.steps, settings.batch, settings.evaluationInterval) = (3, 12, 6, 2)
        (settings.initialisation, settings.patience) = (.random, patience)
        return settings
    }

    private func checkpoint(_ name: String = "state.safetensors", identity: String = "run")
        -> TrainingCheckpoint
    {
        TrainingCheckpoint(place.file(name), identity: identity, interval: 3)
    }

    private func fit(_ run: RunContext, _ settings: PromptTuning.Settings? = nil) throws -> [UInt32] {
        let prompt = try PromptTuning(settings ?? self.settings()).fit(
            Tiny.split(), Tiny.task(), to: tiny, run)
        return prompt.softRows?.floats.map(\.bitPattern) ?? []
    }

    @Test(arguments: [1, 2, 3, 5, 6, 11])
    func `a run stopped after a step and gone on gives the bytes of one that was not`(_ step: Int) throws {
        let whole = Notes()
        let undisturbed = try fit(RunContext { whole.add($0) })
        let (stop, notes) = (StopSignal(), Notes())
        #expect(throws: CancellationError.self) {
            try fit(
                RunContext(stop: stop, checkpoint: checkpoint()) { event in
                    if case .step(let report, _) = event, report.step == step { stop.raise() }
                })
        }
        #expect(place.names() == ["state.safetensors"])
        let again = try fit(RunContext(checkpoint: checkpoint()) { notes.add($0) })
        #expect(again == undisturbed)
        #expect(notes.steps == Array(step + 1...12))
        #expect(notes.earlierLosses + notes.losses == whole.losses)
    }

    @Test func `who keeps a record of the steps is told before a state is written`() throws {
        let (notes, seen) = (Notes(), Seen())
        var checkpoint = checkpoint()
        checkpoint.beforeSaving = { seen.steps.withLock { $0.append(notes.steps.last ?? 0) } }
        _ = try fit(RunContext(checkpoint: checkpoint) { notes.add($0) })
        #expect(seen.steps.withLock { $0 } == [3, 6, 9, 12])
    }

    @Test func `a run that has ended is not run again until its checkpoint is removed`() throws {
        let bytes = try fit(RunContext(checkpoint: checkpoint()))
        let notes = Notes()
        #expect(try fit(RunContext(checkpoint: checkpoint()) { notes.add($0) }) == bytes)
        #expect(notes.steps.isEmpty && notes.chosen.count == 1)
        checkpoint().remove()
        #expect(place.names().isEmpty)
        #expect(try checkpoint().load(on: CPUBackend.shared) == nil)
    }

    @Test func `a killed run goes on from its last save`() throws {
        let undisturbed = try fit(RunContext())
        let (from, to) = (place.file("state.safetensors"), place.file("left.safetensors"))
        // The state that was on disk at step 8 is what a kill there would have left.
        _ = try fit(
            RunContext(checkpoint: checkpoint()) { event in
                if case .step(let report, _) = event, report.step == 8 {
                    try? FileManager.default.copyItem(at: from, to: to)
                }
            })
        let notes = Notes()
        #expect(
            try fit(RunContext(checkpoint: checkpoint("left.safetensors")) { notes.add($0) }) == undisturbed)
        #expect(notes.steps == Array(7...12))
    }

    @Test func `a run that was out of patience when it was stopped does not go on`() throws {
        let impatient = settings(patience: 1)
        let undisturbed = Notes()
        let bytes = try fit(RunContext { undisturbed.add($0) }, impatient)
        let last = try #require(undisturbed.steps.last)
        let stop = StopSignal()
        #expect(throws: CancellationError.self) {
            try fit(
                RunContext(stop: stop, checkpoint: checkpoint()) { event in
                    if case .step(let report, _) = event, report.step == last { stop.raise() }
                }, impatient)
        }
        let notes = Notes()
        #expect(try fit(RunContext(checkpoint: checkpoint()) { notes.add($0) }, impatient) == bytes)
        #expect(notes.steps.isEmpty)
    }

    @Test func `the state of another run is not gone on from`() throws {
        let stop = StopSignal()
        stop.raise()
        #expect(throws: CancellationError.self) { try fit(RunContext(stop: stop, checkpoint: checkpoint())) }
        let notes = Notes()
        _ = try fit(RunContext(checkpoint: checkpoint(identity: "other")) { notes.add($0) })
        #expect(notes.steps.first == 1)
        #expect(notes.warnings.contains { $0.contains("is replaced: this run begins anew") })
        #expect(try checkpoint().load(on: CPUBackend.shared) == nil)
    }

    @Test func `a damaged state is an error, not a new start`() throws {
        try Data("no tensors".utf8).write(to: place.file("state.safetensors"))
        let error = #expect(throws: PromptError.self) { try fit(RunContext(checkpoint: checkpoint())) }
        let sentence = try #require(error).description
        #expect(sentence.contains("state.safetensors") && sentence.contains("remove it to begin anew"))
    }

    @Test func `a state that cannot be saved is a warning, and an error only where the run is stopped`()
        throws
    {
        try Data("file".utf8).write(to: place.file("file"))
        let blocked = checkpoint("file/state.safetensors")
        let notes = Notes()
        #expect(try fit(RunContext(checkpoint: blocked) { notes.add($0) }) == fit(RunContext()))
        #expect(notes.warnings.count { $0.contains("could not be saved") } == 1)
        let stop = StopSignal()
        stop.raise()
        let error = #expect(throws: (any Error).self) { try fit(RunContext(stop: stop, checkpoint: blocked)) }
        #expect(error is CancellationError == false)
    }

    @Test func `a cancelled task stops as a signal does`() async throws {
        let checkpoint = checkpoint()
        let (tiny, settings) = (tiny, settings())
        let run = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try PromptTuning(settings).fit(
                Tiny.split(), Tiny.task(), to: tiny, RunContext(checkpoint: checkpoint))
        }
        await #expect(throws: CancellationError.self) { try await run.value }
    }
}

/// The last step at each save.
private final class Seen: Sendable {
    let steps = Mutex<[Int]>([])
}
