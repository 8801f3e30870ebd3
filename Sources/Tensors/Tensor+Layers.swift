extension Tensor {
    /// Root-mean-square norm of each row (Zhang & Sennrich 2019): `x / rms(x) * (weight + weightOffset)`.
    ///
    /// `weightOffset` is 1 for Gemma, which stores its weights around zero.
    public func rmsNorm(_ weight: Tensor, epsilon: Float, weightOffset: Float = 0) -> Tensor {
        precondition(weight.shape.count == shape.width, "rmsNorm: \(weight.shape) for \(shape)")
        let (x, w) = (detached, weight.float32().detached)
        let needsWeight = weight.isRecorded
        return backend.rmsNorm(x, weight: w, epsilon: epsilon, weightOffset: weightOffset)
            .recorded(from: [self, weight]) { upstream in
                let shares = upstream.backend.rmsNormPullback(
                    x, weight: w, epsilon: epsilon, weightOffset: weightOffset, upstream,
                    needsWeight: needsWeight)
                return [shares.x, shares.weight]
            }
    }

    /// Layer norm of each row (Ba et al. 2016).
    public func layerNorm(_ weight: Tensor, bias: Tensor, epsilon: Float) -> Tensor {
        precondition(
            weight.shape.count == shape.width && bias.shape.count == shape.width,
            "layerNorm: \(weight.shape), \(bias.shape) for \(shape)")
        let (x, w) = (detached, weight.float32().detached)
        let needsWeight = weight.isRecorded || bias.isRecorded
        return backend.layerNorm(x, weight: w, bias: bias.float32().detached, epsilon: epsilon)
            .recorded(from: [self, weight, bias]) { upstream in
                let shares = upstream.backend.layerNormPullback(
                    x, weight: w, epsilon: epsilon, upstream, needsWeight: needsWeight)
                return [shares.x, shares.weight, shares.bias]
            }
    }

    /// Each head's coordinates rotated by its row's position (Su et al. 2021). `[N, heads * headWidth]`.
    public func rotated(_ angles: RotaryAngles) -> Tensor {
        precondition(
            angles.positions.count == shape.rows && shape.width % angles.headWidth == 0,
            "rotated: \(angles.positions.count) positions, head \(angles.headWidth) for \(shape)")
        return backend.rotary(self, angles, inverse: false).recorded(from: [self]) { upstream in
            [upstream.backend.rotary(upstream, angles, inverse: true)]
        }
    }

    /// Scaled dot-product attention over packed sequences (Vaswani et al. 2017; grouped heads, Ainslie et al. 2023).
    ///
    /// The scores are not kept: the pullback makes them again from the logarithm of each row's sum
    /// (Dao et al. 2022). Gradients go to queries, keys, values, and to the keys and values of pasts on the tape.
    ///
    /// Sequences that others read (``AttentionInput/ancestorsOf``) become blocks of their own keys and values here, so
    /// that the kernels know one kind of past only.
    public static func attention(_ input: AttentionInput) -> Tensor {
        let input = input.withAncestorsAsPasts
        let constants = input.detached
        let result = constants.queries.backend.attention(constants)
        let needsPasts = input.pasts.contains { $0.keys.isRecorded || $0.values.isRecorded }
        let parents =
            [input.queries, input.keys, input.values] + input.pasts.flatMap { [$0.keys, $0.values] }
        return result.output.recorded(from: parents) { upstream in
            let shares = upstream.backend.attentionPullback(
                constants, output: result.output, logSums: result.logSums, upstream, needsPasts: needsPasts)
            let pasts: [Tensor?] =
                needsPasts
                ? shares.pasts.flatMap { [$0.keys, $0.values] }
                : Array(repeating: nil, count: constants.pasts.count * 2)
            return [shares.queries, shares.keys, shares.values] + pasts
        }
    }

    /// Natural-log softmax of each row.
    public func logSoftmax() -> Tensor {
        let output = backend.logSoftmax(self)
        return output.recorded(from: [self]) { [$0.backend.logSoftmaxPullback(output: output, $0)] }
    }

    /// The mean over rows of the negative log-probability of each row's target, in nats.
    ///
    /// - Parameter targets: one column a row.
    public func crossEntropy(_ targets: [Int32]) -> Tensor {
        logSoftmax().picking(targets).mean().scaled(by: -1)
    }

    /// The mean over rows of the cross-entropy against target distributions, in nats.
    ///
    /// - Parameter targets: `[N, C]`, rows that sum to one; a constant.
    public func crossEntropy(distributions targets: Tensor) -> Tensor {
        (logSoftmax() * targets.detached).sum().scaled(by: -1 / Float(max(1, shape.rows)))
    }
}

extension AttentionInput {
    /// The same input in which sequences that others read have become blocks.
    fileprivate var withAncestorsAsPasts: AttentionInput {
        let read = Set(ancestorsOf.joined()).sorted()
        guard !read.isEmpty else { return self }
        let starts = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        var copy = self
        var blockOf: [Int: Int] = [:]
        for sequence in read {
            let rows = starts[sequence]..<starts[sequence + 1]
            blockOf[sequence] = copy.pasts.count
            copy.pasts.append((keys.rows(rows), values.rows(rows)))
        }
        copy.pastsOf = zip(pastsOf, ancestorsOf).map { $0 + $1.compactMap { blockOf[$0] } }
        copy.ancestorsOf = Array(repeating: [], count: lengths.count)
        return copy
    }

    fileprivate var detached: AttentionInput {
        var copy = self
        copy.queries = queries.detached
        copy.keys = keys.detached
        copy.values = values.detached
        copy.pasts = pasts.map { ($0.keys.detached, $0.values.detached) }
        return copy
    }
}
