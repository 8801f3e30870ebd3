public import Tensors

/// Several processes that train one thing together.
public protocol Communicator: Sendable {
    /// The number of this process, from 0.
    var rank: Int { get }
    /// How many processes there are.
    var size: Int { get }
    /// Replaces each tensor by its mean over all processes; all have the same names.
    func average(_ tensors: inout NamedTensors) throws
}

/// A process on its own.
public struct OneProcess: Communicator {
    /// A process on its own.
    public init() {}
    /// The first.
    public var rank: Int { 0 }
    /// There is no other.
    public var size: Int { 1 }
    /// A mean over one process changes nothing.
    public func average(_ tensors: inout NamedTensors) {}
}
