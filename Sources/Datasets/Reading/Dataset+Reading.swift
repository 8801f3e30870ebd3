public import Foundation

extension Dataset {
    /// How many bad rows an error shows before it only counts them.
    static let shownFaults = 20

    /// Reads all rows of a file.
    ///
    /// Every row is read even after a bad one, so that one run shows all that is wrong. A byte-order mark, CRLF and
    /// empty lines are accepted; numbers and truth values become text as they are written.
    ///
    /// - Parameters:
    ///   - file: the file; only its extension and its contents matter.
    ///   - format: how the rows are written; nil asks the file's extension.
    ///   - mapping: which column is which field, and what the labels are.
    ///   - name: what reports call the dataset; nil takes the file's name without its extension.
    ///   - metric: how answers will be judged.
    /// - Throws: ``DatasetError/rows(_:total:)``, ``DatasetError/empty(file:)``,
    ///   ``DatasetError/unreadable(file:reason:)``, ``DatasetError/unknownFormat(file:)``.
    public init(
        contentsOf file: URL, format: DataFormat? = nil, mapping: RowMapping = RowMapping(),
        name: String? = nil,
        metric: Metric = .accuracy,
    ) throws(DatasetError) {
        let format = if let format { format } else { try DataFormat(of: file) }
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw .unreadable(file: file.relativePath, reason: error.localizedDescription)
        }
        let stream = ExampleStream(data, format: format, mapping: mapping, file: file.relativePath)
        try self.init(
            stream, name: name ?? file.deletingPathExtension().lastPathComponent, file: file.relativePath,
            metric: metric)
    }

    /// Reads all rows of a stream, with the errors that reading a file has.
    ///
    /// A stream without rows is an error that calls it `file`.
    /// - Throws: ``DatasetError/rows(_:total:)``, ``DatasetError/empty(file:)``,
    ///   ``DatasetError/unreadable(file:reason:)``.
    public init(
        _ stream: ExampleStream, name: String, file: String = "standard input", metric: Metric = .accuracy,
    ) throws(DatasetError) {
        var stream = stream
        var examples: [Example] = []
        var faults: [RowFault] = []
        var total = 0
        var reading = true
        while reading {
            do throws(DatasetError) {
                guard let example = try stream.next() else {
                    reading = false
                    continue
                }
                examples.append(example)
            } catch .rows(let bad, let count) {
                total += count
                faults.append(contentsOf: bad.prefix(Self.shownFaults - faults.count))
            }
        }
        guard total == 0 else { throw .rows(faults, total: total) }
        guard !examples.isEmpty else { throw .empty(file: file) }
        try self.init(name: name, labels: stream.labels, examples: examples, metric: metric)
    }
}
