internal import Foundation
internal import GRDB

extension RunStore {
    /// The runs, the newest first.
    ///
    /// - Parameters:
    ///   - kind: only those of a subcommand.
    ///   - includesTrials: also the trials of comparisons.
    ///   - limit: how many at most.
    public func runs(
        kind: String? = nil, includesTrials: Bool = false, limit: Int = 1_000_000
    ) throws(RunStoreError) -> [RunRecord] {
        try read { database in
            var request = RunRecord.all.order(Column("started").desc, Column("id").desc).limit(limit)
            if let kind { request = request.filter(Column("kind") == kind) }
            if !includesTrials { request = request.filter(Column("parent") == nil) }
            return try request.records(database)
        }
    }

    /// The run of a name: all of it, its beginning if no other run begins so, or `last`.
    ///
    /// - Throws: ``RunStoreError/noRun(_:store:)``, ``RunStoreError/ambiguous(_:runs:)``.
    public func run(named name: String) throws(RunStoreError) -> RunRecord {
        if name == "last" {
            guard let last = try runs(limit: 1).first else { throw .noRun(name, store: path) }
            return last
        }
        let escaped = name.filter { $0.isASCII && ($0.isNumber || $0.isLetter || $0 == "-") }
        guard escaped == name, !name.isEmpty else { throw .noRun(name, store: path) }
        let found = try read { database in
            try RunRecord.all.filter(Column("id").like(name + "%")).order(Column("id")).records(database)
        }
        if let exact = found.first(where: { $0.id == name }) { return exact }
        guard let first = found.first else { throw .noRun(name, store: path) }
        guard found.count == 1 else { throw .ambiguous(name, runs: found.prefix(4).map(\.id)) }
        return first
    }

    /// The trials of a comparison, in the order in which they began.
    public func trials(of run: RunRecord.ID) throws(RunStoreError) -> [RunRecord] {
        try read { database in
            try RunRecord.all.filter(Column("parent") == run).order(Column("started"), Column("id"))
                .records(database)
        }
    }

    /// The steps of a run, in order.
    public func steps(of run: RunRecord.ID) throws(RunStoreError) -> [StepRecord] {
        try read { try StepRecord.all.filter(Column("run") == run).order(Column("step")).records($0) }
    }

    /// The answers of a run, in the rows' order.
    public func predictions(of run: RunRecord.ID) throws(RunStoreError) -> [PredictionRecord] {
        try read {
            try PredictionRecord.all.filter(Column("run") == run).order(Column("split"), Column("row"))
                .records($0)
        }
    }

    /// What a run has left.
    public func artifacts(of run: RunRecord.ID) throws(RunStoreError) -> [ArtifactRecord] {
        try read { try ArtifactRecord.all.filter(Column("run") == run).order(Column("name")).records($0) }
    }

    /// The newest run that was made to reproduce another.
    public func reproduction(of run: RunRecord.ID) throws(RunStoreError) -> RunRecord? {
        try read { database in
            try RunRecord.all.filter(Column("reproduces") == run).order(
                Column("started").desc, Column("id").desc
            )
            .fetchOne(database)?.record
        }
    }

    /// The newest run of an identity, unless it is finished.
    func unfinished(identity: String, kind: String) throws(RunStoreError) -> RunRecord? {
        try run(identity: identity, kind: kind).flatMap { $0.status == .finished ? nil : $0 }
    }

    /// The newest run of an identity.
    func run(identity: String, kind: String) throws(RunStoreError) -> RunRecord? {
        try read { database in
            try RunRecord.all.filter(Column("identity") == identity && Column("kind") == kind)
                .order(Column("started").desc, Column("id").desc).fetchOne(database)?.record
        }
    }

    /// Removes runs with their trials and everything that is kept of them; the files that they have left stay.
    ///
    /// - Throws: ``RunStoreError/stillRunning(_:process:)``; nothing is removed then.
    public func remove(_ runs: [RunRecord]) throws(RunStoreError) {
        for run in runs where run.isAlive { throw .stillRunning(run.id, process: run.process) }
        try write { database in
            for run in runs { _ = try Stored<RunRecord>.deleteOne(database, key: run.id) }
        }
    }

    /// Counts that a run has read test rows, each run once.
    ///
    /// - Returns: how many runs of this store have read them with this one.
    func countReading(of fingerprint: String, by run: RunRecord.ID) throws(RunStoreError) -> Int {
        try write { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO readings (fingerprint, run) VALUES (?, ?)",
                arguments: [fingerprint, run])
            return try Int.fetchOne(
                database, sql: "SELECT COUNT(*) FROM readings WHERE fingerprint = ?", arguments: [fingerprint]
            ) ?? 1
        }
    }
}

extension RunRecord {
    /// How it stands, said by whether its process still lives: a killed process could not say it itself.
    public var standing: String { status == .running && !isAlive ? "interrupted" : status.rawValue }

    /// Whether a process of this machine is still at work on it.
    public var isAlive: Bool {
        guard status == .running, host == Self.thisHost else { return false }
        return kill(pid_t(truncatingIfNeeded: process), 0) == 0 || errno == EPERM
    }

    static var thisHost: String { ProcessInfo.processInfo.hostName }

    /// A name for a run that begins now.
    static func newID(_ date: Date = Date()) -> String {
        let letters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        let chance = String((0..<4).map { _ in letters[Int.random(in: letters.indices)] })
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        func two(_ value: Int?) -> String { (value ?? 0) < 10 ? "0\(value ?? 0)" : "\(value ?? 0)" }
        return "\(parts.year ?? 0)\(two(parts.month))\(two(parts.day))-"
            + "\(two(parts.hour))\(two(parts.minute))\(two(parts.second))-\(chance)"
    }
}
