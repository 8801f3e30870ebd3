import Dispatch
import Foundation
import Synchronization
import Training

/// Ctrl-C: the first asks a run to stop after the step at hand, the second ends the process at once.
///
/// Where there is nothing to keep, the first ends the process too.
final class Interrupt: Sendable {
    /// Raised by the first Ctrl-C.
    let stop = StopSignal()
    private let console: Console
    private let canStop = Mutex(false)

    init(_ console: Console) { self.console = console }

    /// Begins to listen; SIGTERM is taken for Ctrl-C, so that a job scheduler's end keeps the work too.
    func listen() {
        for number in [SIGINT, SIGTERM] {
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(
                signal: number, queue: .global(qos: .userInteractive))
            // The handler keeps the source alive, and with it us, for as long as the process lives.
            source.setEventHandler { [self] in
                react()
                _ = source
            }
            source.resume()
        }
    }

    /// Says whether a step is under way, after which a run can stop.
    func allowsStopping(_ allowed: Bool) { canStop.withLock { $0 = allowed } }

    private func react() {
        guard canStop.withLock({ $0 }), !stop.isRaised else {
            console.end()
            _exit(ExitStatus.interrupted.rawValue)
        }
        stop.raise()
        console.warning("stopping after this step; press Ctrl-C again to stop at once")
    }
}
