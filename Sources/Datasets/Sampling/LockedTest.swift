import Synchronization

/// Test rows behind a lock: each run reads them once, and every reading is counted.
///
/// A score on rows that were looked at again and again says little about new rows. The count stands beside the score
/// in reports, so that a reader can judge it.
public final class LockedTest: Sendable {
    /// What outlives the process: which rows, and how often and by whom they were read.
    public struct Record: Hashable, Codable, Sendable {
        /// Changes when any row does.
        public let fingerprint: String
        /// The runs that read the rows, in order, each once.
        public private(set) var runs: [String]

        /// How often the rows were read.
        public var reads: Int { runs.count }

        fileprivate mutating func add(_ run: String) { runs.append(run) }

        fileprivate init(fingerprint: String) {
            self.fingerprint = fingerprint
            runs = []
        }
    }

    /// The name that reports print.
    public let name: String
    /// How many rows there are, which may be known without reading them.
    public let count: Int
    /// The labels that the rows may carry.
    public let labels: [String]
    private let dataset: Dataset
    private let state: Mutex<Record>

    /// Locks rows away.
    ///
    /// - Parameters:
    ///   - dataset: the rows.
    ///   - record: what ``record`` was at the end of the last process; nil for rows that were never read.
    /// - Throws: ``DatasetError/testChanged(test:expected:found:)`` if the record belongs to other rows.
    public init(_ dataset: Dataset, record: Record? = nil) throws(DatasetError) {
        let fingerprint = StableHash.fingerprint(dataset)
        if let record, record.fingerprint != fingerprint {
            throw .testChanged(test: dataset.name, expected: record.fingerprint, found: fingerprint)
        }
        name = dataset.name
        count = dataset.examples.count
        labels = dataset.labels
        self.dataset = dataset
        state = Mutex(record ?? Record(fingerprint: fingerprint))
    }

    /// Hands out the rows, and counts it.
    ///
    /// - Throws: ``DatasetError/testAlreadyRead(test:run:)`` if `run` had them before; nothing is counted then.
    public func open(for run: String) throws(DatasetError) -> Dataset {
        let isNew = state.withLock { record in
            guard !record.runs.contains(run) else { return false }
            record.add(run)
            return true
        }
        guard isNew else { throw .testAlreadyRead(test: name, run: run) }
        return dataset
    }

    /// What to store, so that the next process goes on counting.
    public var record: Record { state.withLock { $0 } }

    /// The rows for ``DataReport``, which compares texts and scores nothing, so it counts as no reading.
    var rowsForChecks: Dataset { dataset }
}
