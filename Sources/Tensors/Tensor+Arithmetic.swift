extension Tensor {
    /// `a + b`, equal shapes.
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        checkEqualShapes("+", a, b)
        return a.backend.add(a, b).recorded(from: [a, b]) { [$0, $0] }
    }

    /// `a - b`, equal shapes.
    public static func - (a: Tensor, b: Tensor) -> Tensor {
        checkEqualShapes("-", a, b)
        let needsB = b.isRecorded
        return a.backend.subtract(a, b).recorded(from: [a, b]) { upstream in
            [upstream, needsB ? upstream.backend.scale(upstream, by: -1, plus: 0) : nil]
        }
    }

    /// `a * b` element by element, equal shapes.
    public static func * (a: Tensor, b: Tensor) -> Tensor {
        checkEqualShapes("*", a, b)
        let (needsA, needsB) = (a.isRecorded, b.isRecorded)
        let (x, y) = (a.detached, b.detached)
        return a.backend.multiply(a, b).recorded(from: [a, b]) { upstream in
            [
                needsA ? upstream.backend.multiply(upstream, y) : nil,
                needsB ? upstream.backend.multiply(upstream, x) : nil,
            ]
        }
    }

    /// `factor * a`.
    public static func * (factor: Float, a: Tensor) -> Tensor { a.scaled(by: factor) }

    /// `factor * self + constant`.
    public func scaled(by factor: Float, plus constant: Float = 0) -> Tensor {
        backend.scale(self, by: factor, plus: constant).recorded(from: [self]) { upstream in
            [upstream.backend.scale(upstream, by: factor, plus: 0)]
        }
    }

    /// Every row plus `row`: `[N, D]` and `[D]`.
    public func adding(row: Tensor) -> Tensor {
        precondition(row.shape.count == shape.width, "adding(row:): \(row.shape) to \(shape)")
        let needsRow = row.isRecorded
        let rowShape = row.shape
        return backend.add(self, row: row).recorded(from: [self, row]) { upstream in
            [upstream, needsRow ? upstream.backend.sumRows(upstream).reshaped(rowShape) : nil]
        }
    }

    /// Every row times `row`: `[N, D]` and `[D]`.
    public func multiplied(row: Tensor) -> Tensor {
        precondition(row.shape.count == shape.width, "multiplied(row:): \(row.shape) by \(shape)")
        let (needsSelf, needsRow) = (isRecorded, row.isRecorded)
        let (x, r) = (detached, row.detached)
        return backend.multiply(self, row: row).recorded(from: [self, row]) { upstream in
            let backend = upstream.backend
            return [
                needsSelf ? backend.multiply(upstream, row: r) : nil,
                needsRow ? backend.sumRows(backend.multiply(upstream, x)).reshaped(r.shape) : nil,
            ]
        }
    }

    /// A function at every element.
    public func applying(_ function: ElementFunction) -> Tensor {
        let x = detached
        return backend.apply(function, self).recorded(from: [self]) { upstream in
            [upstream.backend.applyPullback(function, x, upstream)]
        }
    }

    /// `function(self) * up`: the gated unit of Llama (`silu`) and Gemma (`geluTanh`); Shazeer 2020.
    public func gating(_ up: Tensor, _ function: ElementFunction) -> Tensor {
        checkEqualShapes("gating", self, up)
        let (gate, value) = (detached, up.detached)
        return backend.gated(function, gate: self, up: up).recorded(from: [self, up]) { upstream in
            let shares = upstream.backend.gatedPullback(function, gate: gate, up: value, upstream)
            return [shares.gate, shares.up]
        }
    }

    /// Zero at random places, the rest scaled up so that the mean stays (Srivastava et al. 2014).
    public func droppingOut(rate: Float, key: DropoutKey) -> Tensor {
        precondition(rate >= 0 && rate < 1, "droppingOut: rate \(rate)")
        guard rate > 0 else { return self }
        return backend.dropout(self, rate: rate, key: key).recorded(from: [self]) { upstream in
            [upstream.backend.dropout(upstream, rate: rate, key: key)]
        }
    }

    /// The sum of all elements, a scalar.
    public func sum() -> Tensor {
        let whole = shape
        return backend.sum(self).recorded(from: [self]) { upstream in
            [upstream.backend.filled(whole, with: upstream.scalar)]
        }
    }

    /// The mean of all elements, a scalar.
    public func mean() -> Tensor { sum().scaled(by: 1 / Float(max(1, shape.count))) }

    /// The same elements under another shape of the same count.
    public func reshaped(_ newShape: Shape) -> Tensor {
        precondition(newShape.count == shape.count, "reshaped: \(shape) to \(newShape)")
        let old = shape
        let value = Tensor(shape: newShape, elementType: elementType, buffer: buffer, byteOffset: byteOffset)
        return value.recorded(from: [self]) { [$0.reshaped(old)] }
    }

    /// Any stored type as float32; float32 is returned as it is.
    public func float32() -> Tensor { elementType == .float32 ? self : backend.float32(self) }

    fileprivate static func checkEqualShapes(_ operation: String, _ a: Tensor, _ b: Tensor) {
        precondition(a.shape == b.shape, "\(operation): \(a.shape) and \(b.shape)")
    }

    private func checkEqualShapes(_ operation: String, _ a: Tensor, _ b: Tensor) {
        Self.checkEqualShapes(operation, a, b)
    }
}
