internal import Layers
internal import Tensors

/// The two-layer network that makes a prefix in training (Li & Liang 2021, §4.3): rows of an embedding table, a
/// linear map to `m`, tanh, a linear map to the keys and values of all layers. It is dropped after training.
///
/// The paper's table is `P × k`; its code's, and P-tuning v2's, is as wide as the model, which is the default
/// here. The last map is kept in one piece for each layer's keys and values, so that nothing has to be cut out of
/// a large product; the numbers are the same.
public struct PrefixEncoder: Sendable {
    /// What a run is told.
    public struct Settings: Hashable, Codable, Sendable {
        /// `m`, the width between the two maps: 512 for table-to-text, 800 for summaries.
        public var hidden: Int
        /// The width of the table; nil for the model's.
        public var width: Int?

        /// An encoder.
        public init(hidden: Int = 512, width: Int? = nil) {
            self.hidden = hidden
            self.width = width
        }
    }

    private let table: Parameter
    private let inner: Linear
    private let outer: [Linear]

    init(_ settings: Settings, rows: Int, width: Int, outputs: Int, of outputWidth: Int) {
        let path = Prefix.path / "encoder"
        let width = settings.width ?? width
        table = (path / "table").parameter([rows, width])
        inner = Linear(path / "inner", inputs: width, outputs: settings.hidden, hasBias: true)
        outer = (0..<outputs).map {
            Linear(path / "outer" / $0, inputs: settings.hidden, outputs: outputWidth, hasBias: true)
        }
    }

    var parameters: [Parameter] { [table] + inner.parameters + outer.flatMap(\.parameters) }

    /// Those that make keys and values of the table's rows.
    var maps: [Parameter] { inner.parameters + outer.flatMap(\.parameters) }

    /// Keys and values of each layer in turn, `[P, G * W]`.
    func tables(_ pass: Pass) -> [Tensor] {
        let hidden = inner(pass[table], pass).applying(.tanh)
        return outer.map { $0(hidden, pass) }
    }

    /// PyTorch's own start: the table normal, the maps uniform within the root of their inputs' number.
    func start(_ random: inout CounterRandom, on backend: any Backend) -> NamedTensors {
        var start = NamedTensors([table.name: .normal(table.shape, &random, on: backend)])
        for linear in [inner] + outer { start = start.overlaid(by: linear.start(&random, on: backend)) }
        return start
    }
}
