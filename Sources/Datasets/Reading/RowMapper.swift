/// Why a row is not an example.
struct RowRefusal: Error {
    let fault: RowFault
}

/// Gives the columns of rows their meaning: fields, label, id.
struct RowMapper {
    private let mapping: RowMapping
    private let file: String
    private let fieldOfColumn: [String: String]
    private let hidden: Set<String>
    private let names: [String: String]
    private let closed: Bool
    private var known: Set<String>
    private var columnsChecked = false
    /// The labels in order: those known beforehand, or those met so far.
    private(set) var labels: [String]

    init(_ mapping: RowMapping, file: String) {
        self.mapping = mapping
        self.file = file
        fieldOfColumn = Dictionary(mapping.columns.map { ($1, $0) }, uniquingKeysWith: { min($0, $1) })
        hidden = Set(mapping.columns.keys)
        names = Dictionary(
            mapping.labelNames.map { ($0.value, $0.name) }, uniquingKeysWith: { first, _ in first })
        closed = mapping.knownLabels != nil
        labels = mapping.knownLabels ?? []
        known = Set(labels)
    }

    /// The example that a row is; `columns` is the header of a CSV or TSV file, in which mapped columns must stand.
    mutating func example(_ row: RawRow, columns: [String]?) -> Result<Example, RowRefusal> {
        do {
            if let columns, !columnsChecked {
                columnsChecked = true
                try check(columns)
            }
            return .success(try read(row))
        } catch {
            return .failure(
                RowRefusal(fault: RowFault(file: file, line: error.line ?? row.line, reason: error.reason)))
        }
    }

    private struct Refused: Error {
        let reason: RowFault.Reason
        var line: Int?
    }

    private func check(_ columns: [String]) throws(Refused) {
        let fields = Set(mapping.columns.keys).union(mapping.reads).union(mapping.needsLabel ? ["label"] : [])
        let needed = Set(fields.map { mapping.columns[$0] ?? $0 })
        for column in needed.sorted() where !columns.contains(column) {
            throw Refused(reason: .missingColumn(column, present: columns), line: 1)
        }
    }

    private mutating func read(_ row: RawRow) throws(Refused) -> Example {
        var fields: [String: String] = [:]
        for (column, cell) in row.cells {
            for field in targets(of: column) {
                guard let text = try text(cell, field: field) else { continue }
                fields[field] = text
            }
        }
        let present = row.cells.map(\.name)
        for field in mapping.reads where fields[field] == nil {
            throw Refused(
                reason: .missingField(field, column: mapping.columns[field] ?? field, present: present))
        }
        let id = fields.removeValue(forKey: "id")
        let label = fields.removeValue(forKey: "label")
        return Example(fields: fields, label: try named(label, present: present), id: id)
    }

    /// The fields that are read from a column: those it is mapped to, or the one of its own name.
    private func targets(of column: String) -> [String] {
        if fieldOfColumn[column] != nil {
            return mapping.columns.filter { $0.value == column }.map(\.key).sorted()
        }
        return hidden.contains(column) ? [] : [column]
    }

    private func text(_ cell: JSONCell, field: String) throws(Refused) -> String? {
        switch cell {
        case .text(let text): return text
        case .null: return nil
        case .nested(let source):
            if mapping.lists.contains(field) { return source }
            let isRead =
                mapping.reads.isEmpty || mapping.reads.contains(field) || field == "label" || field == "id"
            guard !isRead else { throw Refused(reason: .nested(field: field)) }
            return nil
        }
    }

    private mutating func named(_ value: String?, present: [String]) throws(Refused) -> String? {
        guard let value, !value.isEmpty else {
            guard mapping.needsLabel else { return nil }
            throw Refused(
                reason: .missingLabel(column: mapping.columns["label"] ?? "label", present: present))
        }
        let label = names[value] ?? value
        guard !known.contains(label) else { return label }
        guard !closed else {
            let nearest = NearestName.of(label, among: labels)
            throw Refused(reason: .unknownLabel(label, known: labels, nearest: nearest))
        }
        known.insert(label)
        labels.append(label)
        return label
    }
}
