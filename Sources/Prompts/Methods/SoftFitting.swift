internal import Layers
internal import Models
internal import Tensors
internal import Training

/// The training loop of soft prompts: trains on batches, looks at the dev rows, keeps the best, watches for
/// failure.
struct SoftFitting: Sendable {
    let objective: AnswerObjective
    let settings: TrainingSettings
    let pretrained: PretrainedModel
    let run: RunContext

    /// Trains weights from a start.
    ///
    /// The checkpoint stays until the caller has saved what was learned and removes it.
    /// - Throws: `CancellationError` if the user stopped; the state is in the checkpoint then. A state that
    ///   cannot be saved is a warning while the run goes on, and an error where the user stopped.
    func learn(
        _ start: NamedTensors, batches: ShuffledBatches<LabelledPrompt>, dev: [LabelledPrompt]
    ) throws -> NamedTensors {
        var state = try run.checkpoint?.load(on: pretrained.backend) ?? TrainingState(training: start)
        let labels = objective.scorer.labels
        var watch = CollapseWatch(labels: labels)
        var failure: (any Error)?
        // The trainer's walk is cut into stretches, so that the state is on disk at every stretch's end.
        let stretch = run.checkpoint?.interval ?? settings.steps
        while !hasEnded(state) {
            let stop = StopSignal()
            let limit = state.step + stretch
            _ = try Trainer(objective, settings).run(
                &state, over: pretrained.weights, batches: batches, stop: stop,
                evaluate: { weights in
                    let (score, predicted) = try evaluate(weights, dev)
                    if let warning = watch.warning(predicted) { run.report(.warning(warning)) }
                    return score
                },
                observe: { event in
                    switch event {
                    case .step(let report):
                        run.report(.step(report, of: settings.steps))
                        if report.step >= limit || run.stop.isRaised { stop.raise() }
                    case .evaluation(let report): run.report(.evaluation(report))
                    }
                })
            do {
                try run.checkpoint?.save(state)
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
        state.step >= settings.steps || settings.patience.map { state.evaluationsSinceBest >= $0 } ?? false
    }

    /// The share of dev rows that are answered right, plus a millionth of their mean log-probability to order
    /// equals.
    private func evaluate(_ weights: NamedTensors, _ dev: [LabelledPrompt]) throws -> (
        score: Double, predicted: [Int]
    ) {
        var (right, likelihood, predicted) = (0, 0.0, [Int]())
        for start in stride(from: 0, to: dev.count, by: 32) {
            let batch = dev[start..<min(start + 32, dev.count)]
            let logits = try objective.logProbabilities(batch.map(\.prompt), .inference(weights))
            let (values, width) = (logits.floats, logits.shape.width)
            for (place, item) in batch.enumerated() {
                let row = values[place * width..<(place + 1) * width]
                let best = row.indices.reduce(row.startIndex) { row[$1] > row[$0] ? $1 : $0 } - row.startIndex
                right += best == Int(item.label) ? 1 : 0
                likelihood += Double(row[row.startIndex + Int(item.label)])
                predicted.append(best)
            }
        }
        let count = Double(max(1, dev.count))
        return (Double(right) / count + 1e-6 * likelihood / count, predicted)
    }
}

/// Says when answers have collapsed to one label: a run that looks finished and has learned nothing.
package struct CollapseWatch {
    private let labels: [String]
    private var collapsed = 0

    /// A watch over answers that are indices of these labels.
    package init(labels: [String]) { self.labels = labels }

    /// A warning at the second look in a row at which every row got one label.
    package mutating func warning(_ predicted: [Int]) -> String? {
        guard labels.count > 1, predicted.count > 1, let first = predicted.first, Set(predicted).count == 1
        else {
            collapsed = 0
            return nil
        }
        collapsed += 1
        guard collapsed == 2 else { return nil }
        return "every dev row is answered '\(labels[first])': the prompt has collapsed to one label; "
            + "try another --rate (a third of it, or three times), more --steps, or other label words"
    }
}
