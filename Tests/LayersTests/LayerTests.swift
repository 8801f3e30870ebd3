import Layers
import Tensors
import TestSupport
import Testing

@Suite struct LayerTests {
    private let backend = CPUBackend.shared

    /// Random weights for parameters, under their names.
    private func weights(_ parameters: [Parameter], seed: UInt64 = 1) -> NamedTensors {
        var random = RandomTensors(seed: seed)
        return parameters.reduce(into: NamedTensors()) { $0[$1.name] = random.normal($1.shape, scale: 0.4) }
    }

    /// Finite differences of a layer with respect to its input and all its weights.
    private func expectGradient(
        _ parameters: [Parameter], _ x: Tensor, _ layer: (Tensor, Pass) -> Tensor,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let weights = weights(parameters)
        let inputs = [x] + parameters.compactMap { weights[$0.name] }
        TestSupport.expectGradient(
            of: { tensors in
                let named = zip(parameters, tensors.dropFirst()).reduce(into: NamedTensors()) {
                    $0[$1.0.name] = $1.1
                }
                return layer(tensors[0], .inference(named))
            }, at: inputs, sourceLocation: sourceLocation)
    }

    private func input(_ rows: Int, _ width: Int) -> Tensor {
        var random = RandomTensors(seed: 7)
        return random.normal([rows, width])
    }

    @Test(arguments: [true, false])
    func `a linear map has a weight, and a bias where it is asked for`(_ hasBias: Bool) {
        let linear = Linear(ParameterPath("a"), inputs: 5, outputs: 3, hasBias: hasBias)
        #expect(linear.parameters.map(\.name) == (hasBias ? ["a.weight", "a.bias"] : ["a.weight"]))
        expectGradient(linear.parameters, input(4, 5)) { linear($0, $1) }
    }

    @Test func `an embedding gives rows, and scores of all or some rows`() throws {
        let embedding = Embedding(ParameterPath("e"), count: 7, width: 4)
        let pass = Pass.inference(weights(embedding.parameters))
        let rows = embedding([3, 0, 3], pass)
        #expect(rows.shape == [3, 4])
        let all = embedding.scores(rows, vocabulary: nil, pass)
        #expect(all.shape == [3, 7])
        expectClose(
            embedding.scores(rows, vocabulary: [6, 2], pass),
            Tensor.joinColumns([all.columns(6..<7), all.columns(2..<3)]))
    }

    @Test func `feed-forward layers pass on gradients to input and weights`() {
        let plain = FeedForward(
            inner: Linear(ParameterPath("i"), inputs: 4, outputs: 6, hasBias: true),
            outer: Linear(ParameterPath("o"), inputs: 6, outputs: 4, hasBias: true), activation: .geluTanh)
        expectGradient(plain.parameters, input(3, 4)) { plain($0, $1) }
        let gated = GatedFeedForward(ParameterPath("g"), width: 4, inner: 6, activation: .silu, hasBias: true)
        #expect(gated.parameters.count == 6)
        expectGradient(gated.parameters, input(3, 4)) { gated($0, $1) }
    }

    @Test func `norms of rows and of heads`() {
        let norm = RMSNorm(ParameterPath("n"), width: 4, epsilon: 1e-5, weightOffset: 1)
        expectGradient(norm.parameters, input(3, 4)) { norm($0, $1) }
        expectGradient(norm.parameters, input(3, 8)) { norm.eachHead($0, $1) }
        let layerNorm = LayerNorm(ParameterPath("l"), width: 4, epsilon: 1e-5)
        expectGradient(layerNorm.parameters, input(3, 4)) { layerNorm($0, $1) }
        let pass = Pass.inference(weights(norm.parameters))
        let x = input(2, 8)
        let heads = Tensor.joinColumns([norm(x.columns(0..<4), pass), norm(x.columns(4..<8), pass)])
        expectClose(norm.eachHead(x, pass), heads)
    }

    /// Four query heads over two key heads, rotary positions, head norms and biases: all that a family may
    /// ask.
    private var attention: Attention {
        Attention(
            ParameterPath("a"), width: 6,
            heads: AttentionHeads(count: 4, keyValueCount: 2, width: 4, isCausal: true), hasBias: true,
            hasOutputBias: true, headNorm: { RMSNorm($0, width: 4, epsilon: 1e-5) })
    }

    private func rows(_ lengths: [Int]) -> PackedRows {
        let positions = lengths.flatMap { (0..<Int32($0)).map { $0 } }
        return PackedRows(
            lengths: lengths, angles: RotaryPositions(headWidth: 4, base: 100).angles(positions))
    }

    @Test func `attention passes on gradients to input and all weights`() {
        let attention = attention
        #expect(attention.parameters.count == 10)
        expectGradient(attention.parameters, input(5, 6)) { attention($0, rows([3, 2]), $1).output }
    }

    @Test func `attention read at some rows gives those rows, and keys and values of all`() {
        let pass = Pass.inference(weights(attention.parameters))
        let all = attention(input(5, 6), rows([3, 2]), pass)
        let some = attention(input(5, 6), rows([3, 2]), readouts: [4, 2], pass)
        expectClose(some.output, all.output.rows([4, 2]))
        expectClose(some.keys, all.keys)
        expectClose(some.values, all.values)
        #expect(all.keys.shape == [5, 8])
        let none = attention(input(5, 6), rows([3, 2]), readouts: [], pass)
        #expect(none.output.shape == [0, 6] && none.keys.shape == [5, 8])
    }
}
