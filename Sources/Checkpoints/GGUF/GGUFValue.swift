/// A value of a GGUF file's metadata.
public enum GGUFValue: Sendable {
    /// A whole number of any width that fits.
    case integer(Int)
    /// A 64-bit whole number that fits no `Int`.
    case unsigned(UInt64)
    case number(Double)
    case bool(Bool)
    case string(String)
    /// A list; its elements are decoded when they are asked for.
    case array(GGUFArray)

    /// The whole number, or nil.
    public var integer: Int? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// The number, whole or not, or nil.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The truth value, or nil.
    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The text, or nil.
    public var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The list, or nil.
    public var array: GGUFArray? {
        guard case .array(let value) = self else { return nil }
        return value
    }
}

/// The types of metadata values, by their numbers in the file.
enum GGUFValueType: UInt32, Sendable {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// The bytes a value takes, or at least takes where that varies.
    var minimumBytes: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64, .string: 8
        case .array: 12
        }
    }

    var isFixedWidth: Bool { self != .string && self != .array }
}

/// A list in a GGUF file's metadata: checked to lie within the file, decoded when asked for.
///
/// A vocabulary is a list of some 100 000 texts, which a program that only wants the weights need not make.
public struct GGUFArray: Sendable {
    /// The key it stands under.
    public let key: String
    /// How many elements there are.
    public let count: Int
    let elementType: GGUFValueType
    let file: MappedFile
    let offset: Int

    /// All elements.
    ///
    /// - Throws: ``CheckpointError`` if a text is not UTF-8 or a truth value neither 0 nor 1.
    public func elements() throws(CheckpointError) -> [GGUFValue] {
        var cursor = GGUFCursor(file: file, offset: offset)
        var result: [GGUFValue] = []
        result.reserveCapacity(count)
        for _ in 0..<count { result.append(try cursor.value(elementType, key: key, depth: 1)) }
        return result
    }

    /// The elements of a list of texts.
    ///
    /// - Throws: ``CheckpointError`` if the elements are no texts, or one is not UTF-8.
    public func strings() throws(CheckpointError) -> [String] {
        guard elementType == .string else { throw wrongElements("texts") }
        var cursor = GGUFCursor(file: file, offset: offset)
        var result: [String] = []
        result.reserveCapacity(count)
        for _ in 0..<count { result.append(try cursor.text(key)) }
        return result
    }

    /// The elements of a list of whole numbers.
    ///
    /// - Throws: ``CheckpointError`` if the elements are no whole numbers.
    public func integers() throws(CheckpointError) -> [Int] {
        let values = try elements().compactMap(\.integer)
        guard values.count == count else { throw wrongElements("whole numbers") }
        return values
    }

    /// The elements of a list of numbers.
    ///
    /// - Throws: ``CheckpointError`` if the elements are no numbers.
    public func numbers() throws(CheckpointError) -> [Float] {
        let values = try elements().compactMap { $0.number.map { Float($0) } }
        guard values.count == count else { throw wrongElements("numbers") }
        return values
    }

    private func wrongElements(_ expected: String) -> CheckpointError {
        CheckpointError(
            file.path,
            .wrongType(key: key, expected: "a list of \(expected)", found: "a list of \(elementType)"))
    }
}
