import Checkpoints
import Foundation
import Tensors
import Testing

@Suite struct SafetensorsTests {
    private struct Expected: Decodable {
        var floats: [String: [Double]]
        var integers: [String: [Int64]]
        var shapes: [String: [Int]]
    }

    private let backend = CPUBackend.shared

    private func expected() throws -> Expected {
        try JSONDecoder().decode(Expected.self, from: Data(contentsOf: golden("small.json")))
    }

    @Test func `names shapes and values agree with the reference writer`() throws {
        let file = try SafetensorsFile(contentsOf: golden("small.safetensors"))
        let expected = try expected()
        #expect(file.names == expected.shapes.keys.sorted())
        for (name, shape) in expected.shapes { #expect(file.shape(of: name)?.lengths == shape) }
        for (name, values) in expected.floats where name != "double" {
            #expect(try file.tensor(name, on: backend).floats.map(Double.init) == values, "\(name)")
        }
        for (name, values) in expected.integers { #expect(try file.integers(name) == values, "\(name)") }
        #expect(file.metadata["note"] == "quotes \" and \\ and\nlines, é, 😀")
        #expect(file.elementType(of: "layers.0.bias") == .bfloat16)
        #expect(file.elementType(of: "ids") == nil)
    }

    @Test func `tensors are the file's own memory and keep it alive`() throws {
        var file: SafetensorsFile? = try SafetensorsFile(contentsOf: golden("small.safetensors"))
        let weight = try #require(try file?.tensor("layers.0.weight", on: backend))
        let again = try #require(try file?.tensor("layers.0.weight", on: backend))
        #expect(weight.address == again.address)
        file = nil
        #expect(try weight.floats.map(Double.init) == expected().floats["layers.0.weight"])
    }

    @Test func `whole numbers and doubles are refused as weights`() throws {
        let file = try SafetensorsFile(contentsOf: golden("small.safetensors"))
        for name in ["ids", "mask", "double", "bytes"] {
            guard
                case .unsupportedType(name, _, _) = problem({
                    _ = try file.tensor(name, on: backend)
                })
            else { Issue.record("\(name) became a weight"); continue }
        }
        #expect(problem { _ = try file.integers("double") } != nil)
    }

    @Test func `an unknown name gets a suggestion`() throws {
        let file = try SafetensorsFile(contentsOf: golden("small.safetensors"))
        #expect(
            problem { _ = try file.tensor("model.layers.0.weight", on: backend) }
                == .noSuchTensor("model.layers.0.weight", nearest: "layers.0.weight"))
    }

    // One broken rule each.
    private static let entry = "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]"
    @Test(arguments: [
        ("[1]", 0, CheckpointError.Problem.headerStart(byte: 0x5B)),
        ("", 0, .headerStart(byte: 0)),
        ("{\"a\":{\(entry)},\"a\":{\(entry)}}", 8, .duplicateKey("a")),
        ("{\"a\":{\(entry),\"dtype\":\"F32\"}}", 8, .duplicateKey("dtype")),
        ("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, .missingKey("a.dtype")),
        ("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8, .missingKey("a.shape")),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, .missingKey("a.data_offsets")),
        ("{\"a\":1}", 0, .wrongType(key: "a", expected: "an object", found: "the number 1")),
        (
            "{\"a\":{\"dtype\":3,\"shape\":[2],\"data_offsets\":[0,8]}}", 8,
            .wrongType(key: "a.dtype", expected: "a text", found: "the number 3")
        ),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8,
            .wrongType(key: "a.shape", expected: "a list of whole numbers", found: "a list of 1")
        ),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.5],\"data_offsets\":[0,8]}}", 8,
            .wrongType(key: "a.shape", expected: "a list of whole numbers", found: "a list of 1")
        ),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}}", 8,
            .wrongType(key: "a.data_offsets", expected: "a list of two", found: "a list of 3")
        ),
        (
            "{\"a\":{\"dtype\":\"Q9\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8,
            .unknownType(tensor: "a", type: "Q9")
        ),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}", 8,
            .shapeOverflow(tensor: "a", shape: [4_294_967_296, 4_294_967_296])
        ),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,0],\"data_offsets\":[0,0]}}", 0,
            .shapeOverflow(tensor: "a", shape: [4_294_967_296, 4_294_967_296, 0])
        ),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8,
            .reversedRange(tensor: "a", begin: 8, end: 0)
        ),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 8,
            .rangeOutside(tensor: "a", begin: 4, end: 12, available: 8)
        ),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8,
            .wrongByteCount(tensor: "a", expected: 12, found: 8)
        ),
        (
            "{\"a\":{\(entry)},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12,
            .overlap(tensor: "b", previous: "a")
        ),
        (
            "{\"a\":{\(entry)},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20]}}", 20,
            .hole(tensor: "b", expected: 8, found: 12)
        ),
        ("{\"a\":{\(entry)}}", 9, .trailingBytes(count: 1)),
        (
            "{\"__metadata__\":{\"a\":1}}", 0,
            .wrongType(key: "__metadata__.a", expected: "a text", found: "the number 1")
        ),
        (
            "{\"__metadata__\":[]}", 0,
            .wrongType(key: "__metadata__", expected: "an object", found: "a list of 0")
        ),
    ])
    func `each broken rule has its error`(header: String, data: Int, expected: CheckpointError.Problem) {
        let file = safetensors(header, data: data)
        #expect(problem { _ = try SafetensorsFile(file) } == expected)
    }

    @Test func `impossible header lengths are refused`() {
        func check(_ bytes: [UInt8]) -> CheckpointError.Problem? {
            problem { _ = try SafetensorsFile(MappedFile(bytes: bytes, name: "x")) }
        }
        #expect(check([]) == .emptyFile(expected: "a safetensors file"))
        #expect(check([1, 2, 3]) == .headerTooShort(bytes: 3))
        #expect(
            check([UInt8](repeating: 255, count: 9)) == .headerTooLarge(bytes: .max, limit: Limits.jsonBytes))
        #expect(check([9, 0, 0, 0, 0, 0, 0, 0, 0x7B]) == .headerLeavesFile(bytes: 9, available: 1))
    }

    @Test func `a file with no tensors is a file`() throws {
        #expect(try SafetensorsFile(safetensors("{}", data: 0)).names.isEmpty)
    }

    @Test func `a file cut at any byte is refused`() throws {
        let bytes = try [UInt8](Data(contentsOf: golden("small.safetensors")))
        for count in 0..<bytes.count {
            let cut = MappedFile(bytes: Array(bytes.prefix(count)), name: "cut at \(count)")
            #expect(throws: CheckpointError.self) { try SafetensorsFile(cut) }
        }
    }

    @Test func `changed bytes never end the program`() throws {
        let bytes = try [UInt8](Data(contentsOf: golden("small.safetensors")))
        var refused = 0
        for changed in corrupted(bytes, count: 2000, seed: 7) {
            do throws(CheckpointError) {
                let file = try SafetensorsFile(MappedFile(bytes: changed, name: "changed"))
                for name in file.names where file.elementType(of: name) != nil {
                    _ = try file.tensor(name, on: backend).floats
                }
            } catch {
                #expect(!error.description.isEmpty)
                refused += 1
            }
        }
        #expect(refused > 500)
    }

    @Test func `data that is not aligned is copied`() throws {
        let header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} "
        let length = header.utf8.count
        #expect(length % 4 != 0)
        let bytes = [UInt8(length), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [0, 0, 0xC0, 0x3F]
        let file = try SafetensorsFile(MappedFile(bytes: bytes, name: "old"))
        #expect(try file.tensor("a", on: backend).floats == [1.5])
    }
}

