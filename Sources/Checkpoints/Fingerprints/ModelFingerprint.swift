/// Says whether two checkpoints hold the same weights, without reading all of them.
///
/// A SHA-256 over the tensor table (name, type, shape of every tensor, sorted by name) and over samples of
/// each tensor: all of it up to 4 KiB, else four windows of 1 KiB, the first at its start, the last at its
/// end. The container does not count: one file and its shards have the same fingerprint; types do, so a
/// quantised copy has another.
///
/// Any further training moves every weight and is seen. What is not seen is a change made on purpose between
/// the windows: where that is the worry, compare `FileDigest.sha256(of:)`.
public struct ModelFingerprint: Hashable, Sendable, Codable, CustomStringConvertible {
    /// 64 hexadecimal digits.
    public let digest: String

    private static let windowBytes = 1024
    private static let windows = 4

    /// The fingerprint of a checkpoint.
    ///
    /// - Complexity: reads at most 4 KiB a tensor.
    public init(_ checkpoint: any Checkpoint) {
        var hash = ContentHash()
        for name in checkpoint.names {
            guard let entry = checkpoint.entry(name) else { continue }
            // A name may hold any character, so its length goes first.
            hash.update(Array("\(name.utf8.count):\(name) \(entry.storedType) \(entry.shape)\n".utf8))
            for window in Self.sampled(entry.range) {
                unsafe entry.file.withBytes(window) { unsafe hash.update($0) }
            }
        }
        digest = hash.digest()
    }

    /// A fingerprint kept in a manifest.
    public init(digest: String) { self.digest = digest }

    /// The hash with its method, as `sampled-sha256:…`.
    public var description: String { "sampled-sha256:\(digest)" }

    /// The parts of a tensor's bytes that are read, in order.
    private static func sampled(_ range: Range<Int>) -> [Range<Int>] {
        guard range.count > windows * windowBytes else { return [range] }
        let room = range.count - windowBytes
        return (0..<windows).map { index in
            let start = range.lowerBound + room * index / (windows - 1)
            return start..<start + windowBytes
        }
    }
}
