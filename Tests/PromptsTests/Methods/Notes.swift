import Prompts
import Synchronization
import Training

/// What a run reported, in order.
final class Notes: Sendable {
    private struct State {
        var steps: [StepReport] = []
        var evaluations: [EvaluationReport] = []
        var warnings: [String] = []
        var rates: [Float] = []
        var chosen: [Int] = []
        var trainable = 0
        var earlierLosses: [Float] = []
    }

    private let state = Mutex(State())

    var losses: [Float] { state.withLock { $0.steps.map(\.loss) } }
    var steps: [Int] { state.withLock { $0.steps.map(\.step) } }
    var evaluations: [EvaluationReport] { state.withLock(\.evaluations) }
    var warnings: [String] { state.withLock(\.warnings) }
    var rates: [Float] { state.withLock(\.rates) }
    var earlierLosses: [Float] { state.withLock(\.earlierLosses) }
    var trainable: Int { state.withLock(\.trainable) }
    var chosen: [Int] { state.withLock(\.chosen) }

    func add(_ event: MethodEvent) {
        state.withLock { state in
            switch event {
            case .trainable(let count): state.trainable = count
            case .rate(let rate, _): state.rates.append(rate)
            case .wentOn(_, let losses, _): state.earlierLosses = losses
            case .step(let report, _): state.steps.append(report)
            case .evaluation(let report): state.evaluations.append(report)
            case .chosen(let step, _): state.chosen.append(step)
            case .warning(let text): state.warnings.append(text)
            }
        }
    }
}
