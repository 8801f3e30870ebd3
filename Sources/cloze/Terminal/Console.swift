import Foundation
import Synchronization

/// Everything that is said on standard error: notes, warnings, progress.
///
/// On a terminal progress is one line that is drawn anew; elsewhere a plain line now and then, so that a log stays
/// readable. A message takes the bar away and the next step brings it back.
final class Console: Sendable {
    /// How much is said.
    enum Verbosity: Int, Sendable {
        case quiet, normal, verbose
    }

    /// What standard error is connected to.
    let terminal = Terminal(STDERR_FILENO)
    private let verbosity: Verbosity
    private let state = Mutex(State())

    private struct State: Sendable {
        var stage: Progress?
        var isBarShown = false
        var lastDrawn = 0.0
    }

    /// How many seconds lie between two drawings of the bar, and between two plain lines.
    private static let (redrawInterval, lineInterval) = (0.1, 10.0)

    init(_ verbosity: Verbosity) { self.verbosity = verbosity }

    /// Something good to know; silent with `--quiet`.
    func note(_ text: String) {
        if verbosity != .quiet { say(text) }
    }

    /// Something that only `--verbose` shows.
    func detail(_ text: String) {
        if verbosity == .verbose { say(terminal.styled(text, .dim)) }
    }

    /// Something that the user should know in any case.
    func warning(_ text: String) { say(terminal.styled("warning:", .yellow) + " " + text) }

    /// What ends the program.
    func error(_ text: String) { say(terminal.styled("error:", .red) + " " + text) }

    private func say(_ text: String) {
        state.withLock { state in
            clear(&state)
            // Nobody is left to tell if standard error is closed.
            try? Stream.messages.print(text)
        }
    }

    // MARK: Progress

    /// Begins a stage of so many units; what it is called ends up in front of the bar.
    func begin(_ name: String, total: Int?) {
        end()
        guard verbosity != .quiet else { return }
        state.withLock { state in
            state.stage = Progress(name: name, total: total, start: Self.now)
            state.lastDrawn = Self.now
            if terminal.isInteractive { draw(&state) }
        }
    }

    /// Tells that so many units are done, and perhaps a figure that goes with it.
    func advance(to done: Int, figure: String? = nil) {
        state.withLock { state in
            guard var stage = state.stage else { return }
            stage.advance(to: done, at: Self.now)
            if let figure { stage.figure = figure }
            state.stage = stage
            let interval = terminal.isInteractive ? Self.redrawInterval : Self.lineInterval
            guard Self.now - state.lastDrawn >= interval else { return }
            state.lastDrawn = Self.now
            if terminal.isInteractive {
                draw(&state)
            } else {
                try? Stream.messages.print(stage.line(at: Self.now))
            }
        }
    }

    /// Ends the stage; what it took stays as a line.
    func end() {
        state.withLock { state in
            guard let stage = state.stage else { return }
            clear(&state)
            state.stage = nil
            try? Stream.messages.print(terminal.styled(stage.summary(at: Self.now), .dim))
        }
    }

    private func draw(_ state: inout State) {
        guard let stage = state.stage else { return }
        try? Stream.messages.write("\r\u{1B}[K" + stage.bar(columns: terminal.columns, at: Self.now))
        state.isBarShown = true
    }

    private func clear(_ state: inout State) {
        guard state.isBarShown else { return }
        try? Stream.messages.write("\r\u{1B}[K")
        state.isBarShown = false
    }

    private static var now: Double { ProcessInfo.processInfo.systemUptime }
}
