import Foundation
import TestSupport
import Testing

@Suite struct HelpTests {
    @Test(arguments: [
        "train", "evaluate", "predict", "compile", "fill", "search", "pet", "compare", "run", "runs",
        "explain",
        "tokenize", "inspect", "doctor", "bench",
    ])
    func `the help of a subcommand is as it was read`(command: String) throws {
        let place = try Workplace()
        let outcome = try place.cloze("help", command)
        #expect(outcome.status == 0)
        #expect(outcome.messages.isEmpty)
        try Snapshots.expect(outcome.output, named: "help/\(command)", in: place)
    }

    @Test(arguments: ["list", "show", "compare", "export", "reproduce", "remove"])
    func `the help of a subcommand of runs is as it was read`(command: String) throws {
        let place = try Workplace()
        try Snapshots.expect(
            place.cloze("help", "runs", command).output, named: "help/runs-\(command)", in: place)
    }

    @Test func `the help of the program is as it was read`() throws {
        let place = try Workplace()
        let outcome = try place.cloze("--help")
        #expect(outcome.status == 0)
        try Snapshots.expect(outcome.output, named: "help/cloze", in: place)
    }

    @Test func `the files that the help names are there`() throws {
        let place = try Workplace()
        let commands = [
            "train", "evaluate", "predict", "compile", "fill", "search", "pet", "compare", "run", "runs",
            "explain",
            "tokenize", "inspect", "doctor", "bench",
        ]
        let texts = try commands.map { try place.cloze("help", $0).output } + [place.cloze("--help").output]
        let named = texts.joined().split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("Examples/") }
        #expect(!named.isEmpty)
        for path in Set(named) {
            let file = Golden.folder.appendingPathComponent("../../\(path)")
            #expect(FileManager.default.fileExists(atPath: file.path), "\(path)")
        }
    }

    @Test func `a version is three numbers`() throws {
        let outcome = try Workplace().cloze("--version")
        #expect(outcome.status == 0)
        #expect(outcome.output.split(separator: ".").count == 3)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions name every subcommand`(shell: String) throws {
        let outcome = try Workplace().cloze("--generate-completion-script", shell)
        #expect(outcome.status == 0)
        for command in [
            "train", "evaluate", "predict", "compile", "fill", "search", "pet", "compare", "run", "runs",
            "explain",
            "tokenize", "inspect", "doctor",
        ] {
            #expect(outcome.output.contains(command))
        }
    }

    @Test func `a wrong option exits with 64 and says so on standard error`() throws {
        let outcome = try Workplace().cloze("tokenize", "--model", "x", "--modle", "x")
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.messages.contains("--modle"))
    }
}
