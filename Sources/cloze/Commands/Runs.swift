import ArgumentParser

/// `cloze runs`: what was done before.
struct Runs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, show, compare, export, repeat and remove runs that were kept.",
        discussion: """
            train, evaluate, search, pet, compare and run keep what they do in a store,
            .cloze/runs.sqlite where they are called, unless --store or --no-store says
            otherwise. A run is named by the beginning of its name, or as 'last'.

            EXAMPLES
              cloze runs list
              cloze runs show last
              cloze runs compare 20261124-1819 last
              cloze runs reproduce last
            """,
        subcommands: [
            RunsList.self, RunsShow.self, RunsCompare.self, RunsExport.self, RunsReproduce.self,
            RunsRemove.self,
        ])
}

/// Which store is looked at.
struct StorePlace: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where the runs are kept; .cloze/runs.sqlite here by default.", valueName: "file"))
    var store: String?

    @Flag(help: "Print one JSON document instead of text.")
    var json = false
}
