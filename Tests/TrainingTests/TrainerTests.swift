import Layers
import Tensors
import TestSupport
import Testing
import Training

/// Least squares: rows of `x` times `w` are to be `y`; `idle` is declared and only read where `usesIdle`.
private struct Regression: Objective {
    struct Row: Sendable {
        var x: [Float]
        var y: Float
    }

    static let weight = Parameter(name: "w", shape: [1, 3])
    static let idle = Parameter(name: "idle", shape: [1, 3])
    static let base = Parameter(name: "base", shape: [1, 3])
    var dropout: Float = 0

    func loss(_ batch: [Row], _ pass: Pass) throws -> Tensor {
        let backend = CPUBackend.shared
        let x = pass.dropout(
            Tensor(batch.flatMap(\.x), shape: [batch.count, 3], on: backend), rate: dropout)
        let y = Tensor(batch.map(\.y), shape: [batch.count, 1], on: backend)
        let error = x.matmul(pass[Self.weight] + pass[Self.base]) - y
        return (error * error).mean()
    }

    func weight(of batch: [Row]) -> Float { Float(batch.count) }

    static let rows: [Row] = {
        var random = CounterRandom(seed: 5)
        return (0..<13).map { _ in
            let x = (0..<3).map { _ in random.normal() }
            return Row(x: x, y: 2 * x[0] - x[1] + 0.5 * x[2])
        }
    }()
}

@Suite struct TrainerTests {
    private let backend = CPUBackend.shared
    private let batches = ShuffledBatches(Regression.rows, size: 4, seed: 3)

    private var frozen: NamedTensors {
        NamedTensors([
            "base": Tensor([0.1, 0.2, 0.3], shape: [1, 3], on: backend),
            "w": Tensor([9, 9, 9], shape: [1, 3], on: backend),
        ])
    }

    private func start() throws -> TrainingState {
        try TrainingState(training: NamedTensors(["w": Tensor(repeating: 0, shape: [1, 3], on: backend)]))
    }

    private var settings: TrainingSettings {
        TrainingSettings(
            steps: 60, optimizer: .adamW(), rate: 0.1, schedule: .linear(total: 60), gradientNormLimit: 5,
            seed: 9)
    }

    private func bits(_ weights: NamedTensors) -> [UInt32] {
        weights.names.flatMap { weights[$0]?.floats.map(\.bitPattern) ?? [] }
    }

