import Tensors

/// Keys and values that grow by a few rows at a time.
///
/// The memory is taken twice as large whenever it is full, and new rows are written behind the old ones, so
/// that `n` appends copy O(n) rows in all. What ``keyValues`` has given out is never written again.
package final class DecodingCache {
    /// `[capacity, G * W]` a layer.
    private var layers: [(keys: Tensor, values: Tensor)]
    private var capacity: Int
    /// How many rows are in use.
    package private(set) var count: Int

    /// A cache that starts with some positions.
    package init(_ start: KeyValues) {
        layers = start.layers
        capacity = start.count
        count = start.count
    }

    /// All rows so far.
    package var keyValues: KeyValues {
        KeyValues(layers: layers.map { ($0.keys.first(count), $0.values.first(count)) })
    }

    /// Writes a block behind the rows so far.
    package func append(_ block: KeyValues) {
        precondition(block.layers.count == layers.count, "DecodingCache: \(block.layers.count) layers")
        if count + block.count > capacity { grow(to: max(2 * capacity, count + block.count, 16)) }
        for (layer, new) in zip(layers, block.layers) {
            layer.keys.write(new.keys, atRow: count)
            layer.values.write(new.values, atRow: count)
        }
        count += block.count
    }

    private func grow(to newCapacity: Int) {
        layers = layers.map {
            ($0.keys.grown(to: newCapacity, keeping: count), $0.values.grown(to: newCapacity, keeping: count))
        }
        capacity = newCapacity
    }
}

extension Tensor {
    /// The first rows, in the same memory.
    fileprivate func first(_ rows: Int) -> Tensor {
        Tensor(shape: [rows, shape.width], buffer: buffer, byteOffset: byteOffset)
    }

    fileprivate func grown(to capacity: Int, keeping rows: Int) -> Tensor {
        let larger = backend.allocate([capacity, shape.width])
        larger.write(first(rows), atRow: 0)
        return larger
    }

    /// Copies rows into memory that nobody has been given yet.
    fileprivate func write(_ rows: Tensor, atRow row: Int) {
        precondition(
            rows.elementType == .float32 && rows.shape.width == shape.width
                && row + rows.shape.rows <= shape.rows,
            "DecodingCache: \(rows.shape) at row \(row) of \(shape)")
        unsafe (address + row * shape.width * 4).copyMemory(from: rows.address, byteCount: rows.byteCount)
    }
}
