import Tensors

/// The tensor table of a safetensors file, checked against every rule of the format before it is believed.
struct SafetensorsHeader {
    /// The text the writer left in `__metadata__`.
    let metadata: [String: String]
    let entries: [String: TensorEntry]

    /// The key that holds text about the file and names no tensor.
    static let metadataKey = "__metadata__"
    /// The bytes of the header's own length.
    static let lengthBytes = 8

    init(_ file: MappedFile) throws(CheckpointError) {
        let header = try Self.headerRange(file)
        let json = try JSONParser.parse(file.bytes(header), file: file.path)
        guard var members = json.members else {
            throw CheckpointError(
                file.path, .wrongType(key: "header", expected: "an object", found: json.kind))
        }
        metadata = try Self.metadata(members.removeValue(forKey: Self.metadataKey), file: file.path)
        var entries: [String: TensorEntry] = [:]
        // In the order of names, so that a damaged file is blamed for the same tensor every time.
        for (name, fields) in members.sorted(by: { $0.key < $1.key }) {
            entries[name] = try Self.entry(name, fields, file: file, dataStart: header.upperBound)
        }
        try Self.checkContiguity(entries.values, from: header.upperBound, to: file.byteCount, file: file.path)
        self.entries = entries
    }

    private static func headerRange(_ file: MappedFile) throws(CheckpointError) -> Range<Int> {
        guard file.byteCount >= lengthBytes else {
            throw CheckpointError(file.path, .headerTooShort(bytes: file.byteCount))
        }
        let claimed: UInt64 = file.integer(at: 0)
        guard claimed <= Limits.jsonBytes else {
            throw CheckpointError(file.path, .headerTooLarge(bytes: claimed, limit: Limits.jsonBytes))
        }
        let available = file.byteCount - lengthBytes
        guard claimed <= available else {
            throw CheckpointError(
                file.path, .headerLeavesFile(bytes: Int(claimed), available: available))
        }
        let range = lengthBytes..<lengthBytes + Int(claimed)
        let first: UInt8 = range.isEmpty ? 0 : file.integer(at: lengthBytes)
        guard first == UInt8(ascii: "{") else { throw CheckpointError(file.path, .headerStart(byte: first)) }
        return range
    }

    private static func metadata(_ value: JSONValue?, file: String) throws(CheckpointError) -> [String:
        String]
    {
        guard let value, value != .null else { return [:] }
        let key = metadataKey
        guard let members = value.members else {
            throw CheckpointError(file, .wrongType(key: key, expected: "an object", found: value.kind))
        }
        var result: [String: String] = [:]
        for (name, value) in members {
            guard let text = value.text else {
                throw CheckpointError(
                    file, .wrongType(key: "\(key).\(name)", expected: "a text", found: value.kind))
            }
            result[name] = text
        }
        return result
    }

    private static func entry(
        _ name: String, _ value: JSONValue, file: MappedFile, dataStart: Int
    ) throws(CheckpointError) -> TensorEntry {
        guard let fields = value.members else {
            throw CheckpointError(file.path, .wrongType(key: name, expected: "an object", found: value.kind))
        }
        guard let typeName = try field("dtype", of: fields, tensor: name, file: file.path).text else {
            throw CheckpointError(
                file.path,
                .wrongType(
                    key: "\(name).dtype", expected: "a text", found: fields["dtype", default: .null].kind))
        }
        guard let type = SafetensorsType(rawValue: typeName) else {
            throw CheckpointError(file.path, .unknownType(tensor: name, type: typeName))
        }
        let shape = try naturalNumbers("shape", of: fields, tensor: name, file: file.path)
        let offsets = try naturalNumbers("data_offsets", of: fields, tensor: name, file: file.path)
        guard offsets.count == 2 else {
            throw CheckpointError(
                file.path,
                .wrongType(
                    key: "\(name).data_offsets", expected: "a list of two",
                    found: "a list of \(offsets.count)"))
        }
        let range = try range(
            offsets, name: name, byteCount: checkedByteCount(shape, bits: type.bits), shape: shape,
            available: file.byteCount - dataStart, file: file.path)
        return TensorEntry(
            name: name, shape: Shape(shape), storedType: typeName, elementType: type.elementType, file: file,
            range: range.lowerBound + dataStart..<range.upperBound + dataStart)
    }

