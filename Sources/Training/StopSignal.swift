import Synchronization

/// A flag that asks a run to end after the step at hand; Ctrl-C or a button may raise it from any thread.
public final class StopSignal: Sendable {
    private let flag = Atomic(false)

    /// A flag that is not raised.
    public init() {}

    /// Asks the run to end.
    public func raise() { flag.store(true, ordering: .relaxed) }

    /// Whether the run was asked to end.
    public var isRaised: Bool { flag.load(ordering: .relaxed) }
}
