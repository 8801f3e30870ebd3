extension Tensor {
    /// The rows that `index` names, in its order: an embedding lookup. `[index.count, D]`, float32.
    ///
    /// - Precondition: every index lies in `0 ..< rows`.
    public func rows(_ index: [Int32]) -> Tensor { Tensor.rows(index, of: [self]) }

    /// The rows of a range, `[range.count, D]`.
    public func rows(_ range: Range<Int>) -> Tensor { rows(range.map(Int32.init)) }

    /// Rows of several tables laid end to end: `index` counts through all of them.
    ///
    /// This is how soft rows come to stand between embedded tokens; gradients go to the tables on the tape only.
    public static func rows(_ index: [Int32], of tables: [Tensor]) -> Tensor {
        precondition(!tables.isEmpty, "rows: no table")
        let width = tables[0].shape.width
        precondition(tables.allSatisfy { $0.shape.width == width }, "rows: tables of different widths")
        let total = tables.reduce(0) { $0 + $1.shape.rows }
        precondition(
            index.allSatisfy { $0 >= 0 && Int($0) < total }, "rows: an index leaves the \(total) rows")
        let needs = tables.map(\.isRecorded)
        let shapes = tables.map(\.shape)
        return tables[0].backend.gather(index, from: tables.map(\.detached)).recorded(from: tables) {
            upstream in
            var start = 0
            return zip(shapes, needs).map { shape, isNeeded in
                defer { start += shape.rows }
                guard isNeeded else { return nil }
                let local = index.map {
                    Int($0) >= start && Int($0) < start + shape.rows ? $0 - Int32(start) : -1
                }
                return upstream.backend.scatterAdd(upstream, to: local, rows: shape.rows).reshaped(shape)
            }
        }
    }

    /// Tensors of one width laid end to end, `[sum of rows, D]`.
    public static func joinRows(_ parts: [Tensor]) -> Tensor {
        let total = parts.reduce(0) { $0 + $1.shape.rows }
        return rows((0..<Int32(total)).map { $0 }, of: parts)
    }

    /// The columns of a range, `[N, range.count]`.
    public func columns(_ range: Range<Int>) -> Tensor {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= shape.width, "columns: \(range) of \(shape)")
        let (rows, width) = (shape.rows, shape.width)
        return backend.columns(range, of: self).recorded(from: [self]) { upstream in
            let backend = upstream.backend
            let parts = [
                backend.filled([rows, range.lowerBound], with: 0), upstream,
                backend.filled([rows, width - range.upperBound], with: 0),
            ]
            return [backend.joinColumns(parts.filter { $0.shape.width > 0 })]
        }
    }

    /// Tensors of equally many rows laid side by side.
    public static func joinColumns(_ parts: [Tensor]) -> Tensor {
        precondition(!parts.isEmpty && Set(parts.map(\.shape.rows)).count == 1, "joinColumns: unequal rows")
        let widths = parts.map(\.shape.width)
        let needs = parts.map(\.isRecorded)
        return parts[0].backend.joinColumns(parts.map(\.detached)).recorded(from: parts) { upstream in
            var start = 0
            return zip(widths, needs).map { width, isNeeded in
                defer { start += width }
                guard isNeeded else { return nil }
                return upstream.backend.columns(start..<start + width, of: upstream)
            }
        }
    }

    /// One element of each row: `self[i, index[i]]`, `[N]`.
    public func picking(_ index: [Int32]) -> Tensor {
        let width = shape.width
        precondition(index.count == shape.rows, "picking: \(index.count) indices for \(shape)")
        precondition(index.allSatisfy { $0 >= 0 && Int($0) < width }, "picking: an index leaves \(shape)")
        return backend.pick(index, from: self).recorded(from: [self]) { upstream in
            [upstream.backend.place(upstream, at: index, width: width)]
        }
    }
}
