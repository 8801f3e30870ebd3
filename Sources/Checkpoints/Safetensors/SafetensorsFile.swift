public import Foundation
public import Tensors

/// A safetensors file, mapped.
///
/// The format is Hugging Face's: eight bytes of header length, a JSON table, the tensors' bytes end to end.
/// Every rule is checked on opening, each with an error of its own; nothing is read of the tensors until they
/// are used.
public struct SafetensorsFile: Checkpoint {
    /// The file.
    public let location: String
    /// The text the writer left in the file.
    public let metadata: [String: String]
    /// The names of all tensors, sorted.
    public let names: [String]
    private let entries: [String: TensorEntry]

    /// Maps a file and checks its tensor table.
    ///
    /// - Throws: ``CheckpointError``, one case a broken rule.
    public init(contentsOf url: URL) throws(CheckpointError) {
        try self.init(MappedFile(contentsOf: url))
    }

    package init(_ file: MappedFile) throws(CheckpointError) {
        guard file.byteCount > 0 else {
            throw CheckpointError(file.path, .emptyFile(expected: "a safetensors file"))
        }
        let header = try SafetensorsHeader(file)
        location = file.path
        metadata = header.metadata
        entries = header.entries
        names = header.entries.keys.sorted()
    }

    /// Where a tensor lies and what it is, or nil where there is none of that name.
    public func entry(_ name: String) -> TensorEntry? { entries[name] }

    /// All tensors, mapped.
    ///
    /// - Throws: ``CheckpointError`` if one of them cannot be a weight.
    public func tensors(on backend: any Backend) throws(CheckpointError) -> NamedTensors {
        var result = NamedTensors()
        for name in names { result[name] = try tensor(name, on: backend) }
        return result
    }
}
