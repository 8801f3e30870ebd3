internal import Foundation
internal import Layers
internal import Tensors
internal import Training

/// The training loop of all methods: trains on batches, looks at the score, keeps the best, and keeps what a stopped
/// run needs to go on.
struct Fitting<Goal: Objective>: Sendable {
    let trainer: Trainer<Goal>
    let frozen: NamedTensors
    let backend: any Backend
    let run: RunContext

    /// Above so many bytes of trained weights the state is written only where a run stops, not as it goes: three
    /// times as much would be written each time.
    static var bytesWrittenAsItGoes: Int { 64 << 20 }

    /// Trains weights from a start.
    ///
    /// The checkpoint stays until the caller has saved what was learned and removes it.
    /// - Parameter evaluate: the score of weights on held-out rows, higher is better.
    /// - Throws: `CancellationError` if the user stopped; the state is in the checkpoint then. A state that
    ///   cannot be saved is a warning while the run goes on, and an error where the user stopped.
    func learn<Batches: BatchSource>(
        _ start: NamedTensors, batches: Batches, evaluate: @escaping (NamedTensors) throws -> Double
    ) throws -> NamedTensors where Batches.Batch == Goal.Batch {
        let found = try run.checkpoint?.load(on: backend)
        if found == nil, let place = run.checkpoint, place.exists {
            run.report(
                .warning(
                    "\(place.url.path) is of a run with other settings, rows or another model, and is replaced: this run begins anew"
                ))
        }
        var state = try found ?? TrainingState(training: start)
        if state.step > 0 {
            run.report(.wentOn(step: state.step, losses: state.losses, seconds: state.seconds))
        }
        let steps = trainer.settings.steps
        var failure: (any Error)?
        // The trainer's walk is cut into stretches, so that the state is on disk at every stretch's end.
        let isLarge = start.byteCount > Self.bytesWrittenAsItGoes
        let stretch = isLarge ? steps : run.checkpoint?.interval ?? steps
        while !hasEnded(state) {
            let stop = StopSignal()
            let limit = state.step + stretch
            _ = try trainer.run(
                &state, over: frozen, batches: batches, stop: stop, evaluate: evaluate,
                observe: { event in
                    switch event {
                    case .step(let report):
                        run.report(.step(report, of: steps))
                        if report.step >= limit || run.stop.isRaised { stop.raise() }
                    case .evaluation(let report): run.report(.evaluation(report))
                    }
                })
            do {
                if !isLarge || run.stop.isRaised || Task.isCancelled { try run.checkpoint?.save(state) }
                failure = nil
            } catch {
                if failure == nil {
                    run.report(.warning("what was learned so far could not be saved: \(error)"))
                }
                failure = error
            }
            if run.stop.isRaised || Task.isCancelled { throw failure ?? CancellationError() }
        }
        run.report(.chosen(step: state.best?.step ?? state.step, score: state.best?.score))
        return state.chosenWeights
    }

    /// Asked of the state, so that a run that was killed after its last step does not go on.
    private func hasEnded(_ state: TrainingState) -> Bool {
        let settings = trainer.settings
        return state.step >= settings.steps
            || settings.patience.map { state.evaluationsSinceBest >= $0 } ?? false
    }
}
