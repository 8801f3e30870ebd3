internal import Prompts
internal import Synchronization

/// The iterations of a search, kept for the report and told on.
final class IterationLog: Sendable {
    private let state = Mutex<[AutoPrompt.Iteration]>([])
    private let forward: @Sendable (AutoPrompt.Iteration) -> Void

    init(_ forward: @escaping @Sendable (AutoPrompt.Iteration) -> Void) { self.forward = forward }

    var all: [AutoPrompt.Iteration] { state.withLock { $0 } }

    func add(_ iteration: AutoPrompt.Iteration) {
        state.withLock { $0.append(iteration) }
        forward(iteration)
    }
}
