public import Tensors

/// A file that is not what it claims to be, or not what was asked of it.
public struct CheckpointError: Error, Hashable, CustomStringConvertible {
    /// The file or folder in question.
    public let file: String
    /// The rule that is broken, with the evidence.
    public let problem: Problem

    package init(_ file: String, _ problem: Problem) {
        self.file = file
        self.problem = problem
    }

    /// One sentence: where, what, and what to do.
    public var description: String { "\(file): \(problem)" }

    /// A broken rule, with the evidence.
    public enum Problem: Hashable, Sendable {
        // Files.
        case cannotOpen(reason: String)
        case isFolder
        case notRegularFile
        case cannotWrite(reason: String)
        case emptyFile(expected: String)

        // JSON and configurations.
        case jsonTooLarge(bytes: Int, limit: Int)
        case jsonTooDeep(limit: Int)
        case invalidJSON(offset: Int, reason: String)
        case duplicateKey(String)
        case missingKey(String)
        case wrongType(key: String, expected: String, found: String)

        // Tensor tables of every format.
        case unknownType(tensor: String, type: String)
        case shapeOverflow(tensor: String, shape: [Int])
        case rangeOutside(tensor: String, begin: Int, end: Int, available: Int)
        case overlap(tensor: String, previous: String)
        case duplicateTensor(String)
        case truncated(reading: String, offset: Int)

        // safetensors.
        case headerTooShort(bytes: Int)
        case headerTooLarge(bytes: UInt64, limit: Int)
        case headerLeavesFile(bytes: Int, available: Int)
        case headerStart(byte: UInt8)
        case reversedRange(tensor: String, begin: Int, end: Int)
        case wrongByteCount(tensor: String, expected: Int, found: Int)
        /// Bytes that no tensor owns could hide another file.
        case hole(tensor: String, expected: Int, found: Int)
        case trailingBytes(count: Int)
        case reservedName(String)
        case notStorable(tensor: String, type: ElementType)

        // Sharded checkpoints.
        case shardName(String)
        case shardMissing(String)
        case notInShard(tensor: String, shard: String)

        // GGUF.
        case wrongMagic(found: String)
        case bigEndian
        case unsupportedVersion(UInt32)
        case countTooLarge(of: String, count: UInt64, limit: Int)
        case stringTooLong(of: String, bytes: UInt64, limit: Int)
        case invalidText(of: String)
        case invalidBoolean(key: String, byte: UInt8)
        case unknownValueType(key: String, raw: UInt32)
        case arrayTooDeep(key: String, limit: Int)
        case badAlignment(Int)
        case tooManyAxes(tensor: String, count: UInt32, limit: Int)
        case partialBlocks(tensor: String, width: Int, blockLength: Int, type: String)
        case misaligned(tensor: String, offset: UInt64, alignment: Int)

        // PyTorch archives.
        case badArchive(reason: String)
        case compressedEntry(String)
        case forbiddenPickle(what: String)
        case badPickle(offset: Int, reason: String)
        case notContiguous(tensor: String)

        // Asking for tensors.
        case noSuchTensor(String, nearest: String?)
        case unsupportedType(tensor: String, type: String, advice: String)
        case doesNotFit([Misfit])

        // Model folders.
        case notAModel(found: String, advice: String)
        case badRepositoryName(String)
        case notInCache(repository: String, revision: String, present: [String])
    }

    /// A parameter that a checkpoint does not satisfy.
    public enum Misfit: Hashable, Sendable {
        /// None of the names it may have is there.
        case missing(name: String, tried: [String])
        /// It is there with another shape.
        case misshaped(name: String, source: String, expected: Shape, found: Shape)
        /// It is there in a form that cannot be changed as its rule says.
        case unchangeable(name: String, source: String, reason: String)
        /// The checkpoint has it and nothing asked for it.
        case unexpected(String)
    }
}

extension CheckpointError.Misfit: CustomStringConvertible {
    /// The misfit in a few words.
    public var description: String {
        switch self {
        case .missing(let name, let tried):
            tried == [name]
                ? "\(name) is missing" : "\(name) is missing (tried \(tried.joined(separator: ", ")))"
        case .misshaped(let name, let source, let expected, let found):
            "\(name) should be \(expected) but \(source == name ? "is" : "\(source) gives") \(found)"
        case .unchangeable(let name, let source, let reason):
            "\(name) cannot be made from \(source): \(reason)"
        case .unexpected(let name): "\(name) belongs to no parameter"
        }
    }
}
