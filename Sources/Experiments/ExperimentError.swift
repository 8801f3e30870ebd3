/// A task or a run that cannot be set up.
public enum ExperimentError: Error, Sendable, CustomStringConvertible {
    /// There is no task file.
    case missingTask(String)
    /// The task file or folder lacks something or is wrong.
    case badTask(String, String)
    /// A run needs rows that were not given.
    case noTestRows(String)
    /// A run that learns has no labelled rows to learn from.
    case noTrainRows(String)
    /// A readout that gives labels where rows are answered with their own.
    case badReadout(String)
    /// A gate is not of the form `metric>=number`.
    case badGate(String)

    /// One sentence: what, where, and what to do.
    public var description: String {
        switch self {
        case .missingTask(let path):
            "\(path) is missing; a task folder holds task.json, pool.jsonl and test.jsonl"
        case .badTask(let path, let reason): "\(path): \(reason)"
        case .noTestRows(let name): "the task '\(name)' has no test rows; give --test FILE"
        case .noTrainRows(let name):
            "'\(name)' is to be learned from no labelled row; only iPET starts without any"
        case .badReadout(let name):
            "the readout \(name) gives labels; tagger, span and text answer rows with their own"
        case .badGate(let text):
            "'\(text)' is no gate; write a metric, >= or >, and a number, such as accuracy>=0.85"
        }
    }
}
