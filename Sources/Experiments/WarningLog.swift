internal import Synchronization

/// Warnings of a run, in order, each once.
final class WarningLog: Sendable {
    private let state = Mutex<[String]>([])

    var all: [String] { state.withLock { $0 } }

    func add(_ warning: String) {
        state.withLock { if !$0.contains(warning) { $0.append(warning) } }
    }
}
