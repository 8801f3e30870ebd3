import Foundation

/// What `--json` prints: the content's keys, and in the same object the version of their layout.
///
/// The version grows when a key changes its meaning or goes; new keys may come without notice.
struct JSONDocument<Content: Encodable>: Encodable {
    /// The version of the layouts that this program writes.
    static var schema: Int { 1 }

    let command: String
    let content: Content

    private enum Key: String, CodingKey {
        case schema, command
    }

    func encode(to encoder: any Encoder) throws {
        try content.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(Self.schema, forKey: .schema)
        try container.encode(command, forKey: .command)
    }
}

extension Stream {
    /// Prints content as one JSON document, on one line if `isLine` says so (JSONL).
    func print(json content: some Encodable, of command: String, isLine: Bool = false) throws {
        try write(json: JSONDocument(command: command, content: content), isLine: isLine)
    }

    /// Writes a value as JSON.
    func write(json value: some Encodable, isLine: Bool) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if !isLine { encoder.outputFormatting.insert(.prettyPrinted) }
        try print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
