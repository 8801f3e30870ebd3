public import Foundation
import Tensors

/// A PyTorch checkpoint (`pytorch_model.bin`, a ZIP archive with a pickle), read without running any of it.
///
/// PyTorch's own format can run programs when it is read. Here a closed list of instructions describes
/// tensors and nothing else is understood, so a file that wants more is refused. Weights are mapped, as from
/// safetensors. Files from before PyTorch 1.6, a bare pickle, are refused too.
public struct PyTorchFile: Checkpoint {
    /// The file.
    public let location: String
    /// The names of all tensors, sorted.
    public let names: [String]
    private let entries: [String: TensorEntry]

    /// Where training scripts keep the weights among other things.
    private static let wrappers = ["state_dict", "model_state_dict", "model"]

    /// Maps a file and reads its table of tensors.
    ///
    /// - Throws: ``CheckpointError`` if the archive is damaged, or holds anything but plain values and tensors.
    public init(contentsOf url: URL) throws(CheckpointError) {
        try self.init(MappedFile(contentsOf: url))
    }

    package init(_ file: MappedFile) throws(CheckpointError) {
        let kind = FileKind(file)
        guard kind == .pytorchArchive || kind == .zip else {
            throw CheckpointError(
                file.path,
                .notAModel(
                    found: kind.description, advice: "a PyTorch checkpoint of version 1.6 or later is needed")
            )
        }
        let archive = try ZipArchive(file)
        guard let pickle = archive.entries.first(where: { $0.key.hasSuffix("/data.pkl") }) else {
            throw CheckpointError(file.path, .badArchive(reason: "it has no data.pkl"))
        }
        guard pickle.value.count <= Limits.pickleBytes else {
            throw CheckpointError(
                file.path, .badArchive(reason: "its pickle has \(pickle.value.count) bytes"))
        }
        let root = String(pickle.key.dropLast("data.pkl".count))
        if let order = archive.entries[root + "byteorder"], file.text(order) != "little" {
            throw CheckpointError(file.path, .badArchive(reason: "its numbers are big-endian"))
        }
        var machine = PickleMachine(file, pickle.value)
        let tensors = Self.tensors(try machine.run(), in: machine)
        var entries: [String: TensorEntry] = [:]
        for (name, tensor) in tensors {
            let storage = archive.entries["\(root)data/\(tensor.storage.key)"]
            // A dictionary filled twice keeps the later value, as Python's does.
            entries[name] = try Self.entry(name, tensor, storage: storage, file: file)
        }
        location = file.path
        self.entries = entries
        names = entries.keys.sorted()
    }

    /// Where a tensor lies and what it is, or nil where there is none of that name.
    public func entry(_ name: String) -> TensorEntry? { entries[name] }

    /// The tensors of the dictionary itself, or of the one it keeps its weights in.
    private static func tensors(_ value: PickleValue, in machine: PickleMachine) -> [(String, PickledTensor)]
    {
        let members = machine.entries(of: value) ?? []
        let tensors = members.compactMap { name, value -> (String, PickledTensor)? in
            guard case .tensor(let tensor) = value else { return nil }
            return (name, tensor)
        }
        guard tensors.isEmpty else { return tensors }
        let wrapped = wrappers.lazy.compactMap { wrapper in members.last { $0.key == wrapper }?.value }.first
        let inner = wrapped.flatMap(machine.entries) ?? []
        return inner.compactMap { name, value in
            guard case .tensor(let tensor) = value else { return nil }
            return (name, tensor)
        }
    }

    private static func entry(
        _ name: String, _ tensor: PickledTensor, storage: Range<Int>?, file: MappedFile
    ) throws(CheckpointError) -> TensorEntry {
        let key = tensor.storage.key
        guard let storage else {
            throw CheckpointError(
                file.path, .badArchive(reason: "the storage \(key) of \(name) is not there"))
        }
        let type = tensor.storage.type
        guard let bytes = checkedByteCount(tensor.shape, bits: type.bits) else {
            throw CheckpointError(file.path, .shapeOverflow(tensor: name, shape: tensor.shape))
        }
        guard tensor.isContiguous else { throw CheckpointError(file.path, .notContiguous(tensor: name)) }
        let (begin, overflow) = tensor.offset.multipliedReportingOverflow(by: type.bits / 8)
        guard !overflow, begin <= storage.count, bytes <= storage.count - begin else {
            throw CheckpointError(
                file.path,
                .rangeOutside(
                    tensor: name, begin: overflow ? .max : begin,
                    end: begin.addingReportingOverflow(bytes).partialValue,
                    available: storage.count))
        }
        let first = storage.lowerBound + begin
        return TensorEntry(
            name: name, shape: Shape(tensor.shape), storedType: type.rawValue, elementType: type.elementType,
            file: file, range: first..<first + bytes)
    }
}
