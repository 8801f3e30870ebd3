import ArgumentParser

/// How many rows are drawn to learn from, by which seed, and how many are scored.
struct DrawOptions: ParsableArguments {
    @Option(
        name: .customLong("per-label"),
        help: ArgumentHelp(
            "How many train rows a label has, 16 by default; dev, where it is used, gets as many.",
            valueName: "count"))
    var givenPerLabel: Int?

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

    var perLabel: Int { givenPerLabel ?? 16 }

    func validate() throws {
        if perLabel < 0 { throw ValidationError("--per-label is \(perLabel); write 1 or more") }
        if let devPerLabel, devPerLabel < 1 {
            throw ValidationError("--dev-per-label is \(devPerLabel); write 1 or more")
        }
        if let testRows, testRows < 1 { throw ValidationError("--test-rows is \(testRows); write 1 or more") }
    }

    /// Tags, spans and texts have no labels to draw rows of.
    func refuseLabelCounts(_ readout: String) throws {
        for (name, value) in [("per-label", givenPerLabel), ("dev-per-label", devPerLabel)] where value != nil
        {
            throw UsageError(
                "--\(name) draws rows of each label, and the readout \(readout) has none; "
                    + "write --train-rows and --dev-rows")
        }
    }

    /// Only iPET learns without labelled rows.
    func requireTrainRows() throws {
        if perLabel < 1 { throw ValidationError("--per-label is \(perLabel); write 1 or more") }
    }
}
