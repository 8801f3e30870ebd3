import Layers
public import Tensors

/// Makes an objective's loss smaller, step by step.
///
/// The walk is a pure function of settings, state and batches: a run that was stopped and gone on from its
/// saved state ends with the same bytes as one that was not.
public struct Trainer<Goal: Objective>: Sendable {
    /// What is made smaller.
    public let objective: Goal
    /// How.
    public let settings: TrainingSettings
    /// Averages gradients over processes.
    public let communicator: any Communicator
    private let mayStartFlat: @Sendable (String) -> Bool

    /// A trainer of an objective.
    ///
    /// - Parameters:
    ///   - objective: the loss of a batch.
    ///   - settings: how it is made to fall.
    ///   - communicator: averages gradients over processes.
    ///   - mayStartFlat: which trained weights may have no gradient at the first step, such as one factor of a
    ///     product whose other factor starts at zero. All others must have one.
    public init(
        _ objective: Goal, _ settings: TrainingSettings, communicator: any Communicator = OneProcess(),
        mayStartFlat: @escaping @Sendable (String) -> Bool = { _ in false }
    ) {
        self.objective = objective
        self.settings = settings
        self.communicator = communicator
        self.mayStartFlat = mayStartFlat
    }

    /// Goes on from a state until the steps are made, the score no longer rises, or someone asks to stop.
    ///
    /// - Parameters:
    ///   - state: afterwards as it was after the last whole step, also when this throws.
    ///   - frozen: the weights that are read but not trained; those of the state lie over them.
    ///   - batches: where batches come from; with several processes each reads its own share.
    ///   - stop: a flag that ends the run after the step at hand; so does cancelling the surrounding task.
    ///   - evaluate: the score of weights on held-out data, higher is better; called as the settings say, and
    ///     after the last step.
    ///   - observe: told of each step and each evaluation.
    /// - Returns: why the run ended.
    /// - Throws: ``TrainingError``, and whatever objective, batches and evaluation throw.
    public func run<Batches: BatchSource>(
        _ state: inout TrainingState, over frozen: NamedTensors, batches: Batches, stop: StopSignal? = nil,
        evaluate: ((NamedTensors) throws -> Double)? = nil, observe: (TrainingEvent) -> Void = { _ in }
    ) throws -> TrainingEnd where Batches.Batch == Goal.Batch {
        var optimizer = settings.optimizer.optimizer(state.optimizer)
        let start = ContinuousClock.now
        defer { state.seconds += (ContinuousClock.now - start) / .seconds(1) }
        while state.step < settings.steps {
            if Task.isCancelled || stop?.isRaised == true { return .stopped }
            let report = try step(&state, &optimizer, frozen, batches)
            observe(.step(report))
            if let evaluate, isEvaluationDue(state.step) {
                observe(.evaluation(try evaluation(&state, frozen, evaluate)))
                if let patience = settings.patience, state.evaluationsSinceBest >= patience {
                    return .outOfPatience
                }
            }
        }
        return .finished
    }

    private func isEvaluationDue(_ step: Int) -> Bool {
        guard let interval = settings.evaluationInterval else { return false }
        return step % max(1, interval) == 0 || step == settings.steps
    }

    private func evaluation(
        _ state: inout TrainingState, _ frozen: NamedTensors, _ evaluate: (NamedTensors) throws -> Double
    ) throws -> EvaluationReport {
        let score = try evaluate(frozen.overlaid(by: state.weights))
        let isBest = score > (state.best?.score ?? -.infinity)
        if isBest { state.best = TrainingState.Best(score: score, step: state.step, weights: state.weights) }
        state.evaluationsSinceBest = isBest ? 0 : state.evaluationsSinceBest + 1
        return EvaluationReport(step: state.step, score: score, isBest: isBest)
    }

    // MARK: One step

