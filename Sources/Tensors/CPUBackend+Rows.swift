internal import CKernels

extension CPUBackend {
    /// See ``Backend/matmul(_:_:bias:)``.
    public func matmul(_ x: Tensor, _ weight: Tensor, bias: Tensor?) -> Tensor {
        let (outputs, inputs) = (weight.shape[0], weight.shape.width)
        let shape = Shape(x.shape.lengths.dropLast() + [outputs])
        // Named, so that an expanded bias lives until the product is done.
        let bias = bias?.float32()
        return withExtendedLifetime(bias) {
            filling(shape) {
                ck_matmul(
                    $0, x.pointer, weight.address, weight.kernelType, bias?.pointer, x.shape.rows, outputs,
                    inputs)
            }
        }
    }

    /// See ``Backend/matmul(_:untransposed:)``.
    public func matmul(_ y: Tensor, untransposed weight: Tensor) -> Tensor {
        let (outputs, inputs) = (weight.shape[0], weight.shape.width)
        let shape = Shape(y.shape.lengths.dropLast() + [inputs])
        return filling(shape) {
            ck_matmul_untransposed(
                $0, y.pointer, weight.address, weight.kernelType, y.shape.rows, outputs, inputs)
        }
    }

    /// See ``Backend/matmul(transposed:_:)``.
    public func matmul(transposed y: Tensor, _ x: Tensor) -> Tensor {
        filling([y.shape.width, x.shape.width]) {
            ck_matmul_outer($0, y.pointer, x.pointer, y.shape.rows, y.shape.width, x.shape.width)
        }
    }

    /// See ``Backend/gather(_:from:)``.
    public func gather(_ index: [Int32], from tables: [Tensor]) -> Tensor {
        let width = tables[0].shape.width
        let sources = tables.map {
            ck_source(data: UnsafeRawPointer($0.address), type: $0.kernelType, rows: $0.shape.rows)
        }
        return withExtendedLifetime(tables) {
            filling([index.count, width]) { ck_gather($0, index, index.count, sources, sources.count, width) }
        }
    }

    /// See ``Backend/scatterAdd(_:to:rows:)``.
    public func scatterAdd(_ a: Tensor, to index: [Int32], rows: Int) -> Tensor {
        filling([rows, a.shape.width]) {
            ck_scatter_add($0, a.pointer, index, index.count, rows, a.shape.width)
        }
    }

    /// See ``Backend/columns(_:of:)``.
    public func columns(_ range: Range<Int>, of a: Tensor) -> Tensor {
        filling([a.shape.rows, range.count]) {
            ck_copy_columns(
                $0, range.count, 0, a.pointer, a.shape.width, range.lowerBound, a.shape.rows, range.count)
        }
    }

    /// See ``Backend/joinColumns(_:)``.
    public func joinColumns(_ parts: [Tensor]) -> Tensor {
        let width = parts.reduce(0) { $0 + $1.shape.width }
        return filling([parts[0].shape.rows, width]) { out in
            var start = 0
            for part in parts {
                ck_copy_columns(
                    out, width, start, part.pointer, part.shape.width, 0, part.shape.rows, part.shape.width)
                start += part.shape.width
            }
        }
    }

    /// See ``Backend/pick(_:from:)``.
    public func pick(_ index: [Int32], from a: Tensor) -> Tensor {
        filling([index.count]) { ck_pick($0, a.pointer, index, index.count, a.shape.width) }
    }

    /// See ``Backend/place(_:at:width:)``.
    public func place(_ a: Tensor, at index: [Int32], width: Int) -> Tensor {
        filling([index.count, width]) { ck_place($0, a.pointer, index, index.count, width) }
    }

    /// See ``Backend/transposed(_:)``.
    public func transposed(_ a: Tensor) -> Tensor {
        filling([a.shape.width, a.shape.rows]) { ck_transpose($0, a.pointer, a.shape.rows, a.shape.width) }
    }
}
