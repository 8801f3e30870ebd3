/// A device: the primitives every operation and every gradient is made of.
///
/// Primitives take and give constants (no tape); shapes are checked by the operations above them. All arithmetic
/// is float32. `N` packed rows, `D` width, `O` outputs, `S` sequences, `V` vocabulary.
public protocol Backend: Sendable {
    // MARK: Memory

    /// A float32 tensor with arbitrary contents, to be filled by its maker.
    func allocate(_ shape: Shape) -> Tensor
    /// A float32 tensor whose elements are all `value`.
    func filled(_ shape: Shape, with value: Float) -> Tensor
    /// Any element type, expanded.
    func float32(_ tensor: Tensor) -> Tensor

    // MARK: Elementwise

    /// `a + b`, equal shapes.
    func add(_ a: Tensor, _ b: Tensor) -> Tensor
    /// `a - b`, equal shapes.
    func subtract(_ a: Tensor, _ b: Tensor) -> Tensor
    /// `a * b`, equal shapes.
    func multiply(_ a: Tensor, _ b: Tensor) -> Tensor
    /// `factor * a + constant`.
    func scale(_ a: Tensor, by factor: Float, plus constant: Float) -> Tensor
    /// `a + row` for every row; `row` is `[D]`.
    func add(_ a: Tensor, row: Tensor) -> Tensor
    /// `a * row` for every row; `row` is `[D]`.
    func multiply(_ a: Tensor, row: Tensor) -> Tensor
    /// The function at every element.
    func apply(_ function: ElementFunction, _ a: Tensor) -> Tensor
    /// The function's derivative at every element of `a`, times `upstream`.
    func applyPullback(_ function: ElementFunction, _ a: Tensor, _ upstream: Tensor) -> Tensor
    /// `function(gate) * up`, the gated unit of Llama and Gemma.
    func gated(_ function: ElementFunction, gate: Tensor, up: Tensor) -> Tensor
    /// The gradients of ``gated(_:gate:up:)`` for gate and up.
    func gatedPullback(_ function: ElementFunction, gate: Tensor, up: Tensor, _ upstream: Tensor)
        -> (gate: Tensor, up: Tensor)
    /// Zero at random places, the rest scaled by `1 / (1 - rate)`; the same `key` gives the same places.
    func dropout(_ a: Tensor, rate: Float, key: DropoutKey) -> Tensor

    // MARK: Reductions

    /// The sum of all elements, `[]`; a fixed order of addition.
    func sum(_ a: Tensor) -> Tensor
    /// The sum over rows, `[D]`.
    func sumRows(_ a: Tensor) -> Tensor
    /// The sum of squares of all elements, accumulated in double precision.
    func sumOfSquares(_ a: Tensor) -> Double

    // MARK: Matrix products

    /// `x · weightᵀ (+ bias)`: `[N, K]`, `[O, K]` of any element type, `[O]` -> `[N, O]`.
    func matmul(_ x: Tensor, _ weight: Tensor, bias: Tensor?) -> Tensor
    /// `y · weight`: `[N, O]`, `[O, K]` of any element type -> `[N, K]`; the input gradient of ``matmul(_:_:bias:)``.
    func matmul(_ y: Tensor, untransposed weight: Tensor) -> Tensor
    /// `yᵀ · x`: `[N, O]`, `[N, K]` -> `[O, K]`; the weight gradient of ``matmul(_:_:bias:)``.
    func matmul(transposed y: Tensor, _ x: Tensor) -> Tensor

    // MARK: Rows and columns

    /// Rows of tables laid end to end: `index` counts through all of them. `[count, D]`.
    func gather(_ index: [Int32], from tables: [Tensor]) -> Tensor
    /// `[rows, D]` in which row `index[i]` has received row `i` of `a`; negative indices are skipped.
    func scatterAdd(_ a: Tensor, to index: [Int32], rows: Int) -> Tensor
    /// The columns of a range, `[N, range.count]`.
    func columns(_ range: Range<Int>, of a: Tensor) -> Tensor
    /// Parts laid side by side, `[N, sum of widths]`.
    func joinColumns(_ parts: [Tensor]) -> Tensor
    /// `a[i, index[i]]`, `[N]`.
    func pick(_ index: [Int32], from a: Tensor) -> Tensor
    /// `[N, width]` of zeros with `a[i]` at column `index[i]` of row `i`.
    func place(_ a: Tensor, at index: [Int32], width: Int) -> Tensor
    /// Rows and columns exchanged, `[D, N]`.
    func transposed(_ a: Tensor) -> Tensor

    // MARK: Norms, rotary positions, attention, softmax