    @Test func `a run finds the weights, and leaves the frozen ones`() throws {
        var state = try start()
        var settings = settings
        (settings.steps, settings.schedule) = (200, .linear(total: 200))
        var losses: [Float] = []
        let end = try Trainer(Regression(), settings).run(
            &state, over: frozen, batches: batches,
            observe: { event in
                if case .step(let report) = event { losses.append(report.loss) }
            })
        #expect(end == .finished && state.step == 200 && losses.count == 200)
        #expect(state.weights.names == ["w"])
        expectClose(try #require(state.weights["w"]), [1.9, -1.2, 0.2], absolute: 0.02)
        #expect(try #require(losses.last) < 0.01 * losses[0])
    }

    @Test(arguments: [0, 1, 17, 59])
    func `a run that was stopped and saved ends with the same bytes`(_ stopAfter: Int) throws {
        var whole = try start()
        let trainer = Trainer(Regression(dropout: 0.25), settings)
        _ = try trainer.run(&whole, over: frozen, batches: batches)

        var first = try start()
        let stop = StopSignal()
        if stopAfter == 0 { stop.raise() }
        let end = try trainer.run(
            &first, over: frozen, batches: batches, stop: stop,
            observe: { event in
                if case .step(let report) = event, report.step == stopAfter { stop.raise() }
            })
        #expect(end == .stopped && first.step == stopAfter)
        var second = try TrainingState(JSON.roundTrip(first.record), tensors: first.tensors)
        _ = try trainer.run(&second, over: frozen, batches: batches)
        #expect(bits(second.weights) == bits(whole.weights))
        #expect(bits(second.optimizer.moments) == bits(whole.optimizer.moments))
    }

    @Test func `accumulated batches of unequal size are one large batch`() throws {
        // 13 rows in batches of 4: the fourth has one row.
        var small = settings
        (small.steps, small.batchesPerStep) = (1, 4)
        var large = settings
        large.steps = 1
        var (a, b) = (try start(), try start())
        _ = try Trainer(Regression(), small).run(&a, over: frozen, batches: batches)
        _ = try Trainer(Regression(), large).run(
            &b, over: frozen, batches: ShuffledBatches(Regression.rows, size: 13, seed: 1))
        expectClose(
            try #require(a.optimizer.moments["first/w"]), try #require(b.optimizer.moments["first/w"]))
    }

    @Test func `a trained weight that the loss does not reach is named at the first step`() throws {
        var state = try TrainingState(
            training: NamedTensors([
                "w": Tensor(repeating: 0, shape: [1, 3], on: backend),
                "idle": Tensor(repeating: 0, shape: [1, 3], on: backend),
            ]))
        #expect(throws: TrainingError.noGradient(names: ["idle"])) {
            try Trainer(Regression(), settings).run(&state, over: frozen, batches: batches)
        }
        #expect(state.step == 0)
        let lenient = Trainer(Regression(), settings) { $0 == "idle" }
        #expect(try lenient.run(&state, over: frozen, batches: batches) == .finished)
    }

    @Test func `a loss that is no number ends the run with the last whole step`() throws {
        var state = try start()
        var wild = settings
        (wild.rate, wild.optimizer, wild.schedule) = (1e30, .sgd(), .constant())
        wild.gradientNormLimit = nil
        let error = #expect(throws: TrainingError.self) {
            try Trainer(Regression(), wild).run(&state, over: frozen, batches: batches)
        }
        guard case .notFinite(let step, _, _, _) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(state.step == step && step > 0)
    }

    @Test func `the best evaluation is kept, and patience ends the run`() throws {
        var state = try start()
        var waiting = settings
        (waiting.evaluationInterval, waiting.patience) = (5, 2)
        var scores = [0.5, 0.7, 0.6, 0.7, 0.9].makeIterator()
        var weightsAtBest: [UInt32] = []
        let end = try Trainer(Regression(), waiting).run(
            &state, over: frozen, batches: batches,
            evaluate: { weights in
                let score = scores.next() ?? 0
                if score == 0.7, weightsAtBest.isEmpty { weightsAtBest = bits(weights.filter { $0 == "w" }) }
                return score
            })
        #expect(end == .outOfPatience && state.step == 20)
        #expect(state.best?.score == 0.7 && state.best?.step == 10)
        #expect(bits(state.chosenWeights) == weightsAtBest && bits(state.weights) != weightsAtBest)
    }

