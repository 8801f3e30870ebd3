import Synchronization
package import Tensors

/// The processor under another identity, which counts the primitives it is asked for.
///
/// Its tensors name it as their backend, so an operation that slips past its tensors' backend shows, and
/// tests can ask what a pullback really computed.
package final class RecordingBackend: Backend {
    private let inner = CPUBackend.shared
    private let counts = Mutex<[String: Int]>([:])

    package init() {}

    /// How often each primitive was asked for since the last call; then forgets.
    package func takeCounts() -> [String: Int] {
        counts.withLock { counts in
            defer { counts = [:] }
            return counts
        }
    }

    private func own(_ tensor: Tensor) -> Tensor {
        let buffer = Buffer(address: tensor.address, byteCount: tensor.byteCount, backend: self) { _ in
            withExtendedLifetime(tensor) {}
        }
        return Tensor(shape: tensor.shape, elementType: tensor.elementType, buffer: buffer)
    }

    private func note(_ primitive: String) { counts.withLock { $0[primitive, default: 0] += 1 } }

    private func noted(_ primitive: String, _ tensor: Tensor) -> Tensor {
        note(primitive)
        return own(tensor)
    }

    package func allocate(_ shape: Shape) -> Tensor { own(inner.allocate(shape)) }

    package func filled(_ shape: Shape, with value: Float) -> Tensor {
        noted("filled", inner.filled(shape, with: value))
    }

    package func float32(_ tensor: Tensor) -> Tensor { noted("float32", inner.float32(tensor)) }

    package func add(_ a: Tensor, _ b: Tensor) -> Tensor { noted("add", inner.add(a, b)) }

    package func subtract(_ a: Tensor, _ b: Tensor) -> Tensor { noted("subtract", inner.subtract(a, b)) }

    package func multiply(_ a: Tensor, _ b: Tensor) -> Tensor { noted("multiply", inner.multiply(a, b)) }

    package func scale(_ a: Tensor, by factor: Float, plus constant: Float) -> Tensor {
        noted("scale", inner.scale(a, by: factor, plus: constant))
    }

    package func add(_ a: Tensor, row: Tensor) -> Tensor { noted("add row", inner.add(a, row: row)) }

    package func multiply(_ a: Tensor, row: Tensor) -> Tensor {
        noted("multiply row", inner.multiply(a, row: row))
    }

    package func apply(_ function: ElementFunction, _ a: Tensor) -> Tensor {
        noted("apply", inner.apply(function, a))
    }

    package func applyPullback(_ function: ElementFunction, _ a: Tensor, _ upstream: Tensor) -> Tensor {
        noted("applyPullback", inner.applyPullback(function, a, upstream))
    }

    package func gated(_ function: ElementFunction, gate: Tensor, up: Tensor) -> Tensor {
        noted("gated", inner.gated(function, gate: gate, up: up))
    }

    package func gatedPullback(_ function: ElementFunction, gate: Tensor, up: Tensor, _ upstream: Tensor)
        -> (gate: Tensor, up: Tensor)
    {
        note("gatedPullback")
        let shares = inner.gatedPullback(function, gate: gate, up: up, upstream)
        return (own(shares.gate), own(shares.up))
    }

    package func dropout(_ a: Tensor, rate: Float, key: DropoutKey) -> Tensor {
        noted("dropout", inner.dropout(a, rate: rate, key: key))
    }

    package func sum(_ a: Tensor) -> Tensor { noted("sum", inner.sum(a)) }

    package func sumRows(_ a: Tensor) -> Tensor { noted("sumRows", inner.sumRows(a)) }

    package func sumOfSquares(_ a: Tensor) -> Double { inner.sumOfSquares(a) }

    package func matmul(_ x: Tensor, _ weight: Tensor, bias: Tensor?) -> Tensor {
        noted("matmul", inner.matmul(x, weight, bias: bias))
    }

    package func matmul(_ y: Tensor, untransposed weight: Tensor) -> Tensor {
        noted("matmul untransposed", inner.matmul(y, untransposed: weight))
    }

    package func matmul(transposed y: Tensor, _ x: Tensor) -> Tensor {
        noted("matmul transposed", inner.matmul(transposed: y, x))
    }

    package func gather(_ index: [Int32], from tables: [Tensor]) -> Tensor {
        noted("gather", inner.gather(index, from: tables))
    }

    package func scatterAdd(_ a: Tensor, to index: [Int32], rows: Int) -> Tensor {
        noted("scatterAdd", inner.scatterAdd(a, to: index, rows: rows))
    }

    package func columns(_ range: Range<Int>, of a: Tensor) -> Tensor {
        noted("columns", inner.columns(range, of: a))
    }

    package func joinColumns(_ parts: [Tensor]) -> Tensor { noted("joinColumns", inner.joinColumns(parts)) }

    package func pick(_ index: [Int32], from a: Tensor) -> Tensor {
        noted("pick", inner.pick(index, from: a))
    }

    package func place(_ a: Tensor, at index: [Int32], width: Int) -> Tensor {
        noted("place", inner.place(a, at: index, width: width))
    }

    package func transposed(_ a: Tensor) -> Tensor { noted("transposed", inner.transposed(a)) }

    package func rmsNorm(_ x: Tensor, weight: Tensor, epsilon: Float, weightOffset: Float) -> Tensor {
        noted("rmsNorm", inner.rmsNorm(x, weight: weight, epsilon: epsilon, weightOffset: weightOffset))
    }

    package func rmsNormPullback(
        _ x: Tensor, weight: Tensor, epsilon: Float, weightOffset: Float, _ upstream: Tensor,
        needsWeight: Bool
    ) -> (x: Tensor, weight: Tensor?) {
        note(needsWeight ? "rmsNormPullback with weight" : "rmsNormPullback")
        let shares = inner.rmsNormPullback(
            x, weight: weight, epsilon: epsilon, weightOffset: weightOffset, upstream,
            needsWeight: needsWeight)
        return (own(shares.x), shares.weight.map(own))
    }

    package func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) -> Tensor {
        noted("layerNorm", inner.layerNorm(x, weight: weight, bias: bias, epsilon: epsilon))
    }

    package func layerNormPullback(
        _ x: Tensor, weight: Tensor, epsilon: Float, _ upstream: Tensor, needsWeight: Bool
    ) -> (x: Tensor, weight: Tensor?, bias: Tensor?) {
        note(needsWeight ? "layerNormPullback with weight" : "layerNormPullback")
        let shares = inner.layerNormPullback(
            x, weight: weight, epsilon: epsilon, upstream, needsWeight: needsWeight)
        return (own(shares.x), shares.weight.map(own), shares.bias.map(own))
    }

    package func rotary(_ x: Tensor, _ angles: RotaryAngles, inverse: Bool) -> Tensor {
        noted("rotary", inner.rotary(x, angles, inverse: inverse))
    }

    package func attention(_ input: AttentionInput) -> (output: Tensor, logSums: Tensor) {
        note("attention")
        let result = inner.attention(input)
        return (own(result.output), own(result.logSums))
    }

    package func attentionPullback(
        _ input: AttentionInput, output: Tensor, logSums: Tensor, _ upstream: Tensor, needsPasts: Bool
    ) -> AttentionGradients {
        note(needsPasts ? "attentionPullback with pasts" : "attentionPullback")
        var shares = inner.attentionPullback(
            input, output: output, logSums: logSums, upstream, needsPasts: needsPasts)
        shares.queries = own(shares.queries)
        shares.keys = own(shares.keys)
        shares.values = own(shares.values)
        shares.pasts = shares.pasts.map { (keys: own($0.keys), values: own($0.values)) }
        return shares
    }

    package func logSoftmax(_ a: Tensor) -> Tensor { noted("logSoftmax", inner.logSoftmax(a)) }

    package func logSoftmaxPullback(output: Tensor, _ upstream: Tensor) -> Tensor {
        noted("logSoftmaxPullback", inner.logSoftmaxPullback(output: output, upstream))
    }

    package func adamW(
        weight: Tensor, moments: (first: Tensor, second: Tensor), gradient: Tensor, _ step: AdamWStep
    ) -> (weight: Tensor, first: Tensor, second: Tensor) {
        let result = inner.adamW(weight: weight, moments: moments, gradient: gradient, step)
        return (own(result.weight), own(result.first), own(result.second))
    }

    package func adafactor(weight: Tensor, second: Tensor, gradient: Tensor, _ step: AdafactorStep)
        -> (weight: Tensor, second: Tensor)
    {
        let result = inner.adafactor(weight: weight, second: second, gradient: gradient, step)
        return (own(result.weight), own(result.second))
    }
}
