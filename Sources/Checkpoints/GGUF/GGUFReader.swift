import Tensors

/// Reads the head of a GGUF file in its order: magic, version, counts, metadata, tensor table.
struct GGUFReader {
    let version: UInt32
    private var cursor: GGUFCursor
    private let tensorCount: Int
    private let valueCount: Int

    /// The fewest bytes of a metadata entry: the key's length, a key of one byte, a type, a value of one
    /// byte.
    private static let smallestValue = 14
    /// The fewest bytes of a tensor's entry: the name's length, no axes, a type, an offset.
    private static let smallestTensor = 24

    init(_ file: MappedFile) throws(CheckpointError) {
        cursor = GGUFCursor(file: file, offset: 0)
        let magic = file.bytes(try cursor.take(4, "the magic number"))
        guard magic == Array("GGUF".utf8) else {
            throw cursor.failure(.wrongMagic(found: FileKind(file).description))
        }
        version = try cursor.integer("the version")
        guard !(2...3).contains(version.byteSwapped) else { throw cursor.failure(.bigEndian) }
        guard (2...3).contains(version) else { throw cursor.failure(.unsupportedVersion(version)) }
        tensorCount = try cursor.count("tensors", ofAtLeast: Self.smallestTensor)
        valueCount = try cursor.count("metadata values", ofAtLeast: Self.smallestValue)
    }

    mutating func metadata() throws(CheckpointError) -> [String: GGUFValue] {
        var metadata: [String: GGUFValue] = [:]
        for _ in 0..<valueCount {
            let key = try cursor.text("a metadata key", limit: Limits.nameBytes)
            let value = try cursor.value(cursor.valueType(key), key: key)
            guard metadata.updateValue(value, forKey: key) == nil else {
                throw cursor.failure(.duplicateKey(key))
            }
        }
        return metadata
    }

    mutating func entries(alignment: Int) throws(CheckpointError) -> [String: TensorEntry] {
        var rows: [Row] = []
        var names: Set<String> = []
        for _ in 0..<tensorCount {
            let row = try row(alignment: alignment)
            guard names.insert(row.name).inserted else { throw cursor.failure(.duplicateTensor(row.name)) }
            rows.append(row)
        }
        let start = (cursor.offset + alignment - 1) / alignment * alignment
        var entries: [String: TensorEntry] = [:]
        for row in rows { entries[row.name] = try entry(row, dataStart: start) }
        try checkOverlaps(entries.values)
        return entries
    }

    /// A line of the tensor table.
    private struct Row {
        var name: String
        var shape: [Int]
        var type: GGUFTensorType
        var byteCount: Int
        var offset: UInt64
    }

    private mutating func row(alignment: Int) throws(CheckpointError) -> Row {
        let name = try cursor.text("a tensor's name", limit: Limits.nameBytes)
        let shape = try shape(of: name)
        let raw: UInt32 = try cursor.integer("the type of \(name)")
        guard let type = GGUFTensorType(rawValue: raw) else {
            throw cursor.failure(.unknownType(tensor: name, type: "number \(raw)"))
        }
        let offset: UInt64 = try cursor.integer("the offset of \(name)")
        guard offset % UInt64(alignment) == 0 else {
            throw cursor.failure(.misaligned(tensor: name, offset: offset, alignment: alignment))
        }
        let bytes = try byteCount(name, shape, type)
        return Row(name: name, shape: shape, type: type, byteCount: bytes, offset: offset)
    }

    private mutating func shape(of name: String) throws(CheckpointError) -> [Int] {
        let axes: UInt32 = try cursor.integer("the axes of \(name)")
        guard axes <= Limits.ggufAxes else {
            throw cursor.failure(.tooManyAxes(tensor: name, count: axes, limit: Limits.ggufAxes))
        }
        var lengths: [Int] = []
        for _ in 0..<axes {
            let length: UInt64 = try cursor.integer("the shape of \(name)")
            guard let length = Int(exactly: length) else {
                throw cursor.failure(.shapeOverflow(tensor: name, shape: lengths))
            }
            lengths.append(length)
        }
        return lengths.reversed()
    }

    private func byteCount(
        _ name: String, _ shape: [Int], _ type: GGUFTensorType
    ) throws(CheckpointError) -> Int {
        let (length, bytes) = type.block
        let width = shape.last ?? 1
        guard width % length == 0 else {
            throw cursor.failure(
                .partialBlocks(tensor: name, width: width, blockLength: length, type: type.name))
        }
        // Elements, and not only bytes, must be countable: a block type has fewer bytes than elements.
        guard checkedByteCount(shape, bits: 8) != nil,
            let count = checkedByteCount(shape.dropLast() + [width / length], bits: bytes * 8)
        else { throw cursor.failure(.shapeOverflow(tensor: name, shape: shape)) }
        return count
    }

    private func entry(_ row: Row, dataStart: Int) throws(CheckpointError) -> TensorEntry {
        let available = max(0, cursor.file.byteCount - dataStart)
        guard row.offset <= UInt64(available), row.byteCount <= available - Int(row.offset) else {
            let begin = Int(clamping: row.offset)
            let end = begin.addingReportingOverflow(row.byteCount)
            throw cursor.failure(
                .rangeOutside(
                    tensor: row.name, begin: begin, end: end.overflow ? Int.max : end.partialValue,
                    available: available))
        }
        // Past the end of the file there is nothing, so an empty tensor there is placed at the end.
        let begin = min(dataStart + Int(row.offset), cursor.file.byteCount)
        return TensorEntry(
            name: row.name, shape: Shape(row.shape), storedType: row.type.name,
            elementType: row.type.elementType, file: cursor.file, range: begin..<begin + row.byteCount)
    }

    private func checkOverlaps(_ entries: some Sequence<TensorEntry>) throws(CheckpointError) {
        let ordered = entries.filter { !$0.range.isEmpty }.sorted {
            ($0.range.lowerBound, $0.name) < ($1.range.lowerBound, $1.name)
        }
        for (previous, entry) in zip(ordered, ordered.dropFirst())
        where entry.range.lowerBound < previous.range.upperBound {
            throw cursor.failure(.overlap(tensor: entry.name, previous: previous.name))
        }
    }
}
