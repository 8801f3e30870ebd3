public import Layers
public import Models
public import Tensors

/// Trained keys and values that every row reads in some layers, before all others (Li & Liang 2021, §4.1; in any
/// layers and on encoders too, Liu et al. 2022, §3.2).
///
/// Each layer has its own keys and values, `[P, G * W]` each: the width is that of the layer's real key and value
/// projections, which grouped heads make narrower than the model. They stand as attention reads them, rotated
/// (PEFT's convention); the rows of a text count their positions from `P`.
public struct Prefix: Sendable {
    /// What the names of its parameters begin with.
    public static let path = ParameterPath("prefix")

    /// `P`, how many positions it takes.
    public let rows: Int
    /// The layers that have keys and values of it, in order.
    public let layers: [Int]
    /// How keys and values are made of what is trained; nil where they are trained themselves.
    public let reparametrisation: PrefixEncoder?
    /// The share of its numbers that is zeroed in training (Liu et al. 2022, code); none at inference.
    public let dropout: Float
    private let traits: ModelTraits

    /// A prefix for a model.
    ///
    /// - Parameters:
    ///   - rows: `P`.
    ///   - traits: the model's numbers.
    ///   - layers: nil for all.
    ///   - reparametrisation: the settings of an encoder, nil for none.
    ///   - dropout: the share that is zeroed in training.
    /// - Precondition: the layers are the model's.
    public init(
        rows: Int, _ traits: ModelTraits, layers: [Int]? = nil,
        reparametrisation: PrefixEncoder.Settings? = nil, dropout: Float = 0
    ) {
        let layers = layers?.sorted() ?? Array(0..<traits.layers)
        precondition(
            layers.allSatisfy((0..<traits.layers).contains), "Prefix: layers \(layers) of \(traits.layers)")
        self.rows = rows
        self.layers = layers
        self.traits = traits
        self.dropout = dropout
        self.reparametrisation = reparametrisation.map {
            PrefixEncoder(
                $0, rows: rows, width: traits.width, outputs: layers.count * 2, of: traits.keyValueWidth)
        }
    }

    /// What is trained.
    public var parameters: [Parameter] { reparametrisation?.parameters ?? stored }

    /// What is stored, once an encoder is folded: keys and values of each layer.
    public var stored: [Parameter] {
        layers.flatMap { [Self.keys(of: $0, shape), Self.values(of: $0, shape)] }
    }

    private var shape: Shape { [rows, traits.keyValueWidth] }

    /// How many numbers are trained.
    public var trainedCount: Int { parameters.reduce(0) { $0 + $1.shape.count } }

    /// How many numbers are stored: `P · 2 · layers · G · W`.
    public var storedCount: Int { stored.reduce(0) { $0 + $1.shape.count } }

    /// The keys and values; layers without a prefix have none.
    public func past(_ pass: Pass) -> KeyValues {
        let tables = reparametrisation?.tables(pass) ?? stored.map { pass[$0] }
        let dropped = tables.map { pass.dropout($0, rate: dropout) }
        let empty = tables[0].backend.filled([0, traits.keyValueWidth], with: 0)
        var blocks = Array(repeating: (keys: empty, values: empty), count: traits.layers)
        for (place, layer) in layers.enumerated() {
            blocks[layer] = (dropped[2 * place], dropped[2 * place + 1])
        }
        return KeyValues(layers: blocks)
    }

    /// What is stored of what was trained: the encoder has done its work.
    public func folded(_ trained: NamedTensors) -> NamedTensors {
        guard let reparametrisation else { return trained }
        let tables = reparametrisation.tables(.inference(trained))
        return trained.filter { !$0.hasPrefix(Self.path.name + ".") }.overlaid(by: named(tables))
    }

    /// Keys and values of layers under their names.
    package func named(_ tables: [Tensor]) -> NamedTensors {
        NamedTensors(Dictionary(uniqueKeysWithValues: zip(stored.map(\.name), tables)))
    }

    /// A block of keys and values, such as those of words, as what is stored.
    package func named(_ block: KeyValues) -> NamedTensors {
        named(layers.flatMap { [block.layers[$0].keys, block.layers[$0].values] })
    }

    /// The names of the keys and values of all layers, keys first.
    static func names(layers: Int) -> [String] {
        (0..<layers).flatMap { [keys(of: $0, []).name, values(of: $0, []).name] }
    }

    private static func keys(of layer: Int, _ shape: Shape) -> Parameter {
        (path / "layers" / layer / "keys").parameter(shape)
    }

    private static func values(of layer: Int, _ shape: Shape) -> Parameter {
        (path / "layers" / layer / "values").parameter(shape)
    }
}

extension Prefix {
    /// The prefix that stored tensors are, nil where there is none among them.
    ///
    /// - Throws: ``PromptError/wrongShape(prompt:expected:found:)`` where they do not fit the model.
    package init?(_ tensors: NamedTensors, of prompt: Prompt.ID, _ traits: ModelTraits) throws {
        let own = tensors.names.filter { $0.hasPrefix(Self.path.name + ".") }
        guard let first = own.first, let shape = tensors[first]?.shape else { return nil }
        guard shape.rank == 2 else {
            throw PromptError.wrongShape(prompt: prompt, expected: "a matrix as \(first)", found: "\(shape)")
        }
        let layers = (0..<traits.layers).filter { tensors["\(Self.path.name).layers.\($0).keys"] != nil }
        self.init(rows: shape.rows, traits, layers: layers)
        for parameter in stored where tensors[parameter.name]?.shape != parameter.shape {
            throw PromptError.wrongShape(
                prompt: prompt, expected: "\(parameter.shape) as \(parameter.name)",
                found: tensors[parameter.name].map { "\($0.shape)" } ?? "absent")
        }
        guard own.count == stored.count else {
            let unknown = Set(own).subtracting(stored.map(\.name)).sorted()
            throw PromptError.wrongShape(
                prompt: prompt, expected: "keys and values of layers 0 to \(traits.layers - 1)",
                found: unknown.joined(separator: ", "))
        }
    }
}
