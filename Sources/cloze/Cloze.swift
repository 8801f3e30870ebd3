import ArgumentParser
import Foundation

/// The command line: reads arguments, calls the rooms, prints what they answer.
@main
struct Cloze: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloze",
        abstract: "Teach a frozen language model new tasks through prompts.",
        discussion: """
            A first session:
              cloze fill --model MODEL 'The capital of France is {answer}'
              cloze train --model MODEL --task Examples/Data/sib200_en --output topics
              cloze predict --model MODEL --prompt topics 'The team won the final.'

            Results go to standard output, everything else to standard error.
            Every option may also be set by an environment variable:
            CLOZE_MODEL for --model, CLOZE_PER_LABEL for --per-label.

            \(ExitStatus.help)
            """,
        version: version,
        subcommands: [
            Train.self, Evaluate.self, Predict.self, Compile.self, Fill.self, Search.self, Pet.self,
            Compare.self, Run.self, Runs.self, Explain.self, Tokenize.self, Inspect.self, Doctor.self,
            Bench.self,
        ])

    static let version = "0.1.0"

    /// What the program was called with, the environment's options among it.
    static let arguments = (try? EnvironmentArguments().expand(called)) ?? called
    private static let called = Array(CommandLine.arguments.dropFirst())

    static func main() {
        // A reader that has gone, and a file that may not grow, are told to us by write(2), which says more than a
        // signal and leaves time to clean up.
        _ = signal(SIGPIPE, SIG_IGN)
        _ = signal(SIGXFSZ, SIG_IGN)
        do {
            let arguments = try EnvironmentArguments().expand(called)
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            Failure.end(error)
        }
    }
}
