import ArgumentParser
import Experiments
import Foundation

/// `cloze runs export`: a run as plain files.
struct RunsExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract:
            "Write a run as JSON, JSON lines and a file of events that TensorBoard reads; a comparison with its report."
    )

    @OptionGroup var place: StorePlace

    @Argument(help: ArgumentHelp("The run's name or its beginning, or 'last'.", valueName: "run"))
    var name: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The folder, which is made.", valueName: "folder"))
    var output: String

    @Flag(help: "Leave the texts of rows out of a comparison's report.")
    var noTexts = false

    func run() throws {
        let store = try place.open()
        let found = try store.run(named: name)
        try RunExport(store, showsTexts: !noTexts).write(found, to: URL(fileURLWithPath: output))
        if place.json {
            return try Stream.output.print(json: ["run": found.id, "output": output], of: "runs export")
        }
        try Stream.output.print("run \(found.id) is in \(output)")
    }
}
