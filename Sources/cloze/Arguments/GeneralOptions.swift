import ArgumentParser
import Tensors

/// What every subcommand understands.
struct GeneralOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Say nothing on standard error but warnings and errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more on standard error.")
    var verbose = false

    @Flag(help: "Print one JSON document instead of text.")
    var json = false

    @Option(help: ArgumentHelp("How many threads compute; 0 is one a processor.", valueName: "count"))
    var threads: Int?

    func validate() throws {
        if let threads, threads < 0 { throw ValidationError("--threads is \(threads); write 0 or more") }
        if quiet, verbose { throw ValidationError("--quiet and --verbose exclude each other") }
    }

    /// What speaks on standard error, and the threads set up.
    func begin() -> Console {
        if let threads { CPUBackend.setThreads(threads) }
        return Console(quiet ? .quiet : verbose ? .verbose : .normal)
    }
}
