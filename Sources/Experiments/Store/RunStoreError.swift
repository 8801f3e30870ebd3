/// A store of runs that cannot be used as it was asked to.
public enum RunStoreError: Error, Sendable, CustomStringConvertible {
    /// There is no store.
    case missing(String)
    /// The file cannot be opened, or is no store.
    case cannotOpen(String, reason: String)
    /// The store was written by a later version.
    case laterVersion(String, unknown: [String])
    /// What happened could not be written.
    case cannotWrite(String, reason: String)
    /// Another process kept the store to itself for longer than anyone waits.
    case busy(String, seconds: Int)
    /// No run has this name, or several begin with it.
    case noRun(String, store: String)
    case ambiguous(String, runs: [String])
    /// The run is still being made by a process that lives.
    case stillRunning(String, process: Int)
    /// A run cannot be made again.
    case cannotReproduce(String, reason: String)

    /// One sentence: what, where, and what to do.
    public var description: String {
        switch self {
        case .missing(let path):
            "\(path) is missing, so there are no runs; 'cloze train' and others make it, or give --store FILE"
        case .cannotOpen(let path, let reason):
            "\(path) cannot be opened as a store of runs: \(reason); give another --store, or --no-store to keep nothing"
        case .laterVersion(let path, let unknown):
            "\(path) was written by a later version of cloze (\(unknown.joined(separator: ", "))); update this one, "
                + "give another --store, or --no-store to keep nothing"
        case .cannotWrite(let path, let reason):
            "\(path) could not be written: \(reason); what was written before is whole"
        case .busy(let path, let seconds):
            "\(path) was kept busy by another process for \(seconds) seconds; try again when it has ended"
        case .noRun(let name, let store):
            "there is no run '\(name)' in \(store); 'cloze runs list --all' names them"
        case .ambiguous(let name, let runs):
            "'\(name)' may be any of \(runs.joined(separator: ", ")); write more of the name"
        case .stillRunning(let run, let process):
            "run \(run) is still being made by process \(process); wait for it, or end it"
        case .cannotReproduce(let run, let reason): "run \(run) cannot be made again: \(reason)"
        }
    }
}
