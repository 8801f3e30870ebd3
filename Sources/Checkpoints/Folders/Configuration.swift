public import Foundation

/// A model's settings, asked for by key path, as in `text_config.hidden_size`.
///
/// Settings come from a `config.json` or from the metadata of a GGUF file, whose keys (`llama.block_count`)
/// hold dots themselves; a key that is there in full wins over a path into objects. Large arrays of a GGUF
/// file (the vocabulary) are not settings and are reached through ``GGUFFile/metadata``.
public struct Configuration: Sendable {
    /// The file the settings come from.
    public let location: String
    /// The settings.
    public let root: JSONValue

    package init(location: String, root: JSONValue) {
        self.location = location
        self.root = root
    }

    /// Reads a JSON file.
    ///
    /// - Throws: ``CheckpointError`` if it cannot be opened, is not JSON or has a key twice.
    public init(contentsOf url: URL) throws(CheckpointError) {
        let file = try MappedFile(contentsOf: url)
        guard file.byteCount <= Limits.jsonBytes else {
            throw CheckpointError(file.path, .jsonTooLarge(bytes: file.byteCount, limit: Limits.jsonBytes))
        }
        guard file.byteCount > 0 else {
            throw CheckpointError(file.path, .emptyFile(expected: "a JSON file"))
        }
        location = file.path
        root = try JSONParser.parse(file.bytes(0..<file.byteCount), file: file.path, allowsNonFinite: true)
    }

    /// The value at a key path, or nil where there is none or it is null.
    public subscript(path: String) -> JSONValue? {
        var value = root
        if let whole = root.members?[path] { return whole == .null ? nil : whole }
        for key in path.split(separator: ".") {
            guard let next = value.members?[String(key)] else { return nil }
            value = next
        }
        return value == .null ? nil : value
    }

    /// The whole number at a key path.
    ///
    /// - Throws: ``CheckpointError`` with the path if there is none or it is something else.
    public func integer(_ path: String) throws(CheckpointError) -> Int {
        try required(path, try optionalInteger(path))
    }

    /// The whole number at a key path, or nil where there is none.
    public func optionalInteger(_ path: String) throws(CheckpointError) -> Int? {
        try value(path, "a whole number") { value in
            switch value {
            case .integer(let whole): whole
            case .number(let number): Int(exactly: number)
            default: nil
            }
        }
    }

    /// The number at a key path.
    public func number(_ path: String) throws(CheckpointError) -> Double {
        try required(path, try optionalNumber(path))
    }

    /// The number at a key path, or nil where there is none.
    public func optionalNumber(_ path: String) throws(CheckpointError) -> Double? {
        try value(path, "a number") { value in
            switch value {
            case .integer(let whole): Double(whole)
            case .number(let number): number
            default: nil
            }
        }
    }

    /// The text at a key path.
    public func string(_ path: String) throws(CheckpointError) -> String {
        try required(path, try optionalString(path))
    }

    /// The text at a key path, or nil where there is none.
    public func optionalString(_ path: String) throws(CheckpointError) -> String? {
        try value(path, "a text", \.text)
    }

    /// The truth value at a key path, or nil where there is none.
    public func optionalBool(_ path: String) throws(CheckpointError) -> Bool? {
        try value(path, "true or false") { value in
            guard case .bool(let truth) = value else { return nil }
            return truth
        }
    }

    /// The texts at a key path, or nil where there are none.
    public func optionalStrings(_ path: String) throws(CheckpointError) -> [String]? {
        try value(path, "a list of texts") { value in
            guard let elements = value.elements else { return nil }
            let texts = elements.compactMap(\.text)
            return texts.count == elements.count ? texts : nil
        }
    }

    /// The whole numbers at a key path, or nil where there are none; one number is a list of one.
    public func optionalIntegers(_ path: String) throws(CheckpointError) -> [Int]? {
        try value(path, "a list of whole numbers") { value in
            let elements = value.elements ?? [value]
            let numbers = elements.compactMap { element -> Int? in
                guard case .integer(let number) = element else { return nil }
                return number
            }
            return numbers.count == elements.count ? numbers : nil
        }
    }

    /// The members of the object at a key path.
    public func object(_ path: String) throws(CheckpointError) -> [String: JSONValue] {
        try required(path, try value(path, "an object", \.members))
    }

    /// The settings of the object at a key path, such as those of the text model in one with images.
    public func part(_ path: String) throws(CheckpointError) -> Configuration {
        Configuration(location: "\(location), \(path)", root: .object(try object(path)))
    }

    private func required<Value>(_ path: String, _ value: Value?) throws(CheckpointError) -> Value {
        guard let value else { throw CheckpointError(location, .missingKey(path)) }
        return value
    }

    private func value<Value>(
        _ path: String, _ expected: String, _ convert: (JSONValue) -> Value?
    ) throws(CheckpointError) -> Value? {
        guard let found = self[path] else { return nil }
        guard let value = convert(found) else {
            throw CheckpointError(location, .wrongType(key: path, expected: expected, found: found.kind))
        }
        return value
    }
}
