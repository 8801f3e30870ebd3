internal import Layers
public import Tensors

/// A prompt that was made once and is used often: text, label words, and the trained rows, if any.
///
/// On disk it is a folder of PEFT's two files and one manifest; see ``PromptFolder``.
public struct Prompt: Sendable {
    /// The name by which requests ask for it.
    public typealias ID = String

    /// Everything but the tensors.
    public var manifest: PromptManifest
    /// The trained tensors under PEFT's names; empty for a hard prompt.
    public var tensors: NamedTensors
    /// The vectors of the examples in the manifest's order, `[examples, D]`, where each question gets its own.
    package var exampleVectors: Tensor?
    /// What all questions start with, computed beforehand; see ``CompiledFront``.
    package var front: CompiledFront?

    /// A prompt of a manifest and tensors.
    public init(manifest: PromptManifest, tensors: NamedTensors) {
        self.manifest = manifest
        self.tensors = tensors
    }

    /// Its name.
    public var id: ID { manifest.name }

    /// The rows of its soft slots, `[P, D]`.
    public var softRows: Tensor? { tensors[SoftPrompt.parameterName] }

    /// Weights of its own: those of the model that were tuned, changes of them, a head. Laid over the model's.
    public var ownWeights: NamedTensors {
        tensors.filter { $0 != SoftPrompt.parameterName && !$0.hasPrefix(Prefix.path.name + ".") }
    }

    /// How many numbers were trained.
    public var parameterCount: Int { tensors.parameterCount }
}
