import Layers
import Prompts
import Tensors
import TestSupport
import Testing

@Suite struct PseudoTokenEncoderTests {
    private typealias Kind = PseudoTokenEncoder.Kind

    @Test(arguments: [
        (Kind.lama, 9, 768, 8_278_272), (.fewGLUE, 1, 128, 708_992),
        (.peftPerceptron(hidden: 128), 20, 576, 176_192),
        // Embedding(5, 48), two layers of 16 in both directions, 32 -> 32 -> 48.
        (
            .peftLSTM(hidden: 16, layers: 2), 5, 48,
            240 + 2 * (64 * 64 + 128) + 2 * (64 * 48 + 128) + 1_056 + 1_584
        ),
        (.fewGLUEPerceptron, 2, 8, 16 + 72 + 72),
    ])
    private func `parameter counts are those of the publications`(
        _ kind: Kind, _ tokens: Int, _ width: Int, _ count: Int
    ) {
        let encoder = PseudoTokenEncoder(kind, tokens: tokens, width: width)
        #expect(encoder.parameters.reduce(0) { $0 + $1.shape.count } == count)
        #expect(Set(encoder.parameters.map(\.name)).count == encoder.parameters.count)
    }

    @Test(arguments: [
        Kind.lama, .fewGLUE, .fewGLUEPerceptron, .peftLSTM(hidden: 3, layers: 1), .peftPerceptron(hidden: 5),
    ])
    private func `gradients agree with finite differences`(_ kind: Kind) {
        let encoder = PseudoTokenEncoder(kind, tokens: 3, width: 4)
        var random = CounterRandom(seed: 9)
        let start = encoder.start(&random, on: CPUBackend.shared)
        let names = start.names
        expectGradient(
            of: { values in
                encoder.rows(.inference(NamedTensors(Dictionary(uniqueKeysWithValues: zip(names, values)))))
            }, at: names.compactMap { start[$0] }, step: 1e-3, absolute: 2e-2)
    }
}
