import Foundation

/// The built program, run as a user runs it.
struct Program: Sendable {
    /// What a run left.
    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let messages: String

        /// The output as a JSON document.
        func json() throws -> [String: Any] {
            let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return object as? [String: Any] ?? [:]
        }
    }

    /// Variables that are set beside those that every run has.
    var environment: [String: String] = [:]
    /// Where the program runs; relative paths begin there.
    var folder: URL

    init(in folder: URL, environment: [String: String] = [:]) {
        self.folder = folder
        self.environment = environment
    }

    /// Runs `cloze` with arguments to its end.
    func run(_ arguments: [String], input: Data = Data()) throws -> Outcome {
        try finish(start(Self.executable, arguments, input: input))
    }

    /// Runs a line of the shell in which `$CLOZE` is the program.
    func shell(_ line: String) throws -> Outcome {
        try finish(start(URL(fileURLWithPath: "/bin/sh"), ["-c", line], input: Data()))
    }

    /// A program that runs; its streams go to files, so that no pipe can fill up.
    struct Running {
        let process: Process
        let output: URL
        let messages: URL
    }

    func start(_ arguments: [String]) throws -> Running {
        try start(Self.executable, arguments, input: Data())
    }

    func finish(_ running: Running) throws -> Outcome {
        running.process.waitUntilExit()
        return Outcome(
            status: running.process.terminationStatus,
            output: String(decoding: try Data(contentsOf: running.output), as: UTF8.self),
            messages: String(decoding: try Data(contentsOf: running.messages), as: UTF8.self))
    }

    private func start(_ executable: URL, _ arguments: [String], input: Data) throws -> Running {
        let streams = folder.appendingPathComponent(".streams-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: streams, withIntermediateDirectories: true)
        let files = ["in", "out", "err"].map { streams.appendingPathComponent($0) }
        for (file, contents) in zip(files, [input, Data(), Data()]) { try contents.write(to: file) }
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": folder.path, "COLUMNS": "80", "CLOZE": Self.executable.path,
        ].merging(environment) { _, given in given }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        return Running(process: process, output: files[1], messages: files[2])
    }

    /// Runs another program that the build makes, to its end.
    func run(example name: String, _ arguments: [String]) throws -> Outcome {
        let place = Self.executable.deletingLastPathComponent().appendingPathComponent(name)
        return try finish(start(place, arguments, input: Data()))
    }

    /// The program lies beside the tests.
    private static let executable: URL = {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
        let folder = bundle?.bundleURL.deletingLastPathComponent() ?? Bundle.main.bundleURL
        return folder.appendingPathComponent("cloze")
    }()
}
