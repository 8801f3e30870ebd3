import Checkpoints
import Foundation
import Tensors
import Testing

@Suite struct PyTorchTests {
    private let backend = CPUBackend.shared

    @Test func `tensors agree with what was saved`() throws {
        let file = try PyTorchFile(contentsOf: golden("small.bin"))
        let expected = try SafetensorsFile(contentsOf: golden("small-bin-values.safetensors"))
        #expect(file.names == expected.names)
        for name in expected.names {
            #expect(file.shape(of: name) == expected.shape(of: name))
            #expect(file.entry(name)?.storedType == expected.entry(name)?.storedType)
            if expected.elementType(of: name) == nil {
                #expect(try file.integers(name) == expected.integers(name))
            } else {
                #expect(
                    try file.tensor(name, on: backend).floats == expected.tensor(name, on: backend).floats)
            }
        }
    }

    @Test func `tied tensors share their memory`() throws {
        let file = try PyTorchFile(contentsOf: golden("small.bin"))
        let (one, other) = try (
            file.tensor("embedding.weight", on: backend), file.tensor("head.weight", on: backend)
        )
        #expect(one.address == other.address)
    }

    @Test func `weights among other things are found`() throws {
        #expect(try PyTorchFile(contentsOf: golden("nested.bin")).names == ["a"])
    }

    @Test func `a program is refused by its name`() {
        #expect(
            problem { _ = try PyTorchFile(contentsOf: golden("attack.bin")) }
                == .forbiddenPickle(what: "posix.system"))
    }

    @Test func `strides are refused`() {
        #expect(
            problem { _ = try PyTorchFile(contentsOf: golden("strided.bin")) } == .notContiguous(tensor: "a"))
    }

    @Test func `other files are refused`() throws {
        let folder = try TemporaryFolder()
        for bytes in [[0x80, 0x02, 0x7D, 0x2E], Array("hello".utf8), []] as [[UInt8]] {
            let url = try folder.write(bytes, to: "x.bin")
            guard case .notAModel = problem({ _ = try PyTorchFile(contentsOf: url) }) else {
                Issue.record("\(bytes) was read")
                continue
            }
        }
        let empty = Array("PK\u{5}\u{6}".utf8) + [UInt8](repeating: 0, count: 18)
        #expect(
            problem { _ = try PyTorchFile(MappedFile(bytes: empty, name: "empty.zip")) }
                == .badArchive(reason: "it has no data.pkl"))
    }

    @Test func `a compressed entry is refused`() throws {
        var bytes = try [UInt8](Data(contentsOf: golden("small.bin")))
        let directory = try #require(
            bytes.indices.dropLast(4).first { Array(bytes[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
        bytes[directory + 10] = 8
        #expect(
            problem { _ = try PyTorchFile(MappedFile(bytes: bytes, name: "x")) }
                == .compressedEntry("small/data.pkl"))
    }

    @Test func `a pickle that is cut or deep is refused`() throws {
        func archive(_ pickle: [UInt8]) -> [UInt8] {
            let name = Array("x/data.pkl".utf8)
            let size = GGUFBuilder.bytes(UInt32(pickle.count))
            let sizes = [UInt8](repeating: 0, count: 4) + size + size + [UInt8(name.count), 0, 0, 0]
            let local = [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 10) + sizes + name + pickle
            let entry =
                [0x50, 0x4B, 1, 2] + [UInt8](repeating: 0, count: 12) + sizes
                + [UInt8](repeating: 0, count: 14) + name
            let place = GGUFBuilder.bytes(UInt32(entry.count)) + GGUFBuilder.bytes(UInt32(local.count))
            return local + entry + [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 8) + place + [0, 0]
        }
        func read(_ pickle: String) -> CheckpointError.Problem? {
            problem { _ = try PyTorchFile(MappedFile(bytes: archive(Array(pickle.utf8)), name: "made.bin")) }
        }
        #expect(read("}.") == nil)
        #expect(read("}") == .badPickle(offset: 1, reason: "the pickle ends too early"))
        #expect(read("0.") == .badPickle(offset: 1, reason: "the stack is empty"))
        #expect(read("h\u{5}.") == .badPickle(offset: 2, reason: "nothing was kept under 5"))
        #expect(read("}u.") == .badPickle(offset: 2, reason: "no mark was set"))
        #expect(read("cbuiltins\neval\n.") == .forbiddenPickle(what: "builtins.eval"))
        // Two hundred thousand tuples, each within the next.
        let deep = [UInt8](")".utf8) + [UInt8](repeating: 0x85, count: 200_000) + [UInt8](".".utf8)
        #expect(try PyTorchFile(MappedFile(bytes: archive(deep), name: "deep.bin")).names.isEmpty)
    }

    @Test func `a folder with a PyTorch checkpoint is opened`() throws {
        let folder = try TemporaryFolder()
        try folder.write("{}", to: "config.json")
        try FileManager.default.copyItem(
            at: golden("small.bin"), to: folder.url.appendingPathComponent("pytorch_model.bin"))
        #expect(try ModelSource(contentsOf: folder.url).checkpoint.names.contains("head.weight"))
    }

    @Test func `shards of PyTorch checkpoints read as one`() throws {
        let folder = try TemporaryFolder()
        try folder.write("{\"weight_map\": {\"rows\": \"one.bin\"}}", to: "pytorch_model.bin.index.json")
        try FileManager.default.copyItem(
            at: golden("small.bin"), to: folder.url.appendingPathComponent("one.bin"))
        let index = folder.url.appendingPathComponent("pytorch_model.bin.index.json")
        #expect(try ShardedCheckpoint(index: index).shape(of: "rows") == [3, 4])
    }

    @Test func `a file cut at any byte is refused`() throws {
        let bytes = try [UInt8](Data(contentsOf: golden("small.bin")))
        for count in 0..<bytes.count {
            let cut = MappedFile(bytes: Array(bytes.prefix(count)), name: "cut at \(count)")
            #expect(throws: CheckpointError.self) { try PyTorchFile(cut) }
        }
    }

    @Test func `changed bytes never end the program`() throws {
        let bytes = try [UInt8](Data(contentsOf: golden("small.bin")))
        let pickle = try #require(bytes.firstIndex(of: 0x80))
        var generator = SeededGenerator(state: 13)
        var refused = 0
        for _ in 0..<2000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let inPickle = Bool.random(using: &generator)
                let range = inPickle ? pickle..<pickle + 826 : 0..<bytes.count
                changed[Int.random(in: range, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            do throws(CheckpointError) {
                let file = try PyTorchFile(MappedFile(bytes: changed, name: "changed"))
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
}
