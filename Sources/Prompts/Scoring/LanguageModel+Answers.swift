internal import Layers
internal import Models
internal import Tensors

extension LanguageModel {
    /// The log-probability of every token of every candidate, over the whole vocabulary, in nats.
    ///
    /// No gradient flows through it. The vocabulary is met a few rows at a time, so that memory does not grow
    /// with the candidates' tokens.
    /// - Parameter hidden: `[R, D]`, the readouts of these readings, in order.
    func answerScores(_ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass) -> [AnswerScores] {
        var tokensOf = [[Int32]](repeating: [], count: hidden.shape.rows)
        for reading in readings {
            for step in reading.steps.joined() {
                tokensOf[reading.readouts.lowerBound + step.readout].append(step.token)
            }
        }
        var values = tokensOf.indices.map { _ in [Int32: Float]() }
        for start in stride(from: 0, to: tokensOf.count, by: readoutsATime) {
            let part = start..<min(tokensOf.count, start + readoutsATime)
            let table = scores(hidden.rows(part), vocabulary: nil, pass).logSoftmax()
            let places = part.flatMap { readout in tokensOf[readout].map { (readout, $0) } }
            let index = places.map { Int32(($0 - start) * table.shape.width + Int($1)) }
            let picked = table.reshaped([table.shape.count, 1]).rows(index).floats
            for ((readout, token), value) in zip(places, picked) { values[readout][token] = value }
        }
        return readings.map { reading in
            AnswerScores(
                steps: reading.steps.map { steps in
                    steps.map { values[reading.readouts.lowerBound + $0.readout][$0.token] ?? -.infinity }
                })
        }
    }

    /// How many rows of scores are held at once.
    private var readoutsATime: Int { max(8, (1 << 25) / traits.vocabularySize) }
}
