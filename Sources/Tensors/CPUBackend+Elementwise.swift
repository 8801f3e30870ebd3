internal import CKernels

extension CPUBackend {
    /// See ``Backend/add(_:_:)``.
    public func add(_ a: Tensor, _ b: Tensor) -> Tensor {
        filling(a.shape) { ck_add($0, a.pointer, b.pointer, a.shape.count) }
    }

    /// See ``Backend/subtract(_:_:)``.
    public func subtract(_ a: Tensor, _ b: Tensor) -> Tensor {
        filling(a.shape) { ck_subtract($0, a.pointer, b.pointer, a.shape.count) }
    }

    /// See ``Backend/multiply(_:_:)``.
    public func multiply(_ a: Tensor, _ b: Tensor) -> Tensor {
        filling(a.shape) { ck_multiply($0, a.pointer, b.pointer, a.shape.count) }
    }

    /// See ``Backend/scale(_:by:plus:)``.
    public func scale(_ a: Tensor, by factor: Float, plus constant: Float) -> Tensor {
        filling(a.shape) { ck_scale($0, a.pointer, factor, constant, a.shape.count) }
    }

    /// See ``Backend/add(_:row:)``.
    public func add(_ a: Tensor, row: Tensor) -> Tensor {
        filling(a.shape) { ck_add_row($0, a.pointer, row.pointer, a.shape.rows, a.shape.width) }
    }

    /// See ``Backend/multiply(_:row:)``.
    public func multiply(_ a: Tensor, row: Tensor) -> Tensor {
        filling(a.shape) { ck_multiply_row($0, a.pointer, row.pointer, a.shape.rows, a.shape.width) }
    }

    /// See ``Backend/apply(_:_:)``.
    public func apply(_ function: ElementFunction, _ a: Tensor) -> Tensor {
        filling(a.shape) { ck_apply($0, a.pointer, function.rawValue, a.shape.count) }
    }

    /// See ``Backend/applyPullback(_:_:_:)``.
    public func applyPullback(_ function: ElementFunction, _ a: Tensor, _ upstream: Tensor) -> Tensor {
        filling(a.shape) {
            ck_apply_pullback($0, a.pointer, upstream.pointer, function.rawValue, a.shape.count)
        }
    }

    /// See ``Backend/gated(_:gate:up:)``.
    public func gated(_ function: ElementFunction, gate: Tensor, up: Tensor) -> Tensor {
        filling(gate.shape) { ck_gated($0, gate.pointer, up.pointer, function.rawValue, gate.shape.count) }
    }

    /// See ``Backend/gatedPullback(_:gate:up:_:)``.
    public func gatedPullback(_ function: ElementFunction, gate: Tensor, up: Tensor, _ upstream: Tensor)
        -> (gate: Tensor, up: Tensor)
    {
        let (gateShare, upShare) = (allocate(gate.shape), allocate(gate.shape))
        ck_gated_pullback(
            gateShare.pointer, upShare.pointer, gate.pointer, up.pointer, upstream.pointer, function.rawValue,
            gate.shape.count)
        return (gateShare, upShare)
    }

    /// See ``Backend/dropout(_:rate:key:)``.
    public func dropout(_ a: Tensor, rate: Float, key: DropoutKey) -> Tensor {
        filling(a.shape) { ck_dropout($0, a.pointer, rate, key.seed, key.step, key.site, a.shape.count) }
    }

    /// See ``Backend/sum(_:)``.
    public func sum(_ a: Tensor) -> Tensor {
        filling([]) { $0.pointee = Float(ck_sum(a.pointer, a.shape.count)) }
    }

    /// See ``Backend/sumRows(_:)``.
    public func sumRows(_ a: Tensor) -> Tensor {
        filling([a.shape.width]) { ck_sum_rows($0, a.pointer, a.shape.rows, a.shape.width) }
    }

    /// See ``Backend/sumOfSquares(_:)``.
    public func sumOfSquares(_ a: Tensor) -> Double { ck_sum_of_squares(a.pointer, a.shape.count) }

    /// See ``Backend/logSoftmax(_:)``.
    public func logSoftmax(_ a: Tensor) -> Tensor {
        filling(a.shape) { ck_log_softmax($0, a.pointer, a.shape.rows, a.shape.width) }
    }

    /// See ``Backend/logSoftmaxPullback(output:_:)``.
    public func logSoftmaxPullback(output: Tensor, _ upstream: Tensor) -> Tensor {
        filling(output.shape) {
            ck_log_softmax_pullback(
                $0, output.pointer, upstream.pointer, output.shape.rows, output.shape.width)
        }
    }

    /// A new tensor that `fill` writes.
    func filling(_ shape: Shape, _ fill: (UnsafeMutablePointer<Float>) -> Void) -> Tensor {
        let out = allocate(shape)
        fill(out.pointer)
        return out
    }
}
