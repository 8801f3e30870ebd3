import Tensors

/// The batches of a run, each a function of its number: a run that goes on needs to know nothing but how far
/// it was.
public protocol BatchSource<Batch>: Sendable {
    /// What one step learns from.
    associatedtype Batch: Sendable

    /// The batch of a number, counted from 0 through all epochs.
    func batch(_ index: Int) throws -> Batch
}

/// Elements in a new order every epoch, cut into batches; the last batch of an epoch may be smaller.
public struct ShuffledBatches<Element: Sendable>: BatchSource {
    private let elements: [Element]
    private let size: Int
    private let seed: UInt64

    /// - Precondition: there are elements, and `size` is above 0.
    public init(_ elements: [Element], size: Int, seed: UInt64) {
        precondition(!elements.isEmpty && size > 0, "ShuffledBatches: \(elements.count) elements by \(size)")
        self.elements = elements
        self.size = size
        self.seed = seed
    }

    /// How many batches an epoch has.
    public var batchesPerEpoch: Int { (elements.count + size - 1) / size }

    /// - Complexity: O(elements); the order of an epoch is made anew, so that nothing need be remembered.
    public func batch(_ index: Int) -> [Element] {
        let (epoch, place) = index.quotientAndRemainder(dividingBy: batchesPerEpoch)
        let order = Self.order(elements.count, seed: seed, epoch: epoch)
        return order[place * size..<min((place + 1) * size, order.count)].map { elements[$0] }
    }

    /// A permutation by Fisher and Yates, written out because the standard library may change its own.
    private static func order(_ count: Int, seed: UInt64, epoch: Int) -> [Int] {
        var random = CounterRandom(seed: seed, stream: UInt64(epoch))
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            let other = random.next().multipliedFullWidth(by: UInt64(last + 1)).high
            order.swapAt(last, Int(other))
        }
        return order
    }
}
