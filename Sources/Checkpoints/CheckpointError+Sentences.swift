extension CheckpointError.Problem: CustomStringConvertible {
    /// The problem as the end of a sentence that begins with the file.
    public var description: String {
        fileSentence ?? jsonSentence ?? tableSentence ?? safetensorsSentence ?? ggufSentence ?? pickleSentence
            ?? requestSentence ?? "unreadable"
    }

    private var fileSentence: String? {
        switch self {
        case .cannotOpen(let reason): "cannot be opened (\(reason)); check the path and its permissions"
        case .isFolder: "is a folder where a file is needed"
        case .notRegularFile: "is not a regular file and cannot be mapped; copy it to a disk first"
        case .cannotWrite(let reason):
            "cannot be written (\(reason)); whatever was there before is unchanged"
        case .emptyFile(let expected): "is empty where \(expected) is expected; fetch it again"
        case .shardName(let name): "names the shard \"\(name)\", which is not a plain file name"
        case .shardMissing(let name): "needs the shard \(name), which is not beside it; fetch it too"
        case .notInShard(let tensor, let shard): "says that \(tensor) is in \(shard), but it is not there"
        default: nil
        }
    }

    private var jsonSentence: String? {
        switch self {
        case .jsonTooLarge(let bytes, let limit): "has \(bytes) bytes of JSON; at most \(limit) are read"
        case .jsonTooDeep(let limit): "nests its JSON deeper than \(limit) levels"
        case .invalidJSON(let offset, let reason): "is not valid JSON at byte \(offset): \(reason)"
        case .duplicateKey(let key): "has the key \"\(key)\" twice, so its meaning is not certain"
        case .missingKey(let key): "has no \"\(key)\", which is needed"
        case .wrongType(let key, let expected, let found):
            "has \(found) at \"\(key)\" where \(expected) is needed"
        default: nil
        }
    }

    private var tableSentence: String? {
        switch self {
        case .unknownType(let tensor, let type): "stores \(tensor) as the unknown type \(type)"
        case .shapeOverflow(let tensor, let shape): "gives \(tensor) the impossible shape \(shape)"
        case .rangeOutside(let tensor, let begin, let end, let available):
            "places \(tensor) at bytes \(begin)..<\(end) of \(available); the file is cut short or damaged"
        case .overlap(let tensor, let previous): "lays \(tensor) over the bytes of \(previous)"
        case .duplicateTensor(let name): "lists the tensor \(name) twice"
        case .truncated(let reading, let offset):
            "ends while \(reading) is read at byte \(offset); the file is cut short, fetch it again"
        default: nil
        }
    }

    private var safetensorsSentence: String? {
        switch self {
        case .headerTooShort(let bytes): "has \(bytes) bytes, too few for a safetensors file"
        case .headerTooLarge(let bytes, let limit):
            "claims a header of \(bytes) bytes, over the limit of \(limit); it is no safetensors file"
        case .headerLeavesFile(let bytes, let available):
            "claims a header of \(bytes) bytes but has only \(available) after its length; it is cut short"
        case .headerStart(let byte): "has a header that begins with byte \(byte) and not with {"
        case .reversedRange(let tensor, let begin, let end):
            "ends \(tensor) at \(end), before its start \(begin)"
        case .wrongByteCount(let tensor, let expected, let found):
            "gives \(tensor) \(found) bytes where its shape and type take \(expected)"
        case .hole(let tensor, let expected, let found):
            "leaves a hole: \(tensor) starts at \(found), the bytes before it end at \(expected)"
        case .trailingBytes(let count): "has \(count) bytes after its last tensor that belong to none"
        case .reservedName(let name): "cannot hold a tensor named \(name), a name the format keeps for itself"
        case .notStorable(let tensor, let type):
            "cannot hold \(tensor) as \(type); safetensors has no block types, expand it to float32 first"
        default: nil
        }
    }

    private var ggufSentence: String? {
        switch self {
        case .wrongMagic(let found): "begins with \(found) and not with GGUF"
        case .bigEndian: "is a big-endian GGUF file; convert it to little-endian"
        case .unsupportedVersion(let version): "is GGUF version \(version); versions 2 and 3 are read"
        case .countTooLarge(let what, let count, let limit):
            "claims \(count) \(what), more than the \(limit) that can be there"
        case .stringTooLong(let what, let bytes, let limit):
            "gives \(what) \(bytes) bytes of text; at most \(limit) are read"
        case .invalidText(let what): "has text that is not UTF-8 in \(what)"
        case .invalidBoolean(let key, let byte): "stores the truth value \(key) as \(byte), neither 0 nor 1"
        case .unknownValueType(let key, let raw): "stores \(key) as the unknown value type \(raw)"
        case .arrayTooDeep(let key, let limit): "nests arrays in \(key) deeper than \(limit) levels"
        case .badAlignment(let value): "has the alignment \(value), which is no power of two up to 1 MiB"
        case .tooManyAxes(let tensor, let count, let limit):
            "gives \(tensor) \(count) axes; at most \(limit) are read"
        case .partialBlocks(let tensor, let width, let length, let type):
            "stores rows of \(width) elements of \(tensor) as \(type), whose blocks have \(length)"
        case .misaligned(let tensor, let offset, let alignment):
            "places \(tensor) at offset \(offset), which is no multiple of its alignment \(alignment)"
        default: nil
        }
    }

    private var pickleSentence: String? {
        switch self {
        case .badArchive(let reason): "is a damaged PyTorch archive: \(reason)"
        case .compressedEntry(let name): "compresses its entry \(name); PyTorch stores entries plain"
        case .forbiddenPickle(let what):
            "asks to run \(what); only plain tensors are read, convert it to safetensors where you trust it"
        case .badPickle(let offset, let reason): "has a damaged pickle at byte \(offset): \(reason)"
        case .notContiguous(let tensor): "stores \(tensor) with strides; save a contiguous copy"
        default: nil
        }
    }

    private var requestSentence: String? {
        switch self {
        case .noSuchTensor(let name, let nearest):
            "has no tensor \(name)" + (nearest.map { "; did you mean \($0)?" } ?? "")
        case .unsupportedType(let tensor, let type, let advice):
            "stores \(tensor) as \(type), which is not supported; \(advice)"
        case .doesNotFit(let misfits): Self.summary(misfits)
        case .notAModel(let found, let advice): "is \(found); \(advice)"
        case .badRepositoryName(let name): "has no place for \"\(name)\"; write a model's name as owner/name"
        case .notInCache(let repository, let revision, let present):
            "has no \(repository) at revision \(revision)"
                + (present.isEmpty ? "" : " (it has \(present.joined(separator: ", ")))")
                + "; fetch it with `hf download \(repository)` or pass a folder"
        default: nil
        }
    }

    /// How many misfits a sentence spells out; the error's value holds all.
    private static let misfitsShown = 12

    private static func summary(_ misfits: [CheckpointError.Misfit]) -> String {
        let shown = misfits.prefix(misfitsShown).map(\.description).joined(separator: "; ")
        let rest = misfits.count - misfitsShown
        return "does not fit the model in \(misfits.count) place\(misfits.count == 1 ? "" : "s"): "
            + shown + (rest > 0 ? "; and \(rest) more" : "")
    }
}
