package import Tensors

extension NameRules {
    /// The tensors of a model's parameters, under the model's names.
    ///
    /// All names and shapes are checked before the first byte of a tensor is read. Matrices stay as the
    /// checkpoint has them, mapped where nothing has to be changed; vectors (biases, norms) become float32,
    /// which is what arithmetic other than a matrix product reads.
    ///
    /// - Parameters:
    ///   - parameters: each name with the shape it must have after its changes.
    ///   - checkpoint: where the tensors are.
    ///   - backend: where arithmetic on them will happen.
    ///   - refusingUnexpected: whether a tensor that no parameter uses, and no rule ignores, is an error.
    /// - Returns: one tensor a parameter, under the parameter's name.
    /// - Throws: ``CheckpointError`` with *all* missing, misshaped and unexpected names, or the type of a tensor
    ///   that cannot be a weight.
    package func load(
        _ parameters: [(name: String, shape: Shape)], from checkpoint: any Checkpoint,
        on backend: any Backend,
        refusingUnexpected: Bool = false
    ) throws(CheckpointError) -> NamedTensors {
        var misfits: [CheckpointError.Misfit] = []
        var plans: [Plan] = []
        for (name, shape) in parameters {
            switch plan(name, shape, from: checkpoint) {
            case .success(let plan): plans.append(plan)
            case .failure(let failure): misfits.append(failure.misfit)
            }
        }
        if refusingUnexpected {
            let used = Set(parameters.compactMap { entry(for: $0.name, in: checkpoint)?.name })
            let unused = checkpoint.names.filter { !used.contains($0) && !ignores($0) }
            misfits += unused.map(CheckpointError.Misfit.unexpected)
        }
        guard misfits.isEmpty else { throw CheckpointError(checkpoint.location, .doesNotFit(misfits)) }
        var result = NamedTensors()
        for plan in plans { result[plan.name] = try plan.tensor(from: checkpoint, on: backend) }
        return result
    }

    /// What is to be read for one parameter, and how it is to be changed.
    private struct Plan {
        var name: String
        var source: String
        var changes: [Change]

        func tensor(from checkpoint: any Checkpoint, on backend: any Backend) throws(CheckpointError)
            -> Tensor
        {
            var tensor = try checkpoint.tensor(source, on: backend)
            if tensor.shape.rank < 2, tensor.elementType != .float32 { tensor = backend.float32(tensor) }
            for change in changes { tensor = change.applied(to: tensor) }
            return tensor
        }
    }

    private struct Failure: Error {
        var misfit: CheckpointError.Misfit
    }

    private func entry(for name: String, in checkpoint: any Checkpoint) -> TensorEntry? {
        candidates(for: name).lazy.compactMap(checkpoint.entry).first
    }

    private func plan(_ name: String, _ shape: Shape, from checkpoint: any Checkpoint) -> Result<
        Plan, Failure
    > {
        guard let entry = entry(for: name, in: checkpoint) else {
            return .failure(Failure(misfit: .missing(name: name, tried: candidates(for: name))))
        }
        let changes = changes(to: name)
        var found = entry.shape
        for change in changes {
            switch change.shape(of: found) {
            case .success(let next): found = next
            case .failure(let refusal):
                return .failure(
                    Failure(misfit: .unchangeable(name: name, source: entry.name, reason: refusal.reason)))
            }
        }
        guard found == shape else {
            return .failure(
                Failure(misfit: .misshaped(name: name, source: entry.name, expected: shape, found: found)))
        }
        return .success(Plan(name: name, source: entry.name, changes: changes))
    }
}

extension NameRules.Change {
    /// Why a tensor cannot be changed so.
    struct Refusal: Error {
        var reason: String
    }

    /// The shape after the change.
    func shape(of shape: Shape) -> Result<Shape, Refusal> {
        switch self {
        case .add: return .success(shape)
        case .transpose:
            guard shape.rank == 2 else {
                return .failure(Refusal(reason: "\(shape) has no rows and columns"))
            }
            return .success([shape[1], shape[0]])
        case .rows(let rows):
            guard shape.rank > 0, rows.lowerBound >= 0, rows.upperBound <= shape[0] else {
                return .failure(Refusal(reason: "\(shape) has no rows \(rows)"))
            }
            return .success(Shape([rows.count] + shape.lengths.dropFirst()))
        case .unpermuteRows(let heads):
            guard shape.rank > 0, heads > 0, shape[0] % (2 * heads) == 0 else {
                return .failure(Refusal(reason: "\(shape) has no \(heads) heads of paired rows"))
            }
            return .success(shape)
        }
    }

    /// The changed tensor; its shape has been checked.
    func applied(to tensor: Tensor) -> Tensor {
        switch self {
        case .add(let constant): tensor.expanded.backend.scale(tensor.expanded, by: 1, plus: constant)
        case .transpose: tensor.backend.transposed(tensor.expanded)
        case .rows(let rows): tensor.slice(rows)
        case .unpermuteRows(let heads): tensor.copyingRows(Self.halves(rows: tensor.shape[0], heads: heads))
        }
    }

    /// Which stored row each row is to be taken from.
    private static func halves(rows: Int, heads: Int) -> [Int] {
        let half = rows / heads / 2
        return (0..<rows).map { row in
            let (head, within) = row.quotientAndRemainder(dividingBy: 2 * half)
            return head * 2 * half + within % half * 2 + within / half
        }
    }
}

extension Tensor {
    fileprivate var expanded: Tensor { elementType == .float32 ? self : backend.float32(self) }

    /// The bytes of one entry of the first axis.
    private var rowBytes: Int { shape[0] == 0 ? 0 : byteCount / shape[0] }

    /// Some entries of the first axis, in the same memory.
    fileprivate func slice(_ rows: Range<Int>) -> Tensor {
        Tensor(
            shape: Shape([rows.count] + shape.lengths.dropFirst()), elementType: elementType, buffer: buffer,
            byteOffset: byteOffset + rows.lowerBound * rowBytes)
    }

    /// The entries of the first axis in another order, copied as bytes.
    fileprivate func copyingRows(_ order: [Int]) -> Tensor {
        let rowBytes = rowBytes
        let memory = unsafe Buffer(byteCount: byteCount, on: backend) { target in
            guard let base = target.baseAddress else { return }
            for (row, source) in order.enumerated() {
                unsafe (base + row * rowBytes).copyMemory(
                    from: address + source * rowBytes, byteCount: rowBytes)
            }
        }
        return Tensor(shape: shape, elementType: elementType, buffer: memory)
    }
}
