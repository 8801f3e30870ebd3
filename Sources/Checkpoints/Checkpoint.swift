public import Tensors

/// Weights by name in one or several files, validated but not yet read.
public protocol Checkpoint: Sendable {
    /// The file or folder, for error messages.
    var location: String { get }
    /// The names of all tensors, sorted.
    var names: [String] { get }
    /// Where a tensor lies and what it is, or nil where there is none of that name.
    func entry(_ name: String) -> TensorEntry?
}

/// One tensor of a checkpoint: its shape, its type and the bytes it owns.
public struct TensorEntry: Sendable {
    /// The name in the file.
    public let name: String
    /// The lengths of the axes, outermost first, whatever the file's own order.
    public let shape: Shape
    /// The type as the file's format calls it, such as `BF16` or `IQ2_XXS`.
    public let storedType: String
    /// The type as a weight, or nil where it is listed but cannot be one.
    public let elementType: ElementType?
    package let file: MappedFile
    /// The bytes of `file` that are its own.
    package let range: Range<Int>
}

extension Checkpoint {
    /// The shape of a tensor, or nil where there is none of that name.
    public func shape(of name: String) -> Shape? { entry(name)?.shape }

    /// The type of a tensor, or nil where there is none of that name or it cannot be a weight.
    public func elementType(of name: String) -> ElementType? { entry(name)?.elementType }

    /// A tensor whose memory is the file itself; nothing is copied.
    ///
    /// Older writers of safetensors did not align their data; such a tensor is copied.
    ///
    /// - Throws: ``CheckpointError`` if there is no such tensor or its type cannot be a weight.
    public func tensor(_ name: String, on backend: any Backend) throws(CheckpointError) -> Tensor {
        let entry = try existingEntry(name)
        guard let type = entry.elementType else {
            throw CheckpointError(
                location,
                .unsupportedType(tensor: name, type: entry.storedType, advice: Self.advice(entry.storedType)))
        }
        return Tensor(shape: entry.shape, elementType: type, buffer: entry.buffer(as: type, on: backend))
    }

    /// The elements of a tensor of whole numbers or truth values, row by row.
    ///
    /// - Throws: ``CheckpointError`` if there is no such tensor or it holds anything else.
    public func integers(_ name: String) throws(CheckpointError) -> [Int64] {
        let entry = try existingEntry(name)
        guard let integers = entry.integers else {
            throw CheckpointError(
                location,
                .unsupportedType(
                    tensor: name, type: entry.storedType, advice: "whole numbers are needed here"))
        }
        return integers
    }

    private func existingEntry(_ name: String) throws(CheckpointError) -> TensorEntry {
        if let entry = entry(name) { return entry }
        throw CheckpointError(location, .noSuchTensor(name, nearest: nearest(to: name)))
    }

    /// The name that shares the longest ending with `name`: prefixes differ between writers, endings rarely.
    private func nearest(to name: String) -> String? {
        func shared(_ other: String) -> Int {
            zip(name.utf8.reversed(), other.utf8.reversed()).prefix { $0 == $1 }.count
        }
        let best = names.max { shared($0) < shared($1) }
        return best.flatMap { shared($0) >= min(6, name.utf8.count) ? $0 : nil }
    }

    private static func advice(_ storedType: String) -> String {
        let integers: Set = ["BOOL", "U8", "I8", "I16", "U16", "I32", "U32", "I64", "U64"]
        if integers.contains(storedType) { return "whole numbers are no weights, ask for them as integers" }
        if storedType.hasPrefix("F") || storedType.hasPrefix("C") { return "convert it to F32, F16 or BF16" }
        return "requantise it to Q4_K, Q6_K or Q8_0, for instance with llama-quantize"
    }
}

extension TensorEntry {
    /// The bytes as a weight's memory: mapped where they are aligned, else copied.
    fileprivate func buffer(as type: ElementType, on backend: any Backend) -> Buffer {
        // A block begins with 16-bit scales; nothing in a block is wider.
        let alignment = type == .float32 ? 4 : 2
        if file.isAligned(range.lowerBound, to: alignment) { return file.buffer(range, on: backend) }
        return unsafe file.withBytes(range) { bytes in unsafe Buffer(copying: bytes, on: backend) }
    }

    /// The elements as whole numbers, or nil where the type is none of theirs.
    fileprivate var integers: [Int64]? {
        switch storedType {
        case "BOOL", "U8": elements(of: UInt8.self)
        case "I8": elements(of: Int8.self)
        case "I16": elements(of: Int16.self)
        case "U16": elements(of: UInt16.self)
        case "I32": elements(of: Int32.self)
        case "U32": elements(of: UInt32.self)
        case "I64": elements(of: Int64.self)
        default: nil
        }
    }

    private func elements<Value: FixedWidthInteger>(of type: Value.Type) -> [Int64] {
        stride(from: range.lowerBound, to: range.upperBound, by: MemoryLayout<Value>.size).map {
            Int64(file.integer(at: $0, as: type))
        }
    }
}

/// The product of a shape's axes and of the bits an element takes, in whole bytes; nil where it overflows.
///
/// An axis of length 0 does not excuse the others: `Shape` multiplies them in other orders too.
func checkedByteCount(_ lengths: [Int], bits: Int) -> Int? {
    var product = bits
    for length in lengths where length != 0 {
        let (next, overflow) = product.multipliedReportingOverflow(by: length)
        guard !overflow else { return nil }
        product = next
    }
    guard product % 8 == 0 || lengths.contains(0) else { return nil }
    return lengths.contains(0) ? 0 : product / 8
}
