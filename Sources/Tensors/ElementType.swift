/// How a tensor's elements are stored.
///
/// Arithmetic is float32. The other types are weights as checkpoints keep them: they are read by
/// ``Tensor/matmul(_:bias:)``, `rows(_:)` and ``Tensor/float32()`` and by nothing else.
/// The block types are ggml's, with their exact names (llama.cpp, `ggml-common.h`): a block of `blockLength`
/// consecutive elements of a row shares a scale.
public enum ElementType: String, Sendable, Codable, CaseIterable {
    case float32, float16, bfloat16
    case q4_0, q4_1, q5_0, q5_1, q8_0
    case q4_K, q5_K, q6_K

    /// How many elements a block holds; 1 for the plain types.
    public var blockLength: Int {
        switch self {
        case .float32, .float16, .bfloat16: 1
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
        case .q4_K, .q5_K, .q6_K: 256
        }
    }

    /// How many bytes a block takes.
    public var blockBytes: Int {
        switch self {
        case .float32: 4
        case .float16, .bfloat16: 2
        case .q4_0: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q5_1: 24
        case .q8_0: 34
        case .q4_K: 144
        case .q5_K: 176
        case .q6_K: 210
        }
    }

    /// The bytes that `count` consecutive elements take, or nil where they do not fill whole blocks.
    public func bytes(for count: Int) -> Int? {
        guard count % blockLength == 0 else { return nil }
        let (bytes, overflow) = (count / blockLength).multipliedReportingOverflow(by: blockBytes)
        return overflow ? nil : bytes
    }
}
