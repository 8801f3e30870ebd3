internal import Checkpoints
internal import Foundation
package import Models
internal import Tensors

/// What all questions of a prompt start with, as keys and values that were computed beforehand: a compiled prompt.
///
/// It is a file beside the prompt, `compiled.safetensors`: `keys.i` and `values.i`, `[P, G * W]` in float32, for each
/// layer, and in its metadata the rows it holds and the model it was made with. It is mapped, not read, so that a
/// prompt of any length is there in milliseconds. On a causal model it is exact. It holds what stands in front of
/// the first field; a model that sees both ways has no such part, nor has a prompt whose soft rows stand behind its
/// text, and both are refused.
package struct CompiledFront: Sendable {
    /// The rows that the block holds, tokens as they are and soft rows as negative numbers.
    let codes: [Int32]
    /// The model it was made with.
    let fingerprint: String
    /// The SHA-256 of the prompt's tensors, or nothing.
    let tensorHash: String
    /// The block.
    package let keyValues: KeyValues

    /// How many positions it holds.
    package var count: Int { codes.count }

    init(_ rows: [PromptRow], _ keyValues: KeyValues, fingerprint: String, tensorHash: String?) {
        codes = rows.map(\.code)
        self.keyValues = keyValues
        self.fingerprint = fingerprint
        self.tensorHash = tensorHash ?? ""
    }

    // MARK: The file

    static let fileName = "compiled.safetensors"
    private static let format = "cloze-compiled-1"

    func write(to file: URL) throws {
        var tensors = NamedTensors()
        for (index, layer) in keyValues.layers.enumerated() {
            tensors["keys.\(index)"] = layer.keys
            tensors["values.\(index)"] = layer.values
        }
        let metadata = [
            "format": Self.format, "model": fingerprint, "tensors": tensorHash,
            "rows": codes.map(String.init).joined(separator: " "), "digest": Self.digest(keyValues),
        ]
        try SafetensorsFile.write(tensors, metadata: metadata, to: file)
    }

    init(contentsOf file: URL, on backend: any Backend) throws {
        let stored = try SafetensorsFile(contentsOf: file)
        let codes = (stored.metadata["rows"] ?? "").split(separator: " ").compactMap { Int32($0) }
        guard stored.metadata["format"] == Self.format, !codes.isEmpty,
            let fingerprint = stored.metadata["model"]
        else {
            throw PromptError.badCompiled(file.path, reason: "its metadata is not that of a compiled prompt")
        }
        let layers = try (0..<stored.names.count / 2).map { index in
            let (keys, values) = (
                try stored.tensor("keys.\(index)", on: backend),
                try stored.tensor("values.\(index)", on: backend)
            )
            guard keys.shape == values.shape, keys.shape.rank == 2, keys.shape.rows == codes.count,
                keys.elementType == .float32, values.elementType == .float32
            else {
                throw PromptError.badCompiled(
                    file.path, reason: "layer \(index) has not \(codes.count) rows of float32")
            }
            return (keys: keys, values: values)
        }
        self.codes = codes
        self.fingerprint = fingerprint
        tensorHash = stored.metadata["tensors"] ?? ""
        keyValues = KeyValues(layers: layers)
        guard stored.metadata["digest"] == Self.digest(keyValues) else {
            throw PromptError.badCompiled(
                file.path, reason: "its numbers are not those that were written; compile it again")
        }
    }

    private static func digest(_ keyValues: KeyValues) -> String {
        var hash = ContentHash()
        for layer in keyValues.layers {
            for tensor in [layer.keys, layer.values] {
                unsafe tensor.floats.withUnsafeBytes { unsafe hash.update($0) }
            }
        }
        return hash.digest()
    }

    /// Throws where the block is not that of these rows on this model.
    func check(against rows: [PromptRow], of prompt: Prompt, _ pretrained: PretrainedModel) throws {
        let traits = pretrained.model.traits
        guard fingerprint == pretrained.fingerprint.digest, keyValues.layers.count == traits.layers,
            keyValues.layers.allSatisfy({ $0.keys.shape.width == traits.keyValueWidth })
        else {
            throw PromptError.badCompiled(
                prompt.id, reason: "it was compiled for another model; compile it again")
        }
        guard codes == rows.map(\.code), tensorHash == prompt.manifest.tensorHash ?? "" else {
            throw PromptError.badCompiled(
                prompt.id, reason: "the prompt was changed since it was compiled; compile it again")
        }
    }
}

extension Prompt {
    /// The prompt with its front computed, as `cloze compile` saves it.
    ///
    /// - Throws: ``PromptError/cannotCompile(_:reason:)`` where nothing stands in front of all questions.
    package func compiled(for pretrained: PretrainedModel) throws -> Prompt {
        guard pretrained.model.traits.isCausal else {
            throw PromptError.cannotCompile(
                id,
                reason: "the model sees both ways, so that every question changes what stands in front of it")
        }
        var bare = self
        bare.front = nil
        let (front, block) = try bare.front(on: pretrained)
        guard let rows = front?.rows else {
            throw PromptError.cannotCompile(
                id,
                reason: "fewer than \(FrontBlock.smallestCount) positions stand in front of its first field"
                    + (softRows == nil ? "" : "; soft rows behind the text depend on it"))
        }
        bare.front = block.map {
            CompiledFront(
                rows, $0.detached, fingerprint: pretrained.fingerprint.digest,
                tensorHash: manifest.tensorHash)
        }
        return bare
    }

    /// What all questions start with, and its keys and values.
    private func front(on pretrained: PretrainedModel) throws -> (FrontBlock?, KeyValues?) {
        if readout == .text {
            let writer = try TextWriter(self, pretrained)
            return (writer.front, writer.front.map(writer.block))
        }
        let prepared = try PreparedPrompt(self, pretrained)
        return (prepared.front, prepared.tensors(withFront: true, pretrained.model).pasts.last)
    }
}
