import ArgumentParser
import Experiments
import Foundation

/// `cloze runs remove`: forgets runs.
struct RunsRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove runs from the store; prompts and reports that they have left stay.")

    @OptionGroup var place: StorePlace

    @Argument(help: ArgumentHelp("The runs' names or their beginnings.", valueName: "run"))
    var runs: [String]

    func run() throws {
        guard FileManager.default.fileExists(atPath: place.url.path) else {
            throw RunStoreError.missing(place.url.path)
        }
        let store = try RunStore(place.url)
        let found = try runs.map { try store.run(named: $0) }
        try store.remove(found)
        if place.json {
            return try Stream.output.print(json: ["removed": found.map(\.id)], of: "runs remove")
        }
        try Stream.output.print("removed \(found.map(\.id).joined(separator: ", "))")
    }
}
