public import Layers
public import Tensors

/// The network that makes the embeddings of pseudo-tokens in training, so that they depend on one another
/// (P-tuning, Liu et al. 2021, §3.2): a table, an LSTM in both directions or none, and linear maps with ReLU
/// between. It is dropped after training; only its output is stored.
public struct PseudoTokenEncoder: Sendable {
    /// Which network, as three publications have it; they are not compatible with one another.
    public enum Kind: Hashable, Codable, Sendable {
        /// The original's for LAMA: as wide as the model, two LSTM layers of half that width a direction.
        case lama
        /// The original's for FewGLUE: two LSTM layers as wide as the model a direction.
        case fewGLUE
        /// The original's other network for FewGLUE, without an LSTM.
        case fewGLUEPerceptron
        /// PEFT's P_TUNING with LSTM.
        case peftLSTM(hidden: Int, layers: Int)
        /// PEFT's P_TUNING as it is by default: three maps.
        case peftPerceptron(hidden: Int)
    }

    /// What the names of its parameters begin with.
    public static let path = ParameterPath("prompt_encoder")

    private let table: Parameter
    private let lstm: LSTM?
    private let maps: [Linear]

    /// A network for so many pseudo-tokens of a model of this width.
    public init(_ kind: Kind, tokens: Int, width: Int) {
        let path = Self.path
        table = (path / "embedding" / "weight").parameter([tokens, width])
        var widths: [Int]
        switch kind {
        case .lama:
            // An odd width loses its last column, as in the original.
            lstm = LSTM(
                path / "lstm_head", inputs: width, hidden: width / 2, layers: 2, isBidirectional: true)
            widths = [width, width, width]
        case .fewGLUE:
            lstm = LSTM(path / "lstm_head", inputs: width, hidden: width, layers: 2, isBidirectional: true)
            widths = [2 * width, width, width]
        case .fewGLUEPerceptron:
            lstm = nil
            widths = [width, width, width]
        case .peftLSTM(let hidden, let layers):
            lstm = LSTM(
                path / "lstm_head", inputs: width, hidden: hidden, layers: layers, isBidirectional: true)
            widths = [2 * hidden, 2 * hidden, width]
        case .peftPerceptron(let hidden):
            lstm = nil
            widths = [width, hidden, hidden, width]
        }
        if let lstm { widths[0] = lstm.outputs }
        // The places of torch.nn.Sequential, where every other layer is a ReLU.
        maps = zip(widths, widths.dropFirst()).enumerated().map { index, ends in
            Linear(path / "mlp_head" / (2 * index), inputs: ends.0, outputs: ends.1, hasBias: true)
        }
    }

    /// What is trained.
    public var parameters: [Parameter] { [table] + (lstm?.parameters ?? []) + maps.flatMap(\.parameters) }

    /// The name of the table, whose rows stand for the pseudo-tokens.
    package var tableName: String { table.name }

    /// The embeddings of the pseudo-tokens, `[m, D]`.
    public func rows(_ pass: Pass) -> Tensor {
        let encoded = lstm?(pass[table], pass) ?? pass[table]
        return maps.enumerated().reduce(encoded) { x, map in
            map.element(map.offset == 0 ? x : x.applying(.relu), pass)
        }
    }

    /// PyTorch's own start: the table normal, the rest uniform within the root of its inputs' number.
    package func start(_ random: inout CounterRandom, on backend: any Backend) -> NamedTensors {
        var start = NamedTensors([table.name: .normal(table.shape, &random, on: backend)])
        if let lstm { start = start.overlaid(by: lstm.start(&random, on: backend)) }
        for map in maps { start = start.overlaid(by: map.start(&random, on: backend)) }
        return start
    }
}
