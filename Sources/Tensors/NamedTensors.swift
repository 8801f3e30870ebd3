/// Tensors by name: a checkpoint's weights, a gradient, an optimizer's moments, a learned prompt.
public struct NamedTensors: Sendable {
    private var values: [String: Tensor]

    /// The tensors of a dictionary.
    public init(_ values: [String: Tensor] = [:]) { self.values = values }

    /// The tensor of a name, or nil; assigning nil removes it.
    public subscript(name: String) -> Tensor? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// All names, sorted, so that every walk over the tensors has one order.
    public var names: [String] { values.keys.sorted() }

    /// How many tensors there are.
    public var count: Int { values.count }

    /// Whether there are none.
    public var isEmpty: Bool { values.isEmpty }

    /// How many numbers all tensors hold together.
    public var parameterCount: Int { values.values.reduce(0) { $0 + $1.shape.count } }

    /// How many bytes all tensors take together.
    public var byteCount: Int { values.values.reduce(0) { $0 + $1.byteCount } }

    /// These tensors with those of `other` laid over them: where both have a name, `other` wins.
    public func overlaid(by other: NamedTensors) -> NamedTensors {
        NamedTensors(values.merging(other.values) { _, upper in upper })
    }

    /// The tensors whose names satisfy a condition.
    public func filter(_ isIncluded: (String) -> Bool) -> NamedTensors {
        NamedTensors(values.filter { isIncluded($0.key) })
    }

    /// The tensors, each changed by `transform`.
    public func mapValues(_ transform: (Tensor) throws -> Tensor) rethrows -> NamedTensors {
        NamedTensors(try values.mapValues(transform))
    }
}