    private static func range(
        _ offsets: [Int], name: String, byteCount: Int?, shape: [Int], available: Int, file: String
    ) throws(CheckpointError) -> Range<Int> {
        let (begin, end) = (offsets[0], offsets[1])
        guard let byteCount else { throw CheckpointError(file, .shapeOverflow(tensor: name, shape: shape)) }
        guard begin <= end else {
            throw CheckpointError(file, .reversedRange(tensor: name, begin: begin, end: end))
        }
        guard end <= available else {
            throw CheckpointError(
                file, .rangeOutside(tensor: name, begin: begin, end: end, available: available))
        }
        guard end - begin == byteCount else {
            throw CheckpointError(
                file, .wrongByteCount(tensor: name, expected: byteCount, found: end - begin))
        }
        return begin..<end
    }

    private static func field(
        _ key: String, of fields: [String: JSONValue], tensor: String, file: String
    ) throws(CheckpointError) -> JSONValue {
        guard let value = fields[key] else { throw CheckpointError(file, .missingKey("\(tensor).\(key)")) }
        return value
    }

    private static func naturalNumbers(
        _ key: String, of fields: [String: JSONValue], tensor: String, file: String
    ) throws(CheckpointError) -> [Int] {
        let value = try field(key, of: fields, tensor: tensor, file: file)
        let numbers = value.elements?.compactMap(\.naturalNumber)
        guard let numbers, numbers.count == value.elements?.count else {
            throw CheckpointError(
                file,
                .wrongType(key: "\(tensor).\(key)", expected: "a list of whole numbers", found: value.kind))
        }
        return numbers
    }

    private static func checkContiguity(
        _ entries: some Sequence<TensorEntry>, from start: Int, to end: Int, file: String
    ) throws(CheckpointError) {
        let ordered = entries.sorted {
            ($0.range.lowerBound, $0.range.upperBound, $0.name) < (
                $1.range.lowerBound, $1.range.upperBound, $1.name
            )
        }
        var reached = start
        var previous = ""
        for entry in ordered {
            let begin = entry.range.lowerBound
            guard begin >= reached else {
                throw CheckpointError(file, .overlap(tensor: entry.name, previous: previous))
            }
            guard begin == reached else {
                throw CheckpointError(
                    file, .hole(tensor: entry.name, expected: reached - start, found: begin - start))
            }
            reached = entry.range.upperBound
            previous = entry.name
        }
        guard reached == end else { throw CheckpointError(file, .trailingBytes(count: end - reached)) }
    }
}

/// The element types of the safetensors format, by their names in the header.
enum SafetensorsType: String, CaseIterable {
    case bool = "BOOL"
    case u8 = "U8", i8 = "I8", u16 = "U16", i16 = "I16", u32 = "U32", i32 = "I32", u64 = "U64", i64 = "I64"
    case f16 = "F16", bf16 = "BF16", f32 = "F32", f64 = "F64", c64 = "C64"
    case f8e4m3 = "F8_E4M3", f8e5m2 = "F8_E5M2", f8e8m0 = "F8_E8M0"
    case f6e2m3 = "F6_E2M3", f6e3m2 = "F6_E3M2", f4 = "F4"

    /// How many bits an element takes.
    var bits: Int {
        switch self {
        case .f4: 4
        case .f6e2m3, .f6e3m2: 6
        case .bool, .u8, .i8, .f8e4m3, .f8e5m2, .f8e8m0: 8
        case .u16, .i16, .f16, .bf16: 16
        case .u32, .i32, .f32: 32
        case .u64, .i64, .f64, .c64: 64
        }
    }

    /// The type as a weight, or nil where it cannot be one.
    var elementType: ElementType? {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16: .bfloat16
        default: nil
        }
    }

    /// The type that stores a weight, or nil for the block types.
    init?(_ type: ElementType) {
        switch type {
        case .float32: self = .f32
        case .float16: self = .f16
        case .bfloat16: self = .bf16
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4_K, .q5_K, .q6_K: return nil
        }
    }
}
