import Checkpoints
import Foundation
import Tensors
import Testing

@Suite struct FingerprintTests {
    private struct Expected: Decodable {
        var sha256: String
        var sha256_of_prefixes: [String]
    }

    private func expected() throws -> Expected {
        try JSONDecoder().decode(Expected.self, from: Data(contentsOf: golden("small.json")))
    }

    private func sha256(_ text: String) -> String {
        var hash = ContentHash()
        hash.update(Array(text.utf8))
        return hash.digest()
    }

    @Test func `the published examples agree`() {
        // FIPS 180-4's own: no bytes, one block, two blocks.
        #expect(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    }

    @Test func `every length around the blocks agrees however it is fed`() throws {
        let bytes = try [UInt8](Data(contentsOf: golden("small.safetensors")))
        for (count, digest) in try expected().sha256_of_prefixes.enumerated() {
            for step in [1, 7, 64, 100, 200] {
                var hash = ContentHash()
                for start in stride(from: 0, to: count, by: step) {
                    hash.update(Array(bytes[start..<min(start + step, count)]))
                }
                #expect(hash.digest() == digest)
            }
        }
    }

    @Test func `a file's hash follows the file`() throws {
        let folder = try TemporaryFolder()
        #expect(try FileDigest.sha256(of: golden("small.safetensors")) == expected().sha256)
        #expect(try FileDigest.sha256(of: golden("small.safetensors")) == expected().sha256)
        let file = try folder.write("abc", to: "x")
        #expect(try FileDigest.sha256(of: file) == sha256("abc"))
        try folder.write("abcd", to: "x")
        #expect(try FileDigest.sha256(of: file) == sha256("abcd"))
        #expect(throws: CheckpointError.self) {
            try FileDigest.sha256(of: folder.url.appendingPathComponent("y"))
        }
    }

    @Test func `one file and its shards have one fingerprint`() throws {
        let sharded = try ShardedCheckpoint(index: golden("sharded/model.safetensors.index.json"))
        var tensors = NamedTensors()
        for name in sharded.names { tensors[name] = try sharded.tensor(name, on: CPUBackend.shared) }
        let folder = try TemporaryFolder()
        let url = folder.url.appendingPathComponent("whole.safetensors")
        try SafetensorsFile.write(tensors, to: url)
        #expect(try ModelFingerprint(SafetensorsFile(contentsOf: url)) == ModelFingerprint(sharded))
    }

    @Test func `any value name or shape changes the fingerprint`() throws {
        let folder = try TemporaryFolder()
        func fingerprint(_ name: String, _ shape: Shape, changing index: Int?) throws -> ModelFingerprint {
            var values = [Float](repeating: 0.25, count: shape.count)
            if let index { values[index] = 0.5 }
            let url = folder.url.appendingPathComponent("x.safetensors")
            let tensor = Tensor(values, shape: shape, on: CPUBackend.shared)
            try SafetensorsFile.write(NamedTensors([name: tensor]), to: url)
            return ModelFingerprint(try SafetensorsFile(contentsOf: url))
        }
        // 64 KiB: the first and the last window, and one in the middle.
        let variants = [
            try fingerprint("a", [128, 128], changing: nil), try fingerprint("b", [128, 128], changing: nil),
            try fingerprint("a", [64, 256], changing: nil), try fingerprint("a", [128, 128], changing: 0),
            try fingerprint("a", [128, 128], changing: 16383),
            try fingerprint("a", [128, 128], changing: 5400),
        ]
        #expect(Set(variants).count == variants.count)
        #expect(try fingerprint("a", [128, 128], changing: nil) == variants[0])
        #expect(variants[0].description.hasPrefix("sampled-sha256:"))
    }
}
