import Checkpoints
import Foundation
import Tensors
import Testing

@Suite struct SafetensorsWriteTests {
    private let backend = CPUBackend.shared
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var sample: NamedTensors {
        NamedTensors([
            "b": Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3], on: backend),
            "a": Tensor([7], shape: [], on: backend),
            "odd \" \\ \n é 😀": Tensor([], shape: [0, 3], on: backend),
        ])
    }

    @Test func `what is written is read back`() throws {
        let url = folder.url.appendingPathComponent("out.safetensors")
        let metadata = ["note": "é \" \\ \n \u{1}", "b": ""]
        try SafetensorsFile.write(sample, metadata: metadata, to: url)
        let file = try SafetensorsFile(contentsOf: url)
        #expect(file.metadata == metadata)
        #expect(file.names == sample.names)
        let tensors = try file.tensors(on: backend)
        for name in sample.names {
            #expect(tensors[name]?.shape == sample[name]?.shape)
            #expect(tensors[name]?.floats == sample[name]?.floats)
        }
        #expect(try folder.contents == ["out.safetensors"])
    }

    @Test func `half types are written as they are and the widest come first`() throws {
        let source = try SafetensorsFile(contentsOf: golden("small.safetensors"))
        var tensors = NamedTensors()
        for name in source.names where source.elementType(of: name) != nil {
            tensors[name] = try source.tensor(name, on: backend)
        }
        let url = folder.url.appendingPathComponent("half.safetensors")
        try SafetensorsFile.write(tensors, to: url)
        let file = try SafetensorsFile(contentsOf: url)
        for name in file.names {
            #expect(file.elementType(of: name) == source.elementType(of: name))
            #expect(try file.tensor(name, on: backend).floats == source.tensor(name, on: backend).floats)
        }
        let bytes = try Data(contentsOf: url)
        #expect(bytes[0] % 8 == 0)
    }

    @Test func `equal tensors give equal files`() throws {
        let (first, second) = (folder.url.appendingPathComponent("1"), folder.url.appendingPathComponent("2"))
        try SafetensorsFile.write(sample, metadata: ["x": "1", "y": "2"], to: first)
        try SafetensorsFile.write(sample, metadata: ["y": "2", "x": "1"], to: second)
        #expect(try Data(contentsOf: first) == Data(contentsOf: second))
    }

    @Test func `block types and the reserved name are refused`() throws {
        let gguf = try GGUFFile(contentsOf: golden("small.gguf"))
        let quantised = NamedTensors(["q": try gguf.tensor("q8_0", on: backend)])
        let url = folder.url.appendingPathComponent("q.safetensors")
        #expect(
            problem { try SafetensorsFile.write(quantised, to: url) }
                == .notStorable(tensor: "q", type: .q8_0))
        let reserved = NamedTensors(["__metadata__": Tensor([1], shape: [1], on: backend)])
        #expect(
            problem { try SafetensorsFile.write(reserved, to: url) }
                == .reservedName("__metadata__"))
        #expect(try folder.contents.isEmpty)
    }

    @Test func `a folder that is not there is an error`() throws {
        let url = folder.url.appendingPathComponent("none/out.safetensors")
        #expect(
            problem { try SafetensorsFile.write(sample, to: url) }
                == .cannotWrite(reason: "No such file or directory"))
    }

    @Test func `a write that is given up leaves the old file whole`() throws {
        let url = try folder.write("old", to: "out")
        func giveUp() throws(CheckpointError) {
            let file = try AtomicFile(replacing: url)
            try file.write([UInt8](repeating: 1, count: 100_000))
            throw CheckpointError(url.path, .cannotWrite(reason: "given up"))
        }
        #expect(problem(giveUp) == .cannotWrite(reason: "given up"))
        #expect(try String(contentsOf: url, encoding: .utf8) == "old")
        #expect(try folder.contents == ["out"])
    }

    @Test func `a file in use keeps its bytes when it is replaced`() throws {
        let url = folder.url.appendingPathComponent("out.safetensors")
        try SafetensorsFile.write(NamedTensors(["a": Tensor([1, 2], shape: [2], on: backend)]), to: url)
        let old = try SafetensorsFile(contentsOf: url).tensor("a", on: backend)
        try SafetensorsFile.write(NamedTensors(["a": Tensor([3, 4], shape: [2], on: backend)]), to: url)
        #expect(old.floats == [1, 2])
        #expect(try SafetensorsFile(contentsOf: url).tensor("a", on: backend).floats == [3, 4])
    }

    @Test func `a link stays a link`() throws {
        let target = try folder.write("old", to: "target")
        let link = folder.url.appendingPathComponent("link")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
        try SafetensorsFile.write(sample, to: link)
        #expect(try SafetensorsFile(contentsOf: target).names == sample.names)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == target.path)
    }
}

@Suite struct MappedFileTests {
    @Test func `files that cannot be mapped are refused`() throws {
        let folder = try TemporaryFolder()
        func open(_ url: URL) -> CheckpointError.Problem? {
            problem { _ = try MappedFile(contentsOf: url) }
        }
        #expect(
            open(folder.url.appendingPathComponent("none"))
                == .cannotOpen(reason: "No such file or directory"))
        #expect(open(folder.url) == .isFolder)
        #expect(open(URL(fileURLWithPath: "/dev/null")) == .notRegularFile)
    }

    @Test func `an empty file is an empty map`() throws {
        let folder = try TemporaryFolder()
        let file = try MappedFile(contentsOf: folder.write("", to: "empty"))
        #expect(file.byteCount == 0)
        #expect(file.bytes(0..<0).isEmpty)
        #expect(file.text(0..<0) == "")
    }

    @Test func `integers are little-endian at any offset`() {
        let file = MappedFile(bytes: [0xFF, 1, 2, 3, 4], name: "x")
        #expect(file.integer(at: 1, as: UInt32.self) == 0x0403_0201)
        #expect(file.integer(at: 0, as: Int8.self) == -1)
    }
}
