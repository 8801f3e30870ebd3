import Foundation
public import Tensors

/// A learning-rate range test (Smith 2017): a short run in which the rate grows by the same factor at every
/// step.
///
/// The rule: losses are smoothed by an exponential mean. The mean loss of the first eighth of the steps, at
/// rates too small to matter, is where learning starts from; the test ends where the smoothed loss passes
/// twice that (or is no number). The suggestion is a tenth of the rate at which the smoothed loss was lowest,
/// as that rate is already at the edge of divergence. The same settings, weights and batches suggest the same
/// rate.
public struct RateFinder: Hashable, Codable, Sendable {
    /// The first rate.
    public var lowest: Float
    /// The last rate.
    public var highest: Float
    /// How many steps lie between them.
    public var steps: Int
    /// How much of the smoothed loss is kept at a step.
    public var smoothing: Double

    /// A test over a range of rates.
    public init(lowest: Float = 1e-4, highest: Float = 10, steps: Int = 40, smoothing: Double = 0.8) {
        self.lowest = lowest
        self.highest = highest
        self.steps = max(2, steps)
        self.smoothing = smoothing
    }

    /// What a test found.
    public struct Sweep: Hashable, Codable, Sendable {
        /// The rates that were tried, the losses before each step, and the losses smoothed.
        public var points: [Point]
        /// The rate to train with.
        public var suggestion: Float

        /// One step of a test.
        public struct Point: Hashable, Codable, Sendable {
            /// The learning rate of the step.
            public var rate: Float
            /// The loss before the step.
            public var loss: Float
            /// The exponential mean of the losses so far.
            public var smoothed: Double
        }
    }

    /// Tries the rates on a copy of the weights.
    ///
    /// - Parameters:
    ///   - objective: the loss that is to fall.
    ///   - settings: the optimizer, the clipping and the seed of the run to come; its rate and schedule are not
    ///     used.
    ///   - weights: where the run will start; they are not changed.
    ///   - frozen: the weights below them.
    ///   - batches: one is taken for each rate.
    ///   - stop: raised to end early.
    ///   - mayStartFlat: which weights may have no gradient at the first step; see ``Trainer``.
    /// - Throws: ``TrainingError/noDescent(lowest:highest:)`` if the smoothed loss never falls.
    public func sweep<Goal: Objective, Batches: BatchSource>(
        _ objective: Goal, _ settings: TrainingSettings, training weights: NamedTensors,
        over frozen: NamedTensors,
        batches: Batches, stop: StopSignal? = nil,
        mayStartFlat: @escaping @Sendable (String) -> Bool = { _ in false }
    ) throws -> Sweep where Batches.Batch == Goal.Batch {
        var state = try TrainingState(training: weights)
        var curve = SmoothedCurve(smoothing: smoothing, startLength: startLength)
        for step in 0..<steps {
            var settings = settings
            settings.steps = step + 1
            settings.rate = rate(step)
            settings.schedule = .constant()
            var report: StepReport?
            let trainer = Trainer(objective, settings, mayStartFlat: mayStartFlat)
            do {
                let end = try trainer.run(
                    &state, over: frozen, batches: batches, stop: stop,
                    observe: { if case .step(let made) = $0 { report = made } })
                if end == .stopped { throw CancellationError() }
            } catch TrainingError.notFinite where step > 0 {
                break
            }
            guard let report, !curve.hasDiverged(adding: report) else { break }
        }
        return Sweep(points: curve.points, suggestion: try suggestion(curve))
    }

    /// The rate of a step: a straight line in its logarithm.
    private func rate(_ step: Int) -> Float {
        let share = Double(step) / Double(steps - 1)
        return Float(Double(lowest) * pow(Double(highest) / Double(lowest), share))
    }

    /// How many of the first steps show the loss before any learning.
    private var startLength: Int { max(1, steps / 8) }

    private func suggestion(_ curve: SmoothedCurve) throws(TrainingError) -> Float {
        guard let best = curve.points.dropFirst(startLength).min(by: { $0.smoothed < $1.smoothed }),
            best.smoothed < curve.start
        else { throw .noDescent(lowest: lowest, highest: highest) }
        return max(lowest, best.rate / 10)
    }
}

/// Losses and their exponential mean, corrected for its start at zero.
private struct SmoothedCurve {
    let smoothing: Double
    let startLength: Int
    var points: [RateFinder.Sweep.Point] = []
    private var mean = 0.0
    private var weight = 0.0

    init(smoothing: Double, startLength: Int) {
        self.smoothing = smoothing
        self.startLength = startLength
    }

    /// The mean loss of the first steps.
    var start: Double {
        points.prefix(startLength).reduce(0) { $0 + Double($1.loss) }
            / Double(max(1, min(startLength, points.count)))
    }

    mutating func hasDiverged(adding report: StepReport) -> Bool {
        mean = smoothing * mean + (1 - smoothing) * Double(report.loss)
        weight = smoothing * weight + 1 - smoothing
        points.append(.init(rate: report.rate, loss: report.loss, smoothed: mean / weight))
        return points.count > startLength && mean / weight > 2 * abs(start)
    }
}
