public import Foundation

/// A GGUF file (llama.cpp's format, versions 2 and 3, little-endian), mapped.
///
/// Metadata and tensor table are checked on opening, with an error for each broken rule. Shapes are given
/// outermost axis first, the reverse of the file's order.
public struct GGUFFile: Checkpoint {
    /// The file.
    public let location: String
    /// The version of the format.
    public let version: Int
    /// The names of all tensors, sorted.
    public let names: [String]
    /// What the file says about the model, its tokenizer and itself.
    public let metadata: [String: GGUFValue]
    private let entries: [String: TensorEntry]

    /// Maps a file and checks its metadata and its tensor table.
    ///
    /// - Throws: ``CheckpointError``, one case a broken rule.
    public init(contentsOf url: URL) throws(CheckpointError) {
        try self.init(MappedFile(contentsOf: url))
    }

    package init(_ file: MappedFile) throws(CheckpointError) {
        guard file.byteCount > 0 else {
            throw CheckpointError(file.path, .emptyFile(expected: "a GGUF file"))
        }
        var reader = try GGUFReader(file)
        location = file.path
        version = Int(reader.version)
        metadata = try reader.metadata()
        entries = try reader.entries(alignment: Self.alignment(metadata, file: file.path))
        names = entries.keys.sorted()
    }

    /// Where a tensor lies and what it is, or nil where there is none of that name.
    public func entry(_ name: String) -> TensorEntry? { entries[name] }

    /// The model's architecture as llama.cpp names it, such as `llama` or `gemma3`.
    public var architecture: String? { metadata["general.architecture"]?.string }

    /// The metadata's single values and its short lists of numbers, by their keys.
    public var configuration: Configuration {
        Configuration(location: location, root: .object(metadata.compactMapValues(Self.setting)))
    }

    /// The alignment that holds where a file names none.
    private static let defaultAlignment = 32
    /// Longer lists are the tokenizer's and no settings.
    private static let longestSetting = 1024

    private static func alignment(
        _ metadata: [String: GGUFValue], file: String
    ) throws(CheckpointError) -> Int {
        guard let value = metadata["general.alignment"] else { return defaultAlignment }
        guard let alignment = value.integer else {
            throw CheckpointError(
                file, .wrongType(key: "general.alignment", expected: "a whole number", found: "\(value)"))
        }
        guard alignment > 0, alignment <= Limits.alignment, alignment & (alignment - 1) == 0 else {
            throw CheckpointError(file, .badAlignment(alignment))
        }
        return alignment
    }

    private static func setting(_ value: GGUFValue) -> JSONValue? {
        switch value {
        case .integer(let whole): .integer(whole)
        case .unsigned(let whole): .number(Double(whole))
        case .number(let number): .number(number)
        case .bool(let truth): .bool(truth)
        case .string(let text): .string(text)
        case .array(let array):
            if array.count <= longestSetting, let elements = try? array.elements() {
                .array(elements.compactMap(setting))
            } else {
                nil
            }
        }
    }
}
