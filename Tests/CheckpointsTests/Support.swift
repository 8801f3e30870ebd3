import Checkpoints
import Foundation
import Tensors
import Testing

/// A file that a script in Oracles/checkpoints made.
func golden(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Goldens/checkpoints/\(name)")
}

/// A new folder that is gone when the test ends.
final class TemporaryFolder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("cloze-checkpoints-\(UUID())")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    @discardableResult
    func write(_ text: String, to name: String) throws -> URL {
        try write(Array(text.utf8), to: name)
    }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> URL {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return file
    }

    var contents: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }
}

/// The problem that `body` throws, or nil where it throws none.
func problem(_ body: () throws -> Void) -> CheckpointError.Problem? {
    do {
        try body()
        return nil
    } catch let error as CheckpointError {
        return error.problem
    } catch {
        Issue.record("an error of another room: \(error)")
        return nil
    }
}

/// A safetensors file of a header as written and some bytes of data.
func safetensors(_ header: String, data: Int) -> MappedFile {
    let length = header.utf8.count
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
    return MappedFile(
        bytes: prefix + Array(header.utf8) + [UInt8](repeating: 0, count: data), name: "made.safetensors")
}

/// A generator whose numbers are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The bytes of a golden with a few of them changed, `count` times over.
func corrupted(_ bytes: [UInt8], count: Int, seed: UInt64) -> some Sequence<[UInt8]> {
    var generator = SeededGenerator(state: seed)
    return (0..<count).lazy.map { _ in
        var changed = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            // Half of the changes fall into the first bytes, where lengths and counts are.
            let limit = Bool.random(using: &generator) ? min(64, bytes.count) : bytes.count
            changed[Int.random(in: 0..<limit, using: &generator)] = UInt8.random(
                in: 0...255, using: &generator)
        }
        return changed
    }
}
