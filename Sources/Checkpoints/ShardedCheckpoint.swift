public import Foundation

/// A model in several files, with an index such as `model.safetensors.index.json` that says which holds what.
public struct ShardedCheckpoint: Checkpoint {
    /// The index file.
    public let location: String
    /// The names of all tensors, sorted.
    public let names: [String]
    private let shards: [any Checkpoint]
    private let shardOf: [String: Int]

    /// Maps the shards that an index names and checks that each holds what the index says.
    ///
    /// A tensor that is in a shard but not in the index is left alone, as other readers do.
    ///
    /// - Throws: ``CheckpointError`` if the index or a shard breaks a rule, or a shard is not there.
    public init(index: URL) throws(CheckpointError) {
        let file = index.path
        let map = try Configuration(contentsOf: index).object("weight_map")
        var shards: [any Checkpoint] = []
        var numbers: [String: Int] = [:]
        var shardOf: [String: Int] = [:]
        for (tensor, value) in map.sorted(by: { $0.key < $1.key }) {
            guard let shard = value.text else {
                throw CheckpointError(
                    file, .wrongType(key: "weight_map.\(tensor)", expected: "a file name", found: value.kind))
            }
            if numbers[shard] == nil {
                numbers[shard] = shards.count
                shards.append(try Self.open(shard, beside: index))
            }
            guard let number = numbers[shard], shards[number].entry(tensor) != nil else {
                throw CheckpointError(file, .notInShard(tensor: tensor, shard: shard))
            }
            shardOf[tensor] = number
        }
        location = file
        names = shardOf.keys.sorted()
        self.shards = shards
        self.shardOf = shardOf
    }

    /// Where a tensor lies and what it is, or nil where there is none of that name.
    public func entry(_ name: String) -> TensorEntry? {
        shardOf[name].flatMap { shards[$0].entry(name) }
    }

    private static func open(_ shard: String, beside index: URL) throws(CheckpointError) -> any Checkpoint {
        // A name with a slash could point anywhere on the disk.
        guard !shard.isEmpty, shard != ".", shard != "..", !shard.contains("/"), !shard.contains("\0") else {
            throw CheckpointError(index.path, .shardName(shard))
        }
        let url = index.deletingLastPathComponent().appendingPathComponent(shard)
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw CheckpointError(index.path, .shardMissing(shard))
        }
        let file = try MappedFile(contentsOf: url)
        switch FileKind(file) {
        case .pytorchArchive, .zip: return try PyTorchFile(file)
        default: return try SafetensorsFile(file)
        }
    }
}
