internal import GRDB

extension RunStore {
    /// The layouts of the file, by name and in order. One that was published is never changed; another is added.
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("runs, steps, predictions, artifacts") { database in
            try createRuns(database)
            try createParts(database)
        }
        return migrator
    }()

    private static func createRuns(_ database: Database) throws {
        try database.create(table: "runs") { table in
            table.primaryKey("id", .text)
            table.column("kind", .text).notNull()
            table.column("name", .text).notNull()
            table.column("parent", .text).indexed().references("runs", onDelete: .cascade)
            table.column("reproduces", .text).indexed()
            table.column("identity", .text).indexed()
            table.column("status", .text).notNull()
            table.column("process", .integer).notNull()
            table.column("host", .text).notNull()
            table.column("started", .double).notNull().indexed()
            table.column("ended", .double)
            table.column("metric", .text)
            table.column("value", .double)
            table.column("command", .text).notNull()
            table.column("folder", .text).notNull()
            table.column("settings", .text).notNull()
            table.column("manifest", .text).notNull()
            table.column("report", .text)
            table.column("failure", .text)
        }
    }

    private static func createParts(_ database: Database) throws {
        try database.create(table: "steps", options: .withoutRowID) { table in
            table.column("run", .text).notNull().references("runs", onDelete: .cascade)
            table.column("step", .integer).notNull()
            for name in ["loss", "gradientNorm", "rate", "seconds", "dev"] { table.column(name, .double) }
            table.primaryKey(["run", "step"])
        }
        try database.create(table: "predictions", options: .withoutRowID) { table in
            table.column("run", .text).notNull().references("runs", onDelete: .cascade)
            table.column("split", .text).notNull()
            table.column("row", .integer).notNull()
            table.column("name", .text).notNull()
            table.column("expected", .text)
            table.column("label", .text).notNull()
            table.column("probabilities", .text).notNull()
            table.column("tokensCut", .integer).notNull()
            table.primaryKey(["run", "split", "row"])
        }
        try database.create(table: "artifacts", options: .withoutRowID) { table in
            table.column("run", .text).notNull().references("runs", onDelete: .cascade)
            table.column("name", .text).notNull()
            table.column("path", .text).notNull()
            table.column("bytes", .integer).notNull()
            table.column("sha256", .text).notNull()
            table.primaryKey(["run", "name"])
        }
        // Which runs have read which test rows: every reading makes the next score say less.
        try database.create(table: "readings", options: .withoutRowID) { table in
            table.column("fingerprint", .text).notNull()
            table.column("run", .text).notNull().references("runs", onDelete: .cascade)
            table.primaryKey(["fingerprint", "run"])
        }
    }
}