    @Test func `a cancelled task ends its run`() async throws {
        let frozen = frozen
        let trainer = Trainer(Regression(), settings)
        let batches = batches
        let initial = try start()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            var state = initial
            return try trainer.run(&state, over: frozen, batches: batches)
        }
        #expect(try await task.value == .stopped)
    }

    @Test func `a group moves at its own share of the rate, and by its own decay`() throws {
        var settings = TrainingSettings(
            steps: 1, optimizer: .adamW(AdamW.Settings(decay: 0)), rate: 0.1)
        settings.groups = [
            ParameterGroup(names: ["base"], rateShare: 0.01, optimizer: .adamW(AdamW.Settings(decay: 0.5)))
        ]
        var state = try TrainingState(
            training: NamedTensors([
                "w": Tensor(repeating: 0, shape: [1, 3], on: backend),
                "base": Tensor(repeating: 2, shape: [1, 3], on: backend),
            ]))
        let before = state.weights
        _ = try Trainer(Regression(), settings).run(&state, over: NamedTensors(), batches: batches)
        func moves(_ name: String) throws -> [Float] {
            let (old, new) = (try #require(before[name]).floats, try #require(state.weights[name]).floats)
            return zip(new, old).map { $0 - $1 }
        }
        // Adam's first step is the rate, whatever the gradient; the decay takes its share of the weight at that rate.
        let signs = try moves("w").map { $0 < 0 ? Float(-1) : 1 }
        expectClose(try moves("w"), signs.map { 0.1 * $0 }, absolute: 1e-4)
        expectClose(try moves("base"), signs.map { 0.001 * ($0 - 0.5 * 2) }, absolute: 1e-5)
    }

    @Test func `a state knows its losses and its time, and those of an earlier version are read`() throws {
        var state = try start()
        var (short, losses) = (settings, [Float]())
        short.steps = 4
        _ = try Trainer(Regression(), short).run(
            &state, over: frozen, batches: batches,
            observe: { if case .step(let report) = $0 { losses.append(report.loss) } })
        #expect(state.losses == losses && losses.count == 4 && state.seconds > 0)
        let again = try TrainingState(state.record, tensors: state.tensors)
        #expect(again.losses == losses && again.seconds == state.seconds)
        var old = state.record
        (old.losses, old.seconds) = (nil, nil)
        #expect(try TrainingState(old, tensors: state.tensors).losses.isEmpty)
    }

    @Test func `nothing to train is an error`() {
        #expect(throws: TrainingError.nothingToTrain) { try TrainingState(training: NamedTensors()) }
    }

    @Test func `a state that is not whole is refused`() throws {
        var state = try start()
        var short = settings
        (short.steps, short.evaluationInterval) = (2, 1)
        _ = try Trainer(Regression(), short).run(&state, over: frozen, batches: batches, evaluate: { _ in 1 })
        func expectRefused(_ record: TrainingState.Record, _ tensors: NamedTensors) {
            #expect(throws: TrainingError.self) { try TrainingState(record, tensors: tensors) }
        }
        var newer = state.record
        newer.format = 99
        expectRefused(newer, state.tensors)
        expectRefused(state.record, state.tensors.filter { !$0.hasPrefix("weights/") })
        expectRefused(state.record, state.tensors.filter { !$0.hasPrefix("best/") })
        var odd = state.tensors
        odd["moments/first/w"] = Tensor([1], shape: [1], on: backend)
        expectRefused(state.record, odd)
        #expect(try TrainingState(state.record, tensors: state.tensors).step == 2)
    }

    @Test func `an epoch reads every element once, in another order than the next`() {
        let source = ShuffledBatches(Array(0..<10), size: 4, seed: 1)
        #expect(source.batchesPerEpoch == 3)
        let epochs = (0..<2).map { epoch in (0..<3).flatMap { source.batch(epoch * 3 + $0) } }
        #expect(epochs.allSatisfy { $0.sorted() == Array(0..<10) } && epochs[0] != epochs[1])
        #expect(source.batch(4) == source.batch(4))
    }

    @Test func `the rate finder picks a rate that learns, twice the same`() throws {
        let finder = RateFinder(lowest: 1e-3, highest: 100, steps: 40)
        let weights = try start().weights
        // All rows at once: four of thirteen would leave the loss to chance.
        let batches = ShuffledBatches(Regression.rows, size: 13, seed: 3)
        let sweep = try finder.sweep(
            Regression(), settings, training: weights, over: frozen, batches: batches)
        let again = try finder.sweep(
            Regression(), settings, training: weights, over: frozen, batches: batches)
        #expect(sweep == again)
        #expect(sweep.suggestion >= 1e-3 && sweep.suggestion < 10)
        var found = settings
        (found.rate, found.steps) = (sweep.suggestion, 150)
        found.schedule = .linear(total: 150)
        var state = try TrainingState(training: weights)
        var last: Float = .infinity
        _ = try Trainer(Regression(), found).run(
            &state, over: frozen, batches: batches,
            observe: { event in
                if case .step(let report) = event { last = report.loss }
            })
        #expect(last < 0.05)
    }
}
