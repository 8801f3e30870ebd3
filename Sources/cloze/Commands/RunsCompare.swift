import ArgumentParser
import Experiments
import Foundation

/// `cloze runs compare`: in what two runs differ.
struct RunsCompare: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Say in what two runs differ: settings, surroundings, numbers, answers.")

    @OptionGroup var place: StorePlace

    @Argument(help: ArgumentHelp("A run.", valueName: "run"))
    var first: String

    @Argument(help: ArgumentHelp("Another run.", valueName: "run"))
    var second: String

    func run() throws {
        let store = try place.open()
        let difference = try RunDifference(store.run(named: first), store.run(named: second), in: store)
        if place.json { return try Stream.output.print(json: difference, of: "runs compare") }
        try Stream.output.print(difference.text)
    }
}

extension RunDifference {
    /// What is not the same, part by part; a part without differences is one line.
    var text: String {
        let parts = [("settings", settings), ("surroundings", environment), ("numbers", numbers)]
        let lines = parts.map { name, items -> String in
            guard !items.isEmpty else { return "\(name): the same" }
            let rows = items.map { "  \($0.name): \($0.first ?? "absent") | \($0.second ?? "absent")" }
            return ([name + ":"] + rows).joined(separator: "\n")
        }
        let trained =
            steps == 0 ? [] : ["\(steps) steps; losses differ by \(largestLossDifference) at most"]
        let chance =
            probabilityOfChance.map { "; \(Figures.probability($0)) if nothing but chance were at work" }
            ?? ""
        let answered =
            answers == 0
            ? []
            : [
                "\(answers) answers, \(differentAnswers) of them different; probabilities differ by "
                    + "\(largestProbabilityDifference) at most\(chance)"
            ]
        return (["first  \(first)", "second \(second)"] + lines + trained + answered).joined(separator: "\n")
    }
}
