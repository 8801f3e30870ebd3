public import Tensors

/// A weight that a model declares: a name and a shape, not a value.
public struct Parameter: Hashable, Sendable {
    /// The weight's name, as its Hugging Face checkpoint has it.
    public let name: String
    /// The weight's shape; a linear map's is `[outputs, inputs]`.
    public let shape: Shape

    /// A parameter of a name and a shape.
    public init(name: String, shape: Shape) {
        self.name = name
        self.shape = shape
    }
}

/// A place in a model's tree of names: `path / "layers" / 3 / "mlp"` is written `layers.3.mlp`.
public struct ParameterPath: Hashable, Sendable {
    /// The names on the way, joined with dots; empty at the root.
    public let name: String

    /// The root of the tree, or the place that a dotted name says.
    public init(_ name: String = "") { self.name = name }

    /// The place called `step` below `path`.
    public static func / (path: ParameterPath, step: String) -> ParameterPath {
        ParameterPath(path.name.isEmpty ? step : path.name + "." + step)
    }

    /// The place numbered `step` below `path`.
    public static func / (path: ParameterPath, step: Int) -> ParameterPath { path / String(step) }

    /// The parameter at this place.
    public func parameter(_ shape: Shape) -> Parameter { Parameter(name: name, shape: shape) }
}
