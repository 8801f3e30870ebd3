/// Walks the little-endian head of a GGUF file; every step is checked against the file's end.
struct GGUFCursor {
    let file: MappedFile
    var offset: Int

    var remaining: Int { file.byteCount - offset }

    func failure(_ problem: CheckpointError.Problem) -> CheckpointError {
        CheckpointError(file.path, problem)
    }

    /// Steps over bytes and returns where they were.
    mutating func take(_ count: Int, _ what: String) throws(CheckpointError) -> Range<Int> {
        guard count <= remaining else { throw failure(.truncated(reading: what, offset: offset)) }
        defer { offset += count }
        return offset..<offset + count
    }

    mutating func integer<Value: FixedWidthInteger>(
        _ what: String, as type: Value.Type = Value.self
    ) throws(CheckpointError) -> Value {
        file.integer(at: try take(MemoryLayout<Value>.size, what).lowerBound)
    }

    /// A count that is only believed if as many things of at least `bytes` bytes could follow.
    mutating func count(_ what: String, ofAtLeast bytes: Int) throws(CheckpointError) -> Int {
        let count: UInt64 = try integer("the number of \(what)")
        guard count <= remaining / bytes else {
            throw failure(.countTooLarge(of: what, count: count, limit: remaining / bytes))
        }
        return Int(count)
    }

    /// The bytes of a text: a 64-bit length, then UTF-8 without an end mark.
    mutating func textRange(_ what: String, limit: Int = Limits.textBytes) throws(CheckpointError) -> Range<
        Int
    > {
        let length: UInt64 = try integer(what)
        guard length <= limit else { throw failure(.stringTooLong(of: what, bytes: length, limit: limit)) }
        return try take(Int(length), what)
    }

    mutating func text(_ what: String, limit: Int = Limits.textBytes) throws(CheckpointError) -> String {
        guard let text = file.text(try textRange(what, limit: limit)) else {
            throw failure(.invalidText(of: what))
        }
        return text
    }

    mutating func valueType(_ key: String) throws(CheckpointError) -> GGUFValueType {
        let raw: UInt32 = try integer(key)
        guard let type = GGUFValueType(rawValue: raw) else {
            throw failure(.unknownValueType(key: key, raw: raw))
        }
        return type
    }

    /// A value of a type; a list is walked over, not decoded.
    mutating func value(
        _ type: GGUFValueType, key: String, depth: Int = 0
    ) throws(CheckpointError) -> GGUFValue {
        switch type {
        case .uint8: .integer(Int(try integer(key, as: UInt8.self)))
        case .int8: .integer(Int(try integer(key, as: Int8.self)))
        case .uint16: .integer(Int(try integer(key, as: UInt16.self)))
        case .int16: .integer(Int(try integer(key, as: Int16.self)))
        case .uint32: .integer(Int(try integer(key, as: UInt32.self)))
        case .int32: .integer(Int(try integer(key, as: Int32.self)))
        case .int64: .integer(Int(try integer(key, as: Int64.self)))
        case .uint64: Self.unsigned(try integer(key))
        case .float32: .number(Double(Float(bitPattern: try integer(key))))
        case .float64: .number(Double(bitPattern: try integer(key)))
        case .bool: .bool(try truth(key))
        case .string: .string(try text(key))
        case .array: .array(try array(key, depth: depth + 1))
        }
    }

    private static func unsigned(_ value: UInt64) -> GGUFValue {
        Int(exactly: value).map(GGUFValue.integer) ?? .unsigned(value)
    }

    private mutating func truth(_ key: String) throws(CheckpointError) -> Bool {
        let byte: UInt8 = try integer(key)
        guard byte <= 1 else { throw failure(.invalidBoolean(key: key, byte: byte)) }
        return byte == 1
    }

    private mutating func array(_ key: String, depth: Int) throws(CheckpointError) -> GGUFArray {
        guard depth <= Limits.arrayDepth else {
            throw failure(.arrayTooDeep(key: key, limit: Limits.arrayDepth))
        }
        let type = try valueType(key)
        let count = try count("elements of \(key)", ofAtLeast: type.minimumBytes)
        let array = GGUFArray(key: key, count: count, elementType: type, file: file, offset: offset)
        if type.isFixedWidth {
            offset += count * type.minimumBytes
        } else {
            for _ in 0..<count { try skip(type, key: key, depth: depth) }
        }
        return array
    }

    private mutating func skip(_ type: GGUFValueType, key: String, depth: Int) throws(CheckpointError) {
        if type == .string {
            _ = try textRange(key)
        } else {
            _ = try array(key, depth: depth + 1)
        }
    }
}
