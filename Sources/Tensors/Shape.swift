/// The lengths of a tensor's axes, outermost first; memory is row-major.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The length of each axis.
    public let lengths: [Int]

    /// A shape from the length of each axis; none may be negative.
    public init(_ lengths: [Int]) {
        precondition(lengths.allSatisfy { $0 >= 0 }, "Shape: negative length in \(lengths)")
        self.lengths = lengths
    }

    /// A shape from the length of each axis, written as an array.
    public init(arrayLiteral lengths: Int...) { self.init(lengths) }

    /// How many axes there are.
    public var rank: Int { lengths.count }

    /// How many elements a tensor of this shape has; 1 for a scalar (no axes).
    public var count: Int { lengths.reduce(1, *) }

    /// The length of the last axis; 1 for a scalar.
    public var width: Int { lengths.last ?? 1 }

    /// How many rows of `width` elements there are.
    public var rows: Int { lengths.dropLast().reduce(1, *) }

    /// The length of one axis.
    public subscript(axis: Int) -> Int { lengths[axis] }

    /// The lengths in brackets, as in `[2, 3]`.
    public var description: String { "[" + lengths.map(String.init).joined(separator: ", ") + "]" }
}
