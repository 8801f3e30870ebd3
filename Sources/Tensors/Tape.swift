import Synchronization

/// A record of the operations of one forward pass, walked backwards once to get gradients.
///
/// Only values that descend from a watched tensor are recorded. A pullback therefore computes nothing for a
/// frozen weight, and a pass that watches nothing records nothing.
public final class Tape: Sendable {
    /// A place on a tape.
    package struct Node: Sendable {
        let tape: Tape
        let index: Int
    }

    /// Maps the gradient of an operation's output to those of its parents, in their order; nil where none flows.
    package typealias Pullback = @Sendable (Tensor) -> [Tensor?]

    private struct Entry: Sendable {
        var parents: [Int?]
        var pullback: Pullback?
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var watched: [(index: Int, name: String)] = []
        /// How many entries earlier walks consumed: indices below belong to values that are no longer on the tape.
        var consumed = 0

        var end: Int { consumed + entries.count }
    }

    private let state = Mutex(State())

    /// An empty tape.
    public init() {}

    /// `tensor` as a leaf of this tape: ``gradients(of:)`` reports its gradient under `name`.
    ///
    /// A tensor may be watched twice under one name: the gradients are added.
    public func watch(_ tensor: Tensor, as name: String) -> Tensor {
        precondition(tensor.elementType == .float32, "watch(\(name)): \(tensor.elementType) is not trainable")
        let index = state.withLock { state in
            state.entries.append(Entry(parents: [], pullback: nil))
            state.watched.append((state.end - 1, name))
            return state.end - 1
        }
        return tensor.placed(at: Node(tape: self, index: index))
    }

    /// The gradient of a one-element tensor with respect to every watched tensor it depends on.
    ///
    /// Consumes the tape: what each operation kept is freed as the walk passes it, and no value made before may be
    /// used on the tape again. A watched tensor that the scalar does not depend on has no entry in the result.
    public func gradients(of scalar: Tensor) -> NamedTensors {
        precondition(scalar.shape.count == 1, "gradients(of:): \(scalar.shape) is not a scalar")
        guard let node = scalar.node, node.tape === self else { return NamedTensors() }
        var (entries, watched, consumed) = state.withLock { state in
            defer { state = State(consumed: state.end) }
            return (state.entries, state.watched, state.consumed)
        }
        precondition(
            node.index >= consumed, "gradients(of:): the tape was consumed since this value was made")
        var gradients = [Tensor?](repeating: nil, count: entries.count)
        gradients[node.index - consumed] = Tensor(repeating: 1, shape: scalar.shape, on: scalar.backend)
        var result = NamedTensors()
        for index in entries.indices.reversed() {
            let entry = entries.removeLast()
            guard let gradient = gradients[index] else { continue }
            gradients[index] = nil
            guard let pullback = entry.pullback else {
                while let last = watched.last, last.index - consumed > index { watched.removeLast() }
                if let last = watched.last, last.index - consumed == index {
                    Self.accumulate(gradient, into: &result[last.name])
                }
                continue
            }
            for (parent, share) in zip(entry.parents, pullback(gradient)) {
                guard let parent, let share else { continue }
                Self.accumulate(share, into: &gradients[parent - consumed])
            }
        }
        return result
    }

    /// Adds `share` to a gradient. In new memory: pullbacks may hand the same share to several parents.
    private static func accumulate(_ share: Tensor, into sum: inout Tensor?) {
        guard let earlier = sum else {
            sum = share
            return
        }
        sum = earlier.backend.add(earlier, share)
    }

    fileprivate func append(parents: [Int?], pullback: @escaping Pullback) -> Node {
        state.withLock { state in
            precondition(
                parents.allSatisfy { $0.map { $0 >= state.consumed } ?? true },
                "an operation uses a value of a tape that was consumed since")
            state.entries.append(Entry(parents: parents, pullback: pullback))
            return Node(tape: self, index: state.end - 1)
        }
    }
}

extension Tensor {
    fileprivate func placed(at node: Tape.Node) -> Tensor {
        Tensor(shape: shape, elementType: elementType, buffer: buffer, byteOffset: byteOffset, node: node)
    }

    /// This value as the result of an operation on `parents`, whose gradients `pullback` computes.
    ///
    /// Where no parent is on a tape the value stays a constant and `pullback` is dropped.
    package func recorded(from parents: [Tensor], pullback: @escaping Tape.Pullback) -> Tensor {
        guard let tape = parents.lazy.compactMap({ $0.node?.tape }).first else { return self }
        let indices = parents.map { parent -> Int? in
            guard let node = parent.node else { return nil }
            precondition(node.tape === tape, "an operation mixes values of two tapes")
            return node.index
        }
        return placed(at: tape.append(parents: indices, pullback: pullback))
    }
}