@Suite struct ShardedCheckpointTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(_ map: String) throws -> ShardedCheckpoint {
        try folder.write("{\"weight_map\": \(map)}", to: "model.safetensors.index.json")
        return try ShardedCheckpoint(index: folder.url.appendingPathComponent("model.safetensors.index.json"))
    }

    @Test func `shards read as one checkpoint`() throws {
        let sharded = try ShardedCheckpoint(index: golden("sharded/model.safetensors.index.json"))
        let whole = try SafetensorsFile(contentsOf: golden("small.safetensors"))
        #expect(sharded.names == ["layers.0.bias", "layers.0.weight", "layers.1.weight", "scalar"])
        for name in sharded.names {
            let value = try sharded.tensor(name, on: CPUBackend.shared).floats
            #expect(try value == whole.tensor(name, on: CPUBackend.shared).floats)
        }
    }

    @Test func `a broken index is refused`() throws {
        try FileManager.default.copyItem(
            at: golden("small.safetensors"), to: folder.url.appendingPathComponent("one.safetensors"))
        #expect(try open("{\"scalar\": \"one.safetensors\"}").names == ["scalar"])
        #expect(
            problem { _ = try open("{\"x\": \"one.safetensors\"}") }
                == .notInShard(tensor: "x", shard: "one.safetensors"))
        #expect(
            problem { _ = try open("{\"x\": \"two.safetensors\"}") }
                == .shardMissing("two.safetensors"))
        #expect(
            problem { _ = try open("{\"x\": \"../one.safetensors\"}") }
                == .shardName("../one.safetensors"))
        #expect(
            problem { _ = try open("{\"x\": 1}") }
                == .wrongType(key: "weight_map.x", expected: "a file name", found: "the number 1"))
        #expect(
            problem { _ = try open("1") }
                == .wrongType(key: "weight_map", expected: "an object", found: "the number 1"))
    }
}
