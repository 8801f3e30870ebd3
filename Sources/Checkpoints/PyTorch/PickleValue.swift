/// What a pickle may hold here.
///
/// Lists, tuples and dictionaries are numbers into the machine's own store, so that values may share them and no
/// depth of nesting can exhaust the stack.
enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list(Int)
    case tuple(Int)
    case dictionary(Int)
    /// A name that may be called, or a storage type.
    case global(String)
    case storage(PickledStorage)
    case tensor(PickledTensor)
}

/// A run of elements in an entry of its own.
struct PickledStorage {
    /// The name of the entry under `data/`.
    var key: String
    var type: SafetensorsType
    var count: Int
}

/// A view of a storage.
struct PickledTensor {
    var storage: PickledStorage
    /// In elements.
    var offset: Int
    var shape: [Int]
    var strides: [Int]

    /// Whether the elements lie end to end, row by row; a stride along an axis of one means nothing.
    var isContiguous: Bool {
        if shape.contains(0) { return true }
        var expected = 1
        for (length, stride) in zip(shape, strides).reversed() {
            if length != 1, stride != expected { return false }
            let (next, overflow) = expected.multipliedReportingOverflow(by: length)
            guard !overflow else { return false }
            expected = next
        }
        return true
    }
}
