/// One row of data: its fields as text, and what it should be answered with.
public struct Example: Hashable, Sendable, Codable {
    /// The row's fields by name, as a template reads them.
    ///
    /// A field that holds a list keeps the list's JSON text.
    public var fields: [String: String]
    /// The name of the row's label; nil where the row has none, as rows to be predicted have.
    public var label: String?
    /// The row's own name, if its file gives one; reports use it to say which row they mean.
    public var id: String?

    /// Makes a row.
    public init(fields: [String: String], label: String? = nil, id: String? = nil) {
        self.fields = fields
        self.label = label
        self.id = id
    }

    /// The items of a field that was read as a list, such as tokens, tags, choices or references.
    ///
    /// - Throws: ``DatasetError/notAList(field:row:)`` if the field is missing or holds no flat JSON list.
    public func list(_ field: String) throws(DatasetError) -> [String] {
        guard let text = fields[field], let items = JSONReader.list(text) else {
            throw .notAList(field: field, row: id)
        }
        return items
    }
}
