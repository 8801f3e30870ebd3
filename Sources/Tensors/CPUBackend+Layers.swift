internal import CKernels

extension CPUBackend {
    /// See ``Backend/rmsNorm(_:weight:epsilon:weightOffset:)``.
    public func rmsNorm(_ x: Tensor, weight: Tensor, epsilon: Float, weightOffset: Float) -> Tensor {
        filling(x.shape) {
            ck_rms_norm($0, x.pointer, weight.pointer, epsilon, weightOffset, x.shape.rows, x.shape.width)
        }
    }

    /// See ``Backend/rmsNormPullback(_:weight:epsilon:weightOffset:_:needsWeight:)``.
    public func rmsNormPullback(
        _ x: Tensor, weight: Tensor, epsilon: Float, weightOffset: Float, _ upstream: Tensor,
        needsWeight: Bool
    ) -> (x: Tensor, weight: Tensor?) {
        let (share, inverse) = (allocate(x.shape), allocate([x.shape.rows]))
        let weightShare = needsWeight ? allocate(weight.shape) : nil
        ck_rms_norm_pullback(
            share.pointer, weightShare?.pointer, inverse.pointer, x.pointer, weight.pointer, upstream.pointer,
            epsilon,
            weightOffset, x.shape.rows, x.shape.width)
        return (share, weightShare)
    }

    /// See ``Backend/layerNorm(_:weight:bias:epsilon:)``.
    public func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) -> Tensor {
        filling(x.shape) {
            ck_layer_norm($0, x.pointer, weight.pointer, bias.pointer, epsilon, x.shape.rows, x.shape.width)
        }
    }

    /// See ``Backend/layerNormPullback(_:weight:epsilon:_:needsWeight:)``.
    public func layerNormPullback(
        _ x: Tensor, weight: Tensor, epsilon: Float, _ upstream: Tensor, needsWeight: Bool
    ) -> (x: Tensor, weight: Tensor?, bias: Tensor?) {
        let share = allocate(x.shape)
        let (inverse, mean) = (allocate([x.shape.rows]), allocate([x.shape.rows]))
        let weightShare = needsWeight ? allocate(weight.shape) : nil
        let biasShare = needsWeight ? allocate(weight.shape) : nil
        ck_layer_norm_pullback(
            share.pointer, weightShare?.pointer, biasShare?.pointer, inverse.pointer, mean.pointer, x.pointer,
            weight.pointer, upstream.pointer, epsilon, x.shape.rows, x.shape.width)
        return (share, weightShare, biasShare)
    }

    /// See ``Backend/rotary(_:_:inverse:)``.
    public func rotary(_ x: Tensor, _ angles: RotaryAngles, inverse: Bool) -> Tensor {
        filling(x.shape) {
            ck_rotary(
                $0, x.pointer, angles.cosines, angles.sines, angles.pairs, inverse ? 1 : 0, x.shape.rows,
                x.shape.width / angles.headWidth, angles.headWidth)
        }
    }

    /// See ``Backend/attention(_:)``.
    public func attention(_ input: AttentionInput) -> (output: Tensor, logSums: Tensor) {
        let output = allocate(input.queries.shape)
        let logSums = allocate([input.queries.shape.rows, input.heads])
        withKernelInput(input) { ck_attend(output.pointer, logSums.pointer, $0) }
        return (output, logSums)
    }

    /// See ``Backend/attentionPullback(_:output:logSums:_:needsPasts:)``.
    public func attentionPullback(
        _ input: AttentionInput, output: Tensor, logSums: Tensor, _ upstream: Tensor, needsPasts: Bool
    ) -> AttentionGradients {
        let shares = AttentionGradients(
            queries: allocate(input.queries.shape), keys: allocate(input.keys.shape),
            values: allocate(input.values.shape),
            pasts: needsPasts ? input.pasts.map { (allocate($0.keys.shape), allocate($0.values.shape)) } : [])
        var keyShares: [UnsafeMutablePointer<Float>?] = shares.pasts.map { $0.keys.pointer }
        var valueShares: [UnsafeMutablePointer<Float>?] = shares.pasts.map { $0.values.pointer }
        withKernelInput(input) {
            ck_attend_pullback(
                shares.queries.pointer, shares.keys.pointer, shares.values.pointer, &keyShares, &valueShares,
                shares.pasts.count, $0, output.pointer, logSums.pointer, upstream.pointer)
        }
        return shares
    }

    private func withKernelInput(_ input: AttentionInput, _ body: (UnsafePointer<ck_attention>) -> Void) {
        let pasts = input.pasts.map {
            ck_past(
                keys: UnsafePointer($0.keys.pointer), values: UnsafePointer($0.values.pointer),
                rows: $0.keys.shape.rows)
        }
        let chains = input.pastsOf.flatMap { $0 }
        let starts = input.pastsOf.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
        input.lengths.withUnsafeBufferPointer { lengths in
            pasts.withUnsafeBufferPointer { pasts in
                chains.withUnsafeBufferPointer { chains in
                    starts.withUnsafeBufferPointer { starts in
                        var record = ck_attention(
                            queries: input.queries.pointer, keys: input.keys.pointer,
                            values: input.values.pointer,
                            lengths: lengths.baseAddress, sequences: lengths.count, pasts: pasts.baseAddress,
                            chains: chains.baseAddress, chain_starts: starts.baseAddress, heads: input.heads,
                            kv_heads: input.keyValueHeads, width: input.headWidth,
                            causal: input.isCausal ? 1 : 0, window: input.window ?? 0, scale: input.scale)
                        body(&record)
                    }
                }
            }
        }
    }

    /// See ``Backend/adamW(weight:moments:gradient:_:)``.
    public func adamW(
        weight: Tensor, moments: (first: Tensor, second: Tensor), gradient: Tensor, _ step: AdamWStep
    ) -> (weight: Tensor, first: Tensor, second: Tensor) {
        let shape = weight.shape
        let (newWeight, first, second) = (allocate(shape), allocate(shape), allocate(shape))
        ck_adamw(
            newWeight.pointer, first.pointer, second.pointer, weight.pointer, moments.first.pointer,
            moments.second.pointer, gradient.pointer, step.gradientScale, step.rate, step.beta1, step.beta2,
            step.epsilon, step.decay, step.correction1, step.correction2, shape.count)
        return (newWeight, first, second)
    }

    /// See ``Backend/adafactor(weight:second:gradient:_:)``.
    public func adafactor(weight: Tensor, second: Tensor, gradient: Tensor, _ step: AdafactorStep)
        -> (weight: Tensor, second: Tensor)
    {
        let (newWeight, newSecond) = (allocate(weight.shape), allocate(weight.shape))
        ck_adafactor(
            newWeight.pointer, newSecond.pointer, weight.pointer, second.pointer, gradient.pointer,
            step.gradientScale, step.rate, step.decay2, step.epsilon, step.clip, step.weightDecay,
            weight.shape.count)
        return (newWeight, newSecond)
    }
}

extension AdamWStep {
    /// `1 - beta1^step`.
    var correction1: Float { Float(1 - Self.power(Double(beta1), step)) }
    /// `1 - beta2^step`.
    var correction2: Float { Float(1 - Self.power(Double(beta2), step)) }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, factor, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return result
    }
}
