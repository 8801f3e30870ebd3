import Foundation

/// What a stream is connected to, and what the user's environment asks of it.
struct Terminal: Sendable {
    /// Whether a person watches, on a terminal that can move its cursor.
    let isInteractive: Bool
    /// Whether colours are wanted: `NO_COLOR` wins over `CLICOLOR_FORCE`, which wins over what the stream is.
    let hasColour: Bool
    /// How many columns a line has.
    let columns: Int

    /// Looks at a file descriptor and the environment.
    init(_ descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
        isInteractive = isatty(descriptor) == 1 && environment["TERM"] != "dumb"
        let isForced = environment["CLICOLOR_FORCE"].map { !$0.isEmpty && $0 != "0" } ?? false
        let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        hasColour = !isRefused && (isForced || isInteractive)
        columns = Self.columns(descriptor) ?? environment["COLUMNS"].flatMap { Int($0) } ?? 80
    }

    private static func columns(_ descriptor: Int32) -> Int? {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Text in a style, where colours are wanted.
    func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// How text may look; the numbers are those of ECMA-48.
    enum Style: Int {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
        case cyan = 36
    }
}
