import ArgumentParser
import Experiments
import Foundation

/// `cloze runs reproduce`: makes a run again and says what differs.
struct RunsReproduce: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproduce",
        abstract: "Make a run again, compare all its numbers, and say what differs.",
        discussion: """
            The run's own command is called again where it was called; what it leaves goes
            to a temporary folder. Ends with 101 where a number is not the same.
            """)

    @OptionGroup var place: StorePlace
    @Flag(name: .shortAndLong, help: "Say nothing on standard error but warnings and errors.")
    var quiet = false

    @Argument(help: ArgumentHelp("The run's name or its beginning, or 'last'.", valueName: "run"))
    var name: String

    func run() throws {
        let store = try place.open()
        let first = try store.run(named: name)
        let call = try ReproducingCall(first, store: place.url)
        let console = Console(quiet ? .quiet : .normal)
        console.note("cloze \(call.arguments.map(\.shellQuoted).joined(separator: " "))")
        try call.run()
        guard let second = try place.open().reproduction(of: first.id), second.status == .finished else {
            throw RunStoreError.cannotReproduce(first.id, reason: "its command ended without a result")
        }
        let difference = try RunDifference(first, second, in: place.open())
        if place.json {
            try Stream.output.print(json: difference, of: "runs reproduce")
        } else {
            let verdict = difference.isSame ? "All numbers are the same." : "Not all numbers are the same."
            try Stream.output.print(difference.text + "\n\n" + verdict)
        }
        guard difference.isSame else { throw RunDiffers(run: first.id) }
    }
}
