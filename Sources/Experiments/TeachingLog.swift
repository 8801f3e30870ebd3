internal import Foundation
internal import Prompts
internal import Synchronization
internal import Training

/// What a method said while it worked, for the report.
final class TeachingLog: Sendable {
    private struct State: Sendable {
        var rate: Float = 0
        var losses: [Float] = []
        var devScore: Double?
        var warnings: [String] = []
        var trainable = 0
        var stepSeconds: [Double] = []
        var earlierSeconds = 0.0
    }

    private let state = Mutex(State())
    private let forward: @Sendable (TeachingEvent) -> Void

    init(forwarding forward: @escaping @Sendable (TeachingEvent) -> Void) { self.forward = forward }

    /// How many numbers were trained.
    var trainable: Int { state.withLock(\.trainable) }
    /// The median time of a step, the first left out where there are more; 0 without steps.
    var stepSeconds: Double {
        let seconds = state.withLock(\.stepSeconds)
        let ordered = (seconds.count > 1 ? Array(seconds.dropFirst()) : seconds).sorted()
        return ordered.isEmpty ? 0 : ordered[ordered.count / 2]
    }
    /// How long a run that this one goes on with had trained.
    var earlierSeconds: Double { state.withLock(\.earlierSeconds) }
    var rate: Float { state.withLock(\.rate) }
    var losses: [Float] { state.withLock(\.losses) }
    var devScore: Double? { state.withLock(\.devScore) }
    var warnings: [String] { state.withLock(\.warnings) }

    func add(_ event: MethodEvent) {
        state.withLock { state in
            switch event {
            case .trainable(let count): state.trainable = count
            case .rate(let rate, _): state.rate = rate
            case .wentOn(_, let losses, let seconds): (state.losses, state.earlierSeconds) = (losses, seconds)
            case .step(let report, _):
                state.losses.append(report.loss)
                state.stepSeconds.append(report.seconds)
            case .evaluation: break
            case .chosen(_, let score): state.devScore = score
            case .warning(let warning): state.warnings.append(warning)
            }
        }
        forward(.method(event))
        if case .step(let report, _) = event { forward(.progress(report.step)) }
    }
}

extension TrainingCheckpoint {
    /// A place for the state of a teaching run; it is told of before a state is written.
    ///
    /// - Parameter parts: everything that the result depends on.
    init(_ url: URL, madeOf parts: [String], telling report: @escaping @Sendable (TeachingEvent) -> Void) {
        self.init(url, identity: parts.joined(separator: "\n"))
        beforeSaving = { report(.saving) }
    }
}
