internal import Layers
internal import Models
internal import Tensors
internal import Training

/// Trains what a method starts with on an objective: the same for every method and every readout.
struct Learner<Goal: Objective>: Sendable {
    let objective: Goal
    let learning: LearningSettings
    let pretrained: PretrainedModel
    /// What the pass reads beside the model and what is trained.
    var constants = NamedTensors()
    /// The rate that ``LearningRate/automatic`` is here, and how it came about.
    let automaticRate: (rate: Float, reason: String)
    /// Weights that move at a rate of their own.
    var apart: Lesson.Apart?
    /// Which weights may have no gradient at the first step.
    var mayStartFlat: @Sendable (String) -> Bool = { _ in false }
    /// The labels that the readout's own weights tell apart.
    var labels: [String]?

    /// Trains from a start, or from where another prompt was left.
    ///
    /// - Parameter evaluate: the score of weights on held-out rows, higher is better; without it the last step's weights
    ///   are kept.
    /// - Returns: what was learned, and the rate.
    func learn<Batches: BatchSource>(
        _ start: NamedTensors, batches: Batches, _ run: RunContext,
        evaluate: ((NamedTensors) throws -> Double)?
    ) throws -> (learned: NamedTensors, rate: Float) where Batches.Batch == Goal.Batch {
        let frozen = pretrained.weights.overlaid(by: constants)
        run.report(.trainable(start.parameterCount))
        let start = try run.start(from: start, constants, labels: labels, pretrained)
        let rate = try rate(training: start, over: frozen, batches, run)
        var plan = plan(rate)
        if evaluate == nil { plan.evaluationInterval = nil }
        let fitting = Fitting(
            trainer: Trainer(objective, plan, mayStartFlat: mayStartFlat), frozen: frozen,
            backend: pretrained.backend, run: run)
        return (try fitting.learn(start, batches: batches, evaluate: evaluate ?? { _ in 0 }), rate)
    }

    private func plan(_ rate: Float) -> TrainingSettings {
        let group = apart.map {
            ParameterGroup(
                names: $0.names, rateShare: $0.rate / rate, optimizer: .adamW(AdamW.Settings(decay: $0.decay))
            )
        }
        return learning.training(rate: rate, groups: group.map { [$0] } ?? [])
    }

    /// The rate of a run: given, the method's own, or that of a range test, which is told to whoever listens.
    private func rate<Batches: BatchSource>(
        training start: NamedTensors, over frozen: NamedTensors, _ batches: Batches, _ run: RunContext
    ) throws -> Float where Batches.Batch == Goal.Batch {
        let (chosen, reason): (Float, String)
        switch learning.rate {
        case .fixed(let given): (chosen, reason) = (given, "given")
        case .automatic: (chosen, reason) = automaticRate
        case .automaticTimes(let factor):
            (chosen, reason) = (automaticRate.rate * factor, "\(factor) times \(automaticRate.reason)")
        case .rangeTest:
            let center = automaticRate.rate
            let finder = RateFinder(lowest: center / 75, highest: center * 400 / 3, steps: 24)
            let sweep = try finder.sweep(
                objective, plan(center), training: start, over: frozen, batches: batches, stop: run.stop,
                mayStartFlat: mayStartFlat)
            (chosen, reason) = (sweep.suggestion, "range test of \(sweep.points.count) steps")
        }
        run.report(.rate(chosen, reason: reason))
        return chosen
    }
}