    private func step<Batches: BatchSource>(
        _ state: inout TrainingState, _ optimizer: inout any Optimizer, _ frozen: NamedTensors,
        _ batches: Batches
    ) throws -> StepReport where Batches.Batch == Goal.Batch {
        let clock = ContinuousClock()
        let start = clock.now
        let rate = settings.rate(at: state.step)
        var (loss, gradients) = try meanGradients(state, frozen, batches)
        guard loss.isFinite else {
            throw TrainingError.notFinite(step: state.step, loss: loss, gradientNorm: nil, rate: rate)
        }
        try communicator.average(&gradients)
        let norm = gradients.norm
        guard norm.isFinite else {
            throw TrainingError.notFinite(step: state.step, loss: loss, gradientNorm: norm, rate: rate)
        }
        if state.step == 0 { try checkGradients(gradients, of: state.weights) }
        let scale = clippingScale(norm: norm, limit: settings.gradientNormLimit)
        move(&state.weights, along: gradients, &optimizer, rate: rate, gradientScale: scale)
        state.optimizer = optimizer.state
        state.step += 1
        state.losses.append(loss)
        return StepReport(
            step: state.step, loss: loss, gradientNorm: norm, rate: rate,
            seconds: (clock.now - start) / .seconds(1))
    }

    /// Moves each group at its own rate, and then the rest.
    private func move(
        _ weights: inout NamedTensors, along gradients: NamedTensors, _ optimizer: inout any Optimizer,
        rate: Float, gradientScale: Float
    ) {
        var rest = gradients
        for group in settings.groups {
            var own = (group.optimizer ?? settings.optimizer).optimizer(optimizer.state)
            own.step(
                &weights, along: gradients.filter(group.names.contains), rate: rate * group.rateShare,
                gradientScale: gradientScale)
            optimizer.state = own.state
            rest = rest.filter { !group.names.contains($0) }
        }
        optimizer.step(&weights, along: rest, rate: rate, gradientScale: gradientScale)
    }

    /// The mean loss and gradient of this process's batches, weighted as the objective says.
    private func meanGradients<Batches: BatchSource>(
        _ state: TrainingState, _ frozen: NamedTensors, _ batches: Batches
    ) throws -> (loss: Float, gradients: NamedTensors) where Batches.Batch == Goal.Batch {
        let weights = frozen.overlaid(by: state.weights)
        let trained = Set(state.weights.names)
        var (loss, total, sum) = (Float(0), Float(0), NamedTensors())
        for part in 0..<settings.batchesPerStep {
            let place = state.step * settings.batchesPerStep + part
            let batch = try batches.batch(place * communicator.size + communicator.rank)
            let tape = Tape()
            // Another stream of dropout for every batch of every process.
            let pass = Pass.training(
                weights, on: tape, dropoutSeed: settings.seed,
                step: UInt64(place * communicator.size + communicator.rank), where: trained.contains)
            let value = try objective.loss(batch, pass)
            let weight = objective.weight(of: batch)
            loss += weight * value.scalar
            total += weight
            sum.add(tape.gradients(of: value), times: weight, isAlone: settings.batchesPerStep == 1)
        }
        guard settings.batchesPerStep > 1 else { return (loss / total, sum) }
        return (loss / total, sum.mapValues { $0.scaled(by: 1 / total) })
    }

    /// A weight that the loss does not reach would stay as it is for the whole run, unnoticed.
    private func checkGradients(_ gradients: NamedTensors, of weights: NamedTensors) throws(TrainingError) {
        let flat = weights.names.filter { name in
            guard !mayStartFlat(name) else { return false }
            return gradients[name].map { $0.backend.sumOfSquares($0) == 0 } ?? true
        }
        guard flat.isEmpty else { throw .noGradient(names: flat) }
    }
}

extension NamedTensors {
    /// Adds tensors of the same names, multiplied; a batch alone counts as it is.
    fileprivate mutating func add(_ other: NamedTensors, times weight: Float, isAlone: Bool) {
        if isAlone {
            self = other
            return
        }
        for name in other.names {
            guard let share = other[name]?.scaled(by: weight) else { continue }
            self[name] = self[name].map { $0 + share } ?? share
        }
    }
}
