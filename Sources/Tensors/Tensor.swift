/// A value of numbers: contiguous, row-major, immutable.
///
/// A tensor that stands on a ``Tape`` remembers how it was made; all others are constants.
public struct Tensor: Sendable {
    /// The lengths of the axes.
    public let shape: Shape
    /// How the elements are stored.
    public let elementType: ElementType
    package let buffer: Buffer
    /// Where the first element lies in `buffer`, in bytes.
    package let byteOffset: Int
    /// The place on a tape where this value was made; nil for constants.
    package let node: Tape.Node?

    package init(
        shape: Shape, elementType: ElementType = .float32, buffer: Buffer, byteOffset: Int = 0,
        node: Tape.Node? = nil
    ) {
        guard let bytes = elementType.bytes(for: shape.count) else {
            preconditionFailure("Tensor: \(shape) does not fill blocks of \(elementType)")
        }
        precondition(
            byteOffset >= 0 && byteOffset + bytes <= buffer.byteCount,
            "Tensor: \(shape) of \(elementType) at \(byteOffset) leaves its \(buffer.byteCount) bytes")
        self.shape = shape
        self.elementType = elementType
        self.buffer = buffer
        self.byteOffset = byteOffset
        self.node = node
    }

    /// A float32 tensor of the given elements, row by row.
    public init(_ elements: [Float], shape: Shape, on backend: any Backend) {
        precondition(
            elements.count == shape.count, "Tensor: \(elements.count) elements do not fill \(shape)")
        self = backend.allocate(shape)
        elements.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            address.copyMemory(from: base, byteCount: source.count)
        }
    }

    /// A float32 tensor whose elements are all `value`.
    public init(repeating value: Float, shape: Shape, on backend: any Backend) {
        self = backend.filled(shape, with: value)
    }

    /// Where this tensor's arithmetic happens.
    public var backend: any Backend { buffer.backend }

    /// Whether this value stands on a tape, so that gradients flow through it.
    public var isRecorded: Bool { node != nil }

    /// The same value as a constant: no gradient flows through it.
    public var detached: Tensor {
        Tensor(shape: shape, elementType: elementType, buffer: buffer, byteOffset: byteOffset)
    }

    /// The elements as float32, row by row; a copy.
    public var floats: [Float] {
        let plain = elementType == .float32 ? self : backend.float32(detached)
        return [Float](unsafeUninitializedCapacity: shape.count) { target, count in
            if let base = target.baseAddress {
                UnsafeMutableRawPointer(base).copyMemory(from: plain.address, byteCount: shape.count * 4)
            }
            count = shape.count
        }
    }

    /// The only element of a tensor with one.
    public var scalar: Float {
        precondition(shape.count == 1, "scalar: \(shape) has \(shape.count) elements")
        return floats[0]
    }

    /// The bytes that the elements take.
    public var byteCount: Int { elementType.bytes(for: shape.count) ?? 0 }

    /// Where the first element lies.
    package var address: UnsafeMutableRawPointer { buffer.address + byteOffset }

    /// The first element of a float32 tensor.
    package var pointer: UnsafeMutablePointer<Float> {
        precondition(elementType == .float32, "\(elementType) weights take no part in this arithmetic")
        return address.assumingMemoryBound(to: Float.self)
    }
}
