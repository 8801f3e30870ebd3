import ArgumentParser

/// How many rows are drawn to learn from, by which seed, and how many are scored.
struct DrawOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many train rows a label has; dev, where it is used, gets as many.", valueName: "count"))
    var perLabel: Int = 16

    @Option(
        help: ArgumentHelp(
            "How many dev rows a label has; more than train rows is no true few-shot learning.",
            valueName: "count"))
    var devPerLabel: Int?

    @Option(
        help: ArgumentHelp(
            "Decides which rows are drawn, and all else that is left to chance.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Score the first so many test rows only.", valueName: "count"))
    var testRows: Int?

    func validate() throws {
        if perLabel < 0 { throw ValidationError("--per-label is \(perLabel); write 1 or more") }
        if let devPerLabel, devPerLabel < 1 {
            throw ValidationError("--dev-per-label is \(devPerLabel); write 1 or more")
        }
        if let testRows, testRows < 1 { throw ValidationError("--test-rows is \(testRows); write 1 or more") }
    }

    /// Only iPET learns without labelled rows.
    func requireTrainRows() throws {
        if perLabel < 1 { throw ValidationError("--per-label is \(perLabel); write 1 or more") }
    }
}
