internal import CKernels

/// Arithmetic on the processor: SIMD kernels in C, matrix products by BLAS, memory recycled.
public struct CPUBackend: Backend {
    /// The one that everybody shares, so that buffers are recycled across models and tasks.
    public static let shared = CPUBackend()

    let pool = MemoryPool()

    /// A backend with memory of its own; everybody else takes ``shared``.
    package init() {}

    /// What the kernels were compiled for and chosen at run time, such as `avx512`.
    public static var instructionSet: String { String(cString: ck_instruction_set()) }
    /// The BLAS library's own name for itself.
    public static var blas: String { String(cString: ck_blas()) }
    /// How many threads compute.
    public static var threads: Int { ck_threads() }
    /// Sets how many threads compute; only before the first arithmetic. 0 is one a processor.
    public static func setThreads(_ count: Int) { ck_set_threads(count) }

    /// Lowers the choice of instructions to "avx2" or "plain", for tests; only while nothing computes.
    /// - Returns: whether this processor has them.
    package static func useInstructions(_ name: String) -> Bool { ck_use_instructions(name) != 0 }

    /// See ``Backend/allocate(_:)``.
    public func allocate(_ shape: Shape) -> Tensor {
        Tensor(shape: shape, buffer: pool.buffer(bytes: shape.count * 4, on: self))
    }

    /// See ``Backend/filled(_:with:)``.
    public func filled(_ shape: Shape, with value: Float) -> Tensor {
        let out = allocate(shape)
        ck_fill(out.pointer, value, shape.count)
        return out
    }

    /// See ``Backend/float32(_:)``.
    public func float32(_ tensor: Tensor) -> Tensor {
        let out = allocate(tensor.shape)
        ck_expand(out.pointer, tensor.address, tensor.kernelType, tensor.shape.rows, tensor.shape.width)
        return out
    }

    /// Bytes that are handed out now, and the most that were at once since the last reset.
    public var memory: (inUse: Int, peak: Int) { pool.usage }

    /// Forgets the peak and gives recycled memory back to the system.
    public func trim() { pool.trim() }
}

extension Tensor {
    /// This element type's number in the kernels.
    var kernelType: Int32 { elementType.kernelType }
}

extension ElementType {
    var kernelType: Int32 {
        let type: ck_type =
            switch self {
            case .float32: CK_F32
            case .float16: CK_F16
            case .bfloat16: CK_BF16
            case .q4_0: CK_Q4_0
            case .q4_1: CK_Q4_1
            case .q5_0: CK_Q5_0
            case .q5_1: CK_Q5_1
            case .q8_0: CK_Q8_0
            case .q4_K: CK_Q4_K
            case .q5_K: CK_Q5_K
            case .q6_K: CK_Q6_K
            }
        return Int32(type.rawValue)
    }
}