    /// Root-mean-square norm of each row times `weight + weightOffset`.
    func rmsNorm(_ x: Tensor, weight: Tensor, epsilon: Float, weightOffset: Float) -> Tensor
    /// The gradients of ``rmsNorm(_:weight:epsilon:weightOffset:)``; the weight's only if asked for.
    func rmsNormPullback(
        _ x: Tensor, weight: Tensor, epsilon: Float, weightOffset: Float, _ upstream: Tensor,
        needsWeight: Bool
    ) -> (x: Tensor, weight: Tensor?)
    /// Layer norm of each row, times `weight`, plus `bias`.
    func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) -> Tensor
    /// The gradients of ``layerNorm(_:weight:bias:epsilon:)``; weight's and bias's only if asked for.
    func layerNormPullback(
        _ x: Tensor, weight: Tensor, epsilon: Float, _ upstream: Tensor, needsWeight: Bool
    ) -> (x: Tensor, weight: Tensor?, bias: Tensor?)
    /// Rotates each pair of a head's coordinates by its row's angle; `inverse` turns back.
    func rotary(_ x: Tensor, _ angles: RotaryAngles, inverse: Bool) -> Tensor
    /// Scaled dot-product attention over packed sequences and the pasts they read.
    /// - Returns: `[N, heads * headWidth]`, and per row and head the natural log of the softmax's denominator.
    func attention(_ input: AttentionInput) -> (output: Tensor, logSums: Tensor)
    /// The gradients of ``attention(_:)``; those of pasts only if asked for, one a block.
    func attentionPullback(
        _ input: AttentionInput, output: Tensor, logSums: Tensor, _ upstream: Tensor, needsPasts: Bool
    ) -> AttentionGradients
    /// Natural-log softmax of each row.
    func logSoftmax(_ a: Tensor) -> Tensor
    /// The gradient of ``logSoftmax(_:)`` from its output.
    func logSoftmaxPullback(output: Tensor, _ upstream: Tensor) -> Tensor

    // MARK: Optimizers

    /// One AdamW step: new weight and moments.
    func adamW(weight: Tensor, moments: (first: Tensor, second: Tensor), gradient: Tensor, _ step: AdamWStep)
        -> (weight: Tensor, first: Tensor, second: Tensor)
    /// One Adafactor step with an unfactored second moment: new weight and second moment.
    func adafactor(weight: Tensor, second: Tensor, gradient: Tensor, _ step: AdafactorStep)
        -> (weight: Tensor, second: Tensor)
}

/// A function of one element, with the derivative each backend knows.
public enum ElementFunction: Int32, Sendable, CaseIterable {
    case relu, silu, gelu, geluTanh, tanh, sigmoid, exp, log, square
}

/// Where dropout falls: a pure function of these numbers, so that order and threads do not matter.
public struct DropoutKey: Sendable {
    /// The run's seed.
    public var seed: UInt64
    /// The training step.
    public var step: UInt64
    /// The place in the model, a different one at each call of a pass.
    public var site: UInt64

    /// A key of seed, step and site.
    public init(seed: UInt64, step: UInt64, site: UInt64) {
        self.seed = seed
        self.step = step
        self.site = site
    }
}

/// The numbers of one AdamW step (Loshchilov & Hutter 2019, algorithm 2, as PyTorch has it: decay times rate).
public struct AdamWStep: Sendable {
    /// The learning rate.
    public var rate: Float
    /// How much of the first moment is kept.
    public var beta1: Float
    /// How much of the second moment is kept.
    public var beta2: Float
    /// Added after the square root.
    public var epsilon: Float
    /// The share of the weight, times the rate, that is taken away.
    public var decay: Float
    /// Counts from 1; the bias corrections are powers of it.
    public var step: Int
    /// The gradient is multiplied by this first (clipping).
    public var gradientScale: Float

    /// The numbers of step number `step`; the defaults are PyTorch's.
    public init(
        rate: Float, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, decay: Float = 0,
        step: Int,
        gradientScale: Float = 1
    ) {
        self.rate = rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.decay = decay
        self.step = step
        self.gradientScale = gradientScale
    }
}

/// The numbers of one Adafactor step (Shazeer & Stern 2018; unfactored, no parameter scaling, no momentum).
public struct AdafactorStep: Sendable {
    /// The learning rate.
    public var rate: Float
    /// Second-moment decay of this step, `1 - step^-0.8`.
    public var decay2: Float
    /// Added to the squared gradient.
    public var epsilon: Float
    /// The update's root mean square is brought down to this.
    public var clip: Float
    /// The weight loses this share of itself, not multiplied by the rate (T5X).
    public var weightDecay: Float
    /// The gradient is multiplied by this first (clipping).
    public var gradientScale: Float

    /// The numbers of one step; the defaults are the paper's and T5X's.
    public init(
        rate: Float, decay2: Float, epsilon: Float = 1e-30, clip: Float = 1, weightDecay: Float = 0,
        gradientScale: Float = 1
    ) {
        self.rate = rate
        self.decay2 = decay2
        self.epsilon = epsilon
        self.clip = clip
        self.weightDecay = weightDecay
        self.gradientScale = gradientScale
    }
}
