public import Foundation

/// The command that makes a run again: its own, but for where it leaves things.
public struct ReproducingCall: Sendable {
    /// The arguments behind `cloze`.
    public let arguments: [String]
    private let record: RunRecord
    private let output: URL

    /// Options that say where something is left, with a value; they are dropped, and a new place is given for what must
    /// have one.
    private static let places: Set<String> = [
        "--output", "-o", "--save", "--predictions", "--reliability", "--store", "--reproduces",
    ]
    /// Switches that are dropped.
    private static let switches: Set<String> = [
        "--force", "--json", "--no-store", "--resume", "--no-resume", "--quiet", "-q", "--verbose", "-v",
    ]

    /// A call.
    ///
    /// - Throws: ``RunStoreError/cannotReproduce(_:reason:)`` for a trial, and where the run's folder or data are gone.
    public init(_ run: RunRecord, store: URL) throws(RunStoreError) {
        record = run
        output = FileManager.default.temporaryDirectory.appendingPathComponent("cloze-\(UUID().uuidString)")
        guard let command = run.command.first, run.parent == nil else {
            let parent = run.parent ?? "its comparison"
            throw .cannotReproduce(run.id, reason: "it is a part of \(parent), which can be")
        }
        guard !run.isAlive else { throw .stillRunning(run.id, process: run.process) }
        guard run.status == .finished else {
            throw .cannotReproduce(run.id, reason: "it was never finished (\(run.standing))")
        }
        guard FileManager.default.fileExists(atPath: run.folder) else {
            throw .cannotReproduce(run.id, reason: "\(run.folder), where it was called, is no longer there")
        }
        let kept = Self.kept(Array(run.command.dropFirst()))
        let left = ["train", "search"].contains(command) || run.command.contains { Self.isOutput($0) }
        let mayLeave = command != "evaluate"
        let resumes = ["train", "search", "compare", "run"].contains(command) ? ["--no-resume"] : []
        arguments =
            [command] + kept.before + resumes + ["--store", store.standardizedFileURL.path]
            + ["--reproduces", run.id, "--quiet"] + (left && mayLeave ? ["--output", output.path] : [])
            + kept.after
    }

    private static func isOutput(_ argument: String) -> Bool {
        argument == "-o" || argument == "--output" || argument.hasPrefix("--output=")
    }

    /// The arguments that stay, in front of `--` and from it on.
    private static func kept(_ arguments: [String]) -> (before: [String], after: [String]) {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        var (kept, isValue) = ([String](), false)
        for argument in arguments[..<end] {
            let name = argument.prefix { $0 != "=" }
            if isValue {
                isValue = false
            } else if places.contains(String(name)) {
                isValue = name.count == argument.count
            } else if !switches.contains(argument) {
                kept.append(argument)
            }
        }
        return (kept, Array(arguments[end...]))
    }

    /// Calls the program again and waits; what it prints is thrown away, what it complains about is not.
    ///
    /// - Throws: ``RunStoreError/cannotReproduce(_:reason:)`` where the program cannot be called or ends with an error.
    public func run() throws(RunStoreError) {
        defer { try? FileManager.default.removeItem(at: output) }
        let process = Process()
        process.executableURL = Bundle.main.executableURL
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: record.folder)
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CLOZE_") }
        process.standardOutput = FileHandle.nullDevice
        do { try process.run() } catch {
            throw RunStoreError.cannotReproduce(
                record.id, reason: "the program cannot be called: \(error.localizedDescription)")
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw RunStoreError.cannotReproduce(
                record.id, reason: "its command ended with \(process.terminationStatus)")
        }
    }
}
