internal import Layers
internal import Models
internal import Tensors
internal import Training

extension RunContext {
    /// What is trained, as another prompt left it where one is given.
    ///
    /// - Throws: ``PromptError`` where that prompt is of another model, or does not have the same tensors.
    func start(from start: NamedTensors, _ pretrained: PretrainedModel) throws -> NamedTensors {
        guard let source = startingFrom else { return start }
        try pretrained.check(source.manifest)
        let learned = source.tensors.filter { start[$0] != nil }
        for name in start.names where !TrainedReadoutNames.contains(name) {
            guard let own = start[name], learned[name]?.shape == own.shape else {
                throw PromptError.wrongShape(
                    prompt: source.id, expected: "\(start[name]?.shape ?? []) as \(name)",
                    found: learned[name].map { "\($0.shape)" } ?? "absent")
            }
        }
        // A readout of other labels starts anew.
        return start.overlaid(by: learned.filter { learned[$0]?.shape == start[$0]?.shape })
    }
}

extension LearningSettings {
    /// The groups of a run whose other weights move at a rate.
    func groups(_ apart: Lesson.Apart?, rate: Float) -> [ParameterGroup] {
        apart.map {
            [
                ParameterGroup(
                    names: $0.names, rateShare: $0.rate / rate,
                    optimizer: .adamW(AdamW.Settings(decay: $0.decay)))
            ]
        } ?? []
    }

    /// The rate of a run: given, the method's own, or that of a range test, which is told to whoever listens.
    ///
    /// - Parameters:
    ///   - automatic: the method's own.
    ///   - objective: what a range test makes smaller.
    ///   - start: what is trained, as it starts.
    ///   - frozen: the weights below it.
    ///   - apart: weights with a rate of their own.
    ///   - batches: what a range test learns from.
    ///   - run: where to report, and when to stop.
    ///   - mayStartFlat: which weights may have no gradient at the first step.
    func chosenRate<Goal: Objective, Batches: BatchSource>(
        _ automatic: (rate: Float, reason: String), _ objective: Goal, training start: NamedTensors,
        over frozen: NamedTensors, _ apart: Lesson.Apart?, batches: Batches, _ run: RunContext,
        mayStartFlat: @escaping @Sendable (String) -> Bool
    ) throws -> Float where Batches.Batch == Goal.Batch {
        let (chosen, reason): (Float, String)
        switch rate {
        case .fixed(let given): (chosen, reason) = (given, "given")
        case .automatic: (chosen, reason) = automatic
        case .automaticTimes(let factor):
            (chosen, reason) = (automatic.rate * factor, "\(factor) times \(automatic.reason)")
        case .rangeTest:
            let center = automatic.rate
            let finder = RateFinder(lowest: center / 75, highest: center * 400 / 3, steps: 24)
            let sweep = try finder.sweep(
                objective, training(rate: center, groups: groups(apart, rate: center)), training: start,
                over: frozen, batches: batches, stop: run.stop, mayStartFlat: mayStartFlat)
            (chosen, reason) = (sweep.suggestion, "range test of \(sweep.points.count) steps")
        }
        run.report(.rate(chosen, reason: reason))
        return chosen
    }
}
