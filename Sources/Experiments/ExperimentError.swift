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

    /// There is no experiment file.
    case missingExperiment(String)
    /// An experiment file, or an override, cannot be read.
    case badFile(place: SettingPlace, reason: String)
    /// No such key; perhaps another was meant.
    case unknownKey(String, place: SettingPlace, nearest: String?)
    /// A key cannot have this value.
    case badValue(String, value: String, allowed: String, place: SettingPlace)
    /// An experiment lacks a key that it needs.
    case missingKey(String, reason: String)
    /// A budget does not pay for one evaluation.
    case budgetTooSmall(seconds: Double, needed: Double)
    /// A comparison is being made by another process.
    case alreadyRunning(run: String, process: Int)
    /// None of the methods that are named can be run.
    case nothingToCompare(String)

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
        case .missingExperiment(let path): "\(path) is missing or cannot be read; give an experiment file"
        case .badFile(let place, let reason): "\(place): \(reason)"
        case .unknownKey(let key, let place, let nearest):
            "\(place): there is no key '\(key)'"
                + (nearest.map { "; did you mean '\($0)'?" } ?? "; 'cloze explain' lists all keys")
        case .badValue(let key, let value, let allowed, let place):
            "\(place): '\(key)' is \(value), but must be \(allowed)"
        case .missingKey(let key, let reason): "the experiment has no '\(key)': \(reason)"
        case .budgetTooSmall(let seconds, let needed):
            "the budget of \(TimeText.written(seconds)) does not pay for one evaluation, which takes about "
                + "\(TimeText.written(needed)) here; give a larger --budget, or fewer test rows"
        case .alreadyRunning(let run, let process):
            "process \(process) is at work on the same comparison, run \(run); wait for it, or end it"
        case .nothingToCompare(let reason): reason
        }
    }
}
