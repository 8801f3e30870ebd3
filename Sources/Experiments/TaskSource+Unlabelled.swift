internal import Datasets
internal import Foundation
internal import Prompts

extension TaskSource {
    /// Rows without labels: those of a file, or the pool's that were not drawn. Labels that a file has, of this task or
    /// of another, are not read.
    ///
    /// - Parameters:
    ///   - file: rows of this task; nil for the pool's.
    ///   - split: what was drawn from the pool.
    ///   - limit: how many are taken at most.
    /// - Throws: ``ExperimentError/badTask(_:_:)`` where the file's rows lack a field of the template; `DatasetError`.
    func unlabelled(_ file: URL?, beside split: FewShotSplit, limit: Int = .max) throws -> [Example] {
        let examples: [Example]
        if let file {
            examples = try unlabelled(file)
        } else {
            // The dev rows are for choosing: they stay unread.
            let drawn = Set(split.trainRows + split.devRows)
            examples = try rows(pool).examples.enumerated().filter { !drawn.contains($0.offset) }
                .map(\.element)
        }
        return examples.prefix(limit).map { Example(fields: $0.fields) }
    }

    private func unlabelled(_ file: URL) throws -> [Example] {
        var mapping = mapping
        (mapping.labels, mapping.needsLabel) = (nil, false)
        let rows = try Dataset(contentsOf: file, mapping: mapping)
        try template.check(fields: rows.examples.first.map { $0.fields.keys.sorted() } ?? [])
        for (index, example) in rows.examples.enumerated() {
            if let absent = template.fieldNames.first(where: { example.fields[$0] == nil }) {
                throw ExperimentError.badTask(
                    file.path, "\(rows.rowName(index)) has no field '\(absent)', which the template reads")
            }
        }
        return rows.examples
    }
}
