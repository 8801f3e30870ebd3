import ArgumentParser
import Experiments

/// `cloze explain`: what may stand in an experiment file.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what a key of an experiment file means, or list all keys.",
        discussion: """
            EXAMPLES
              cloze explain
              cloze explain data.limit
              cloze explain methods.lora
              cloze explain soft-rows
            """)

    @Argument(help: ArgumentHelp("A key, the beginning of one, or its last word.", valueName: "key"))
    var key: String?

    @Flag(help: "Print one JSON document instead of text.")
    var json = false

    private struct Row: Encodable {
        let key, value, standard, summary, example: String
    }

    func run() throws {
        let keys = try ExperimentKey.explain(key)
        if json {
            let rows = keys.map {
                Row(
                    key: $0.path, value: $0.kind.description, standard: $0.standard, summary: $0.summary,
                    example: $0.example)
            }
            return try Stream.output.print(json: ["keys": rows], of: "explain")
        }
        let text =
            key == nil
            ? keys.map { "\($0.path)\n  \($0.summary)" }.joined(separator: "\n")
            : keys.map(\.explanation).joined(separator: "\n\n")
        try Stream.output.print(text)
    }
}
