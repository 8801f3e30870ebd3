package import Tensors

/// Tensors that depend on the seed and the order of the calls, and on nothing else.
package struct RandomTensors {
    private var random: CounterRandom
    private let backend: any Backend

    /// A maker of tensors on a backend.
    package init(seed: UInt64, on backend: any Backend = CPUBackend.shared) {
        random = CounterRandom(seed: seed)
        self.backend = backend
    }

    /// Normal numbers.
    package mutating func normal(_ shape: Shape, scale: Float = 1, centre: Float = 0) -> Tensor {
        Tensor((0..<shape.count).map { _ in random.normal() * scale + centre }, shape: shape, on: backend)
    }

    /// Numbers of `range`, all equally likely.
    package mutating func uniform(_ shape: Shape, in range: Range<Float>) -> Tensor {
        let width = range.upperBound - range.lowerBound
        return Tensor(
            (0..<shape.count).map { _ in range.lowerBound + random.uniform() * width }, shape: shape,
            on: backend)
    }

    /// Many numbers of a short repeating pattern, for large shapes: debug builds make random numbers slowly.
    package mutating func pattern(_ shape: Shape, scale: Float = 1) -> Tensor {
        let period = (0..<251).map { _ in random.normal() * scale }
        return Tensor((0..<shape.count).map { period[$0 % 251] }, shape: shape, on: backend)
    }

    /// Whole numbers in `0 ..< limit`.
    package mutating func integers(_ count: Int, below limit: Int) -> [Int32] {
        (0..<count).map { _ in Int32(random.next() % UInt64(limit)) }
    }

    /// 1 or -1.
    mutating func signs(_ count: Int) -> [Float] { (0..<count).map { _ in random.next() & 1 == 0 ? 1 : -1 } }

    /// Weights of a stored type: random blocks whose scales are small finite halves.
    package mutating func stored(_ shape: Shape, as type: ElementType) -> Tensor {
        let count = type.bytes(for: shape.count) ?? 0
        var bytes = [UInt8](repeating: 0, count: count)
        for start in stride(from: 0, to: count, by: 8) {
            let word = random.next()
            for index in start..<min(start + 8, count) {
                bytes[index] = UInt8(truncatingIfNeeded: word >> (8 * (index - start)))
            }
        }
        for block in stride(from: 0, to: count, by: type.blockBytes) {
            for half in type.scaleOffsets {
                // Sign as it came, magnitude in [2^-7, 2^-6).
                bytes[block + half + 1] = bytes[block + half + 1] & 0x83 | 0x20
            }
            if type == .bfloat16 { bytes[block + 1] = bytes[block + 1] & 0x80 | 0x3c }
            if type == .float32 { bytes[block + 3] = bytes[block + 3] & 0x80 | 0x3c }
        }
        return .stored(bytes, shape: shape, as: type, on: backend)
    }
}

extension Tensor {
    /// A tensor of a stored type from the bytes of a file.
    package static func stored(
        _ bytes: [UInt8], shape: Shape, as type: ElementType, on backend: any Backend = CPUBackend.shared
    ) -> Tensor {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 64)
        memory.copyBytes(from: bytes)
        guard let address = memory.baseAddress else { return Tensor([], shape: [0], on: backend) }
        let buffer = Buffer(address: address, byteCount: bytes.count, backend: backend) { $0.deallocate() }
        return Tensor(shape: shape, elementType: type, buffer: buffer)
    }
}

extension ElementType {
    /// Where the half-precision scales of a block lie.
    fileprivate var scaleOffsets: [Int] {
        switch self {
        case .float32, .bfloat16: []
        case .float16, .q4_0, .q5_0, .q8_0: [0]
        case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
        case .q6_K: [208]
        }
    }
}
