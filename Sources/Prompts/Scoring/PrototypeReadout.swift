package import Layers
package import Models
package import Tensors

/// Labels by the nearest of their trained prototypes (ProtoVerb, Cui et al. 2022, §3.2): the state at the answer, mapped to
/// a small space, and the cosine with each label's prototype; no temperature, as in OpenPrompt.
///
/// Together with label words the two scores are each made mean 0 and deviation 1 over the labels (n - 1 in the deviation)
/// and averaged, as OpenPrompt's `multi` has it; a label's words count by their mean score. With two labels that
/// leaves a sign of each only, so where the two disagree the first label answers.
package struct PrototypeReadout: TrainedReadout {
    /// What the names of its weights begin with.
    package static let path = ParameterPath("prototypes")
    /// The width of the space (OpenPrompt's `mid_dim`).
    package static let width = 64

    private let model: any LanguageModel
    private let words: EncodedVerbalizer
    private let masks: Int?
    private let combinesWords: Bool
    private let map: Linear
    private let centres: Parameter

    package init(
        _ model: any LanguageModel, _ words: EncodedVerbalizer, masks: Int? = nil, combinesWords: Bool = false
    ) {
        self.model = model
        self.words = words
        self.masks = masks
        self.combinesWords = combinesWords
        map = Linear(Self.path / "map", inputs: model.traits.width, outputs: Self.width)
        centres = (Self.path / "centres").parameter([words.labels.count, Self.width])
    }

    package var labels: [String] { words.labels }
    /// `prototypes.map.weight`, `[64, D]`, and `prototypes.centres`, `[labels, 64]`.
    package var parameters: [Parameter] { map.parameters + [centres] }

    /// The map starts as `torch.nn.Linear` does, the prototypes uniform in ±√(6 / (labels + 64)) (Xavier).
    package func start(_ random: inout CounterRandom, _ pretrained: PretrainedModel) -> NamedTensors {
        let bound = (6 / Float(labels.count + Self.width)).squareRoot()
        var start = map.start(&random, on: pretrained.backend)
        start[centres.name] = .uniform(centres.shape, within: bound, &random, on: pretrained.backend)
        return start
    }

    package func request(_ prompt: EncodedPrompt, owner: Int) -> PackedPrompts.Request {
        prompt.stateRequest(masks: masks, owner: owner)
    }

    package func rowCount(_ prompt: EncodedPrompt) -> Int { prompt.stateRows(masks: masks) }

    /// The mapped states at length 1, `[N, 64]`.
    package func points(_ hidden: Tensor, _ pass: Pass) -> Tensor { map(hidden, pass).unitRows }

    /// The cosine of each point with each label's prototype, `[N, labels]`.
    package func cosines(_ points: Tensor, _ pass: Pass) -> Tensor { points.matmul(pass[centres].unitRows) }

    package func logProbabilities(_ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass)
        -> Tensor
    {
        let cosines = cosines(points(hidden, pass), pass)
        guard combinesWords else { return cosines.logSoftmax() }
        let manual = words.labelMeans(words.slotScores(hidden, model, pass))
        return (cosines.standardised + manual.standardised).scaled(by: 0.5).logSoftmax()
    }
}

extension Tensor {
    /// Each row at length 1.
    fileprivate var unitRows: Tensor {
        let ones = Tensor(repeating: 1, shape: [shape.width], on: backend)
        return rmsNorm(ones, epsilon: 1e-20).scaled(by: 1 / Float(shape.width).squareRoot())
    }

    /// Each row less its mean, over its deviation with n - 1; a row of equal numbers is nought. No gradient flows.
    fileprivate var standardised: Tensor {
        let (values, count) = (floats, shape.width)
        var result = [Float](repeating: 0, count: values.count)
        for row in 0..<shape.rows {
            let own = values[row * count..<(row + 1) * count]
            let mean = own.reduce(0, +) / Float(count)
            let squares = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let deviation = (squares / Float(max(1, count - 1))).squareRoot()
            guard deviation > 0 else { continue }
            for (place, value) in own.enumerated() {
                result[row * count + place] = (value - mean) / deviation
            }
        }
        return Tensor(result, shape: shape, on: backend)
    }
}
